// Runs the tests of storage and archive against versitygw, an S3 server that is no part of npm: npm run test:s3
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const program = [process.env.VERSITYGW, 'versitygw', join(homedir(), 'go/bin/versitygw')].find(
  (path) => path !== undefined && spawnSync(path, ['--version']).status === 0,
)
if (program === undefined) {
  process.stderr.write(
    'versitygw is not on this machine. With Go 1.24 or newer: go install github.com/versity/versitygw/cmd/versitygw@v1.8.0\n' +
      'or name the program in VERSITYGW. Any other S3 server: set FOOTING_TEST_S3_URL and run vitest packages/footing/src/storage\n',
  )
  process.exit(2)
}

const port = await freePort()
const folder = mkdtempSync(join(tmpdir(), 'footing-s3-'))
mkdirSync(join(folder, 'footing-test'))
const server = spawn(program, ['--port', `127.0.0.1:${port}`, '--region', 'test-region-1', 'posix', folder], {
  env: { ...process.env, ROOT_ACCESS_KEY: 'AKTEST', ROOT_SECRET_KEY: 'sec/ret+=1' },
  stdio: ['ignore', 'ignore', 'inherit'],
})
try {
  await answers(port)
  const url = `s3://AKTEST:sec%2Fret%2B%3D1@footing-test?endpoint=http://127.0.0.1:${port}&region=test-region-1`
  const tests = spawn(
    'vitest',
    ['run', 'packages/footing/src/storage', 'packages/footing/src/archive/archive.test.ts'],
    {
      env: { ...process.env, FOOTING_TEST_S3_URL: url },
      stdio: 'inherit',
    },
  )
  const [code] = await once(tests, 'exit')
  process.exitCode = code ?? 1
} finally {
  server.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function answers(at: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const socket = connect(at, '127.0.0.1')
    const open = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (open) return
    await delay(50)
  }
  throw new Error('versitygw does not answer')
}
