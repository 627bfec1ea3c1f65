// Runs the cases of jobs against ElasticMQ, an SQS server that Maven brings: npm run test:sqs
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('../packages/footing/src/testing/servers/elasticmq/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'footing-elasticmq-'))
try {
  process.exitCode = await main()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function main(): Promise<number> {
  const missing = [
    ...(spawnSync('java', ['-version']).status === 0 ? [] : ['Java 17 or newer (java)']),
    ...(spawnSync('mvn', ['--version']).status === 0 ? [] : ['Maven (mvn; on Debian: apt-get install maven)']),
  ]
  if (missing.length > 0) {
    process.stderr.write(
      `This needs ${missing.join(' and ')}.\nAny other SQS: set FOOTING_TEST_SQS_URL=sqs://key:secret@host:9324/footing-test?region=any&tls=no and run vitest packages/footing/src/jobs/sqs.test.ts\n`,
    )
    return 2
  }
  const list = join(folder, 'classpath')
  const maven = ['-q', '-B', '-f', join(source, 'pom.xml'), 'dependency:build-classpath', `-Dmdep.outputFile=${list}`]
  if (spawnSync('mvn', maven, { stdio: 'inherit', timeout: 600_000 }).status !== 0) {
    process.stderr.write(
      'Maven could not bring ElasticMQ. Its words above say why; it needs Maven Central or a mirror of it.\n',
    )
    return 2
  }
  return runTests(readFileSync(list, 'utf8').trim())
}

async function runTests(path: string): Promise<number> {
  const port = await freePort()
  const config = join(folder, 'elasticmq.conf')
  const address = (of: number) => `{ protocol = http, host = "127.0.0.1", port = ${of}, context-path = "" }`
  writeFileSync(
    config,
    `include classpath("application.conf")
node-address = ${address(port)}
rest-sqs { enabled = true, bind-port = ${port}, bind-hostname = "127.0.0.1", sqs-limits = strict }
rest-stats { enabled = false }
`,
  )
  const server = spawn('java', ['-Xmx256m', `-Dconfig.file=${config}`, '-cp', path, 'org.elasticmq.server.Main'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const kill = () => server.kill('SIGKILL')
  process.on('exit', kill)
  try {
    await answers(port)
    const url = `sqs://key:secret@127.0.0.1:${port}/footing-test?region=elasticmq&tls=no`
    const tests = spawn('vitest', ['run', 'packages/footing/src/jobs/sqs.test.ts'], {
      env: { ...process.env, FOOTING_TEST_SQS_URL: url },
      stdio: 'inherit',
    })
    const [code] = await once(tests, 'exit')
    return code ?? 1
  } finally {
    kill()
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function answers(at: number): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const socket = connect(at, '127.0.0.1')
    const open = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (open) return
    await delay(100)
  }
  throw new Error('ElasticMQ does not answer')
}
