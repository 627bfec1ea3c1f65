import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTestDatabase } from '@footing/core/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const core = new URL('../../../../node_modules/@footing/core/src/index.ts', import.meta.url).href

let folder = ''
let database: Awaited<ReturnType<typeof createTestDatabase>>
beforeAll(async () => {
  database = await createTestDatabase({ migrations: [] })
  folder = await mkdtemp(join(tmpdir(), 'footing start '))
  await mkdir(join(folder, 'src'))
  await writeFile(
    join(folder, 'src/app.ts'),
    `import { createApp, defineModule, implement, route } from ${JSON.stringify(core)}
const shop = defineModule('shop', { owner: '@acme/shop', tables: ['item'] })
export const app = createApp({ name: 'shop', modules: [implement(shop, ({ log }) => ({ port: {}, routes: [
  // Under way when the signal arrives, and done only after it.
  route({ method: 'GET', path: '/slow', auth: 'none', handle: () => new Promise((done) => {
    process.once('SIGTERM', () => setImmediate(() => done(undefined)))
    log.info('slow began')
  }) }),
] }))] })
`,
  )
})
afterAll(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

function start(env: Record<string, string>, ...options: string[]) {
  const script = `const { main } = await import(${JSON.stringify(main)}); process.exitCode = await main(process.argv.slice(1))`
  const argv = ['--conditions=@footing/source', '--input-type=module', '-e', script, '--', 'start', folder, ...options]
  const child = spawn(process.execPath, argv, { env: { PATH: process.env.PATH, DRAIN_DELAY_MS: '0', ...env } })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const says = async (word: string): Promise<string> => {
    while (!said.includes(word)) await once(child.stdout, 'data')
    return said
  }
  return { child, says }
}

test('production: JSON lines, a request under way is finished after SIGTERM, then it ends with 0', async () => {
  const { child, says } = start(
    { DATABASE_URL: database.directUrl },
    '--port',
    '0',
    '--host',
    '127.0.0.1',
    '--role',
    'web',
  )
  const line = JSON.parse((await says('"started"')).split('\n')[0] ?? '') as { fields: { url: string } }
  expect(line).toMatchObject({ level: 'info', fields: { role: 'web', profile: 'production' } })
  const answer = fetch(`${line.fields.url}/v1/slow`)
  await says('slow began')
  child.kill('SIGTERM')
  expect((await answer).status).toBe(204)
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('where it listens is said as it is: every address unless one was named', async () => {
  const { child } = start({ DATABASE_URL: database.directUrl }, '--port', '0')
  let said = ''
  child.stderr.setEncoding('utf8')
  while (!said.includes('\n')) said += String((await once(child.stderr, 'data'))[0])
  expect(said).toMatch(/shop all on all addresses, port \d+/)
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('without a database it does not start one: a coded fault, 2, and nothing on stdout', async () => {
  const { child } = start({})
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (text) => {
    stdout += String(text)
  })
  child.stderr.on('data', (text) => {
    stderr += String(text)
  })
  expect(await once(child, 'close')).toEqual([2, null])
  expect(stderr).toContain('DATABASE_URL')
  expect(stdout).toBe('')
})
