import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { App } from '@footing/core'
import { createTestDatabase, startTestApp } from '@footing/core/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTerminal } from '../command/terminal.ts'
import { jobs } from './jobs.ts'

interface Listed {
  readonly id: string
  readonly state: string
}

let folder = ''
let running: Awaited<ReturnType<typeof startTestApp>>
let add: (name: string, delay?: string) => Promise<void>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing jobs '))
  await mkdir(join(folder, 'src'))
  await symlink(fileURLToPath(new URL('../../../../node_modules', import.meta.url)), join(folder, 'node_modules'))
  await writeFile(
    join(folder, 'src/app.ts'),
    `import { createApp, defineModule, implement, op } from '@footing/core'
     import { job, jobs } from '@footing/core/jobs'
     import { z } from 'zod'
     const mail = defineModule('mail', {
       owner: '@a',
       port: { add: op({ in: z.object({ name: z.enum(['good', 'bad']), delay: z.string().optional() }) }) },
       uses: [jobs({
         good: job({ payload: z.object({ to: z.string() }) }),
         bad: job({ payload: z.object({ to: z.string() }), attempts: 1 }),
       })],
     })
     export const app = createApp({ name: 'shop', modules: [implement(mail, (kit) => ({
       port: { add: async ({ name, delay }) => {
         await kit.jobs.add(name, { to: 'ann' }, delay === undefined ? {} : { delay })
       } },
       jobs: { good: async () => undefined, bad: async () => { throw new Error('no') } },
     }))] })\n`,
  )
  const { app } = (await import(join(folder, 'src/app.ts'))) as { app: App }
  running = await startTestApp(app, { place: null })
  const { mail } = running.app.ports as unknown as { mail: { add(input: object): Promise<void> } }
  add = (name, delay) => mail.add({ name, ...(delay === undefined ? {} : { delay }) })
})
afterAll(async () => {
  await running?.stop()
  await rm(folder, { recursive: true })
})

async function run(words: readonly string[], options = {}, { json = true, env = {}, database = '' } = {}) {
  let text = ''
  const [action = '', ...others] = words
  const terminal = createTerminal({
    stdout: { write: (part: string) => (text += part), isTTY: true },
    stderr: { write: () => true },
    env,
    json,
  })
  const code = await jobs.run({
    args: { action, words: [...others, folder] },
    options: { limit: '50', ...options },
    terminal,
    cwd: '/',
    env: { DATABASE_URL: database || running.database.url },
    signal: new AbortController().signal,
  })
  return { code, text, answer: json ? (JSON.parse(text) as Record<string, unknown>) : {} }
}

async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  const end = performance.now() + 25_000
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > end) throw new Error('it did not come')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const listed = async (name: string, state: string) =>
  (await run(['show', name], { state })).answer.jobs as readonly Listed[]

test('list, show, retry, cancel, pause, resume', async () => {
  expect(await run(['list'])).toMatchObject({
    code: 0,
    answer: { ok: true, driver: 'postgresql', queues: [{ name: 'mail.bad', failed: 0 }, { name: 'mail.good' }] },
  })
  await add('bad')
  const [failed] = await until(async () => {
    const found = await listed('mail.bad', 'failed')
    return found.length === 1 && found
  })
  expect((await run(['list'])).code).toBe(1)
  const id = failed?.id ?? ''
  expect((await run(['show', id])).answer).toMatchObject({
    job: { id, name: 'mail.bad', state: 'failed', payload: { to: 'ann' }, code: 'operation-failed' },
  })
  expect((await run(['pause', 'mail.bad'], { dryRun: true })).answer).toMatchObject({ dryRun: true, count: 1 })
  expect((await run(['pause', 'mail.bad'])).answer).toMatchObject({ count: 1 })
  expect((await run(['pause', 'mail.bad'])).answer).toMatchObject({ count: 0 })
  expect((await run(['retry', 'mail.bad'], { dryRun: true })).answer).toMatchObject({ dryRun: true, count: 1 })
  expect(await listed('mail.bad', 'failed')).toHaveLength(1)
  expect((await run(['retry', id])).answer).toMatchObject({ dryRun: false, count: 1 })
  expect(await listed('mail.bad', 'failed')).toHaveLength(0)
  expect((await run(['cancel', id])).answer).toMatchObject({ count: 1 })
  expect((await run(['resume', 'mail.bad'])).answer).toMatchObject({ count: 1 })
  await add('good', '1h')
  await add('good', '1h')
  expect((await run(['cancel', 'mail.good'], { dryRun: true })).answer).toMatchObject({ count: 2 })
  expect((await run(['cancel', 'mail.good'])).answer).toMatchObject({ count: 2 })
  expect(await listed('mail.good', 'cancelled')).toHaveLength(2)
})

test('for a person: tables, in colour where that is wanted', async () => {
  await add('bad')
  await until(async () => (await listed('mail.bad', 'failed')).length > 0)
  expect((await run(['list'], {}, { json: false })).text).toContain('\u001b[')
  const plain = await run(['list'], {}, { json: false, env: { NO_COLOR: '1' } })
  expect(plain.text).not.toContain('\u001b')
  expect(plain.text).toMatch(/^job +waiting +delayed +running +failed +oldest$/m)
  const shown = await run(['show', 'mail.bad'], {}, { json: false, env: { NO_COLOR: '1' } })
  expect(shown.text).toMatch(/failed \(operation-failed\) +1 of 1/)
})

test.each<[string, readonly string[], object, string]>([
  ['an unknown action', ['drop'], {}, 'action-unknown'],
  ['too many words', ['retry', 'mail.good', 'mail.bad'], {}, 'state-words-wrong'],
  ['an unknown job', ['show', 'mail.goood'], {}, 'state-name-unknown'],
  ['a hostile name', ['cancel', "mail.good'; drop schema footing_jobs cascade; --"], {}, 'state-name-unknown'],
  ['an id that is not there', ['show', '0b9e1e2e-8d0c-4a0c-9c53-6a3f0a2f1f10'], {}, 'state-name-unknown'],
  ['an id that is none', ['retry', "x' or 1=1"], {}, 'state-name-unknown'],
  ['a limit that is none', ['show', 'mail.good'], { limit: '1001' }, 'number-invalid'],
])('refuses %s', async (_what, words, options, code) => {
  await expect(run(words, options)).rejects.toMatchObject({ code })
})

test('a misspelt job is told with the one that is meant', async () => {
  await expect(run(['show', 'mail.goood'])).rejects.toThrow('Did you mean mail.good?')
})

test('a database without jobs says what to run', async () => {
  const empty = await createTestDatabase()
  await expect(run(['list'], {}, { database: empty.url })).rejects.toMatchObject({ code: 'jobs-not-provisioned' })
  await empty.drop()
})
