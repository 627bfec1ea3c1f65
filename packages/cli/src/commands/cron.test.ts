import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { App } from '@footing/core'
import { createTestDatabase, startTestApp } from '@footing/core/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTerminal } from '../command/terminal.ts'
import { cron } from './cron.ts'

let folder = ''
let running: Awaited<ReturnType<typeof startTestApp>>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing cron '))
  await mkdir(join(folder, 'src'))
  await symlink(fileURLToPath(new URL('../../../../node_modules', import.meta.url)), join(folder, 'node_modules'))
  await writeFile(
    join(folder, 'src/app.ts'),
    `import { createApp, defineModule, implement } from '@footing/core'
     import { cron, schedule } from '@footing/core/cron'
     const shop = defineModule('shop', {
       owner: '@a',
       uses: [cron({
         good: schedule({ at: '0 3 * * *', zone: 'Europe/Berlin' }),
         bad: schedule({ at: '0 0 29 2 *', attempts: 1 }),
       })],
     })
     export const app = createApp({ name: 'shop', modules: [implement(shop, () => ({
       cron: { good: async () => undefined, bad: async () => { throw new Error('no') } },
     }))] })\n`,
  )
  const { app } = (await import(join(folder, 'src/app.ts'))) as { app: App }
  running = await startTestApp(app, { place: null })
})
afterAll(async () => {
  await running?.stop()
  await rm(folder, { recursive: true })
})

async function run(words: readonly string[], options = {}, { json = true, env = {} } = {}) {
  let text = ''
  const [action = '', ...others] = words
  const terminal = createTerminal({
    stdout: { write: (part: string) => (text += part), isTTY: true },
    stderr: { write: () => true },
    env,
    json,
  })
  const code = await cron.run({
    args: { action, words: [...others, folder] },
    options: { limit: '20', ...options },
    terminal,
    cwd: '/',
    env: { DATABASE_URL: running.database.url },
    signal: new AbortController().signal,
  })
  return { code, text, answer: json ? (JSON.parse(text) as Record<string, unknown>) : {} }
}

async function until(look: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 25_000
  while (!(await look())) {
    if (performance.now() > end) throw new Error('it did not come')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('trigger, list, show, retry, pause, resume, cancel', async () => {
  expect(await run(['list'])).toMatchObject({
    code: 0,
    answer: {
      ok: true,
      timeZones: process.versions.tz,
      schedules: [
        { name: 'shop.bad', pattern: '0 0 29 2 *' },
        {
          name: 'shop.good',
          zone: 'Europe/Berlin',
          next: [expect.any(String), expect.any(String), expect.any(String)],
        },
      ],
    },
  })
  expect((await run(['trigger', 'shop.bad'], { dryRun: true })).answer).toMatchObject({ dryRun: true, count: 1 })
  expect((await run(['show', 'shop.bad'])).answer).toMatchObject({ ticks: [] })
  const { tick } = (await run(['trigger', 'shop.bad'])).answer
  await until(async () => (await run(['list'])).code === 1)
  expect((await run(['show', 'shop.bad'], { state: 'failed' })).answer).toMatchObject({
    ticks: [{ tick, state: 'failed', kind: 'manual', attempt: 1, code: 'operation-failed' }],
  })
  expect((await run(['retry', 'shop.bad'], { dryRun: true })).answer).toMatchObject({ dryRun: true, count: 1 })
  expect((await run(['pause', 'shop.good'], { dryRun: true })).answer).toMatchObject({ dryRun: true, count: 1 })
  expect((await run(['pause', 'shop.good'])).answer).toMatchObject({ dryRun: false, count: 1 })
  expect((await run(['pause', 'shop.good'])).answer).toMatchObject({ count: 0 })
  expect((await run(['resume', 'shop.good'])).answer).toMatchObject({ count: 1 })
  expect((await run(['cancel', 'shop.good'])).answer).toMatchObject({ count: 0 })
  expect((await run(['retry', 'shop.bad', String(tick)])).answer).toMatchObject({ count: 1 })
})

test('for a person: a table, in colour where that is wanted', async () => {
  const coloured = await run(['list'], {}, { json: false })
  expect(coloured.text).toContain('\u001b[')
  const plain = await run(['list'], {}, { json: false, env: { NO_COLOR: '1' } })
  expect(plain.text).not.toContain('\u001b')
  expect(plain.text.split('\n')[0]).toMatch(/^schedule +at +zone +next +last +running +waiting +missed$/)
  expect(plain.text).toMatch(/^shop\.good +0 3 \* \* \* +Europe\/Berlin +\d{4}-\d\d-\d\d \d\d:00:00 UTC/m)
  const shown = await run(['show', 'shop.good'], {}, { json: false, env: { NO_COLOR: '1' } })
  expect(shown.text).toContain('overlap skip, catch-up last, 3 attempts, 0 missed')
})

test.each<[string, readonly string[], object, string]>([
  ['an unknown action', ['drop'], {}, 'action-unknown'],
  ['an inherited action', ['constructor'], {}, 'action-unknown'],
  ['a folder instead of a schedule', ['show'], {}, 'app-missing'],
  ['too many words', ['trigger', 'shop.good', 'shop.bad'], {}, 'state-words-wrong'],
  ['an unknown schedule', ['trigger', 'shop.goood'], {}, 'cron-schedule-unknown'],
  ['a hostile schedule', ['pause', "shop.good'; drop schema footing_cron cascade; --"], {}, 'cron-schedule-unknown'],
  ['a tick that is not there', ['retry', 'shop.good', '2020-01-01T00:00:00Z'], {}, 'cron-tick-unknown'],
  ['a tick that is none', ['retry', 'shop.good', '2020-13-99T00:00:00Z'], {}, 'cron-tick-unknown'],
  ['a limit that is none', ['show', 'shop.good'], { limit: '0' }, 'number-invalid'],
])('refuses %s', async (_what, words, options, code) => {
  await expect(run(words, options)).rejects.toMatchObject({ code })
})

test('a misspelt schedule is told with the one that is meant', async () => {
  await expect(run(['trigger', 'shop.goood'])).rejects.toThrow('Did you mean shop.good?')
})

test('a database without schedules says what to run', async () => {
  const empty = await createTestDatabase()
  const terminal = createTerminal({ stdout: { write: () => true }, stderr: { write: () => true }, env: {}, json: true })
  const listing = cron.run({
    args: { action: 'list', words: [folder] },
    options: {},
    terminal,
    cwd: '/',
    env: { DATABASE_URL: empty.url },
    signal: new AbortController().signal,
  })
  await expect(listing).rejects.toMatchObject({ code: 'cron-tables-missing' })
  await empty.drop()
})
