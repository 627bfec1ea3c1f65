import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { App } from '@footing/core'
import { createTestDatabase, startTestApp } from '@footing/core/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTerminal } from '../command/terminal.ts'
import { events } from './events.ts'

let folder = ''
let running: Awaited<ReturnType<typeof startTestApp>>
let pay: (invoice: string) => Promise<void>
let handled: readonly string[]
let setFailing: (failing: boolean) => void
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing events '))
  await mkdir(join(folder, 'src'))
  await mkdir(join(folder, 'migrations'))
  await writeFile(join(folder, 'migrations/0001-invoice.sql'), 'create table billing.invoice (id text primary key);\n')
  await symlink(fileURLToPath(new URL('../../../../node_modules', import.meta.url)), join(folder, 'node_modules'))
  await writeFile(
    join(folder, 'src/app.ts'),
    `import { createApp, defineModule, event, implement, op } from '@footing/core'
     import { z } from 'zod'
     const billing = defineModule('billing', {
       owner: '@a',
       tables: ['invoice'],
       migrations: new URL('../migrations/', import.meta.url),
       port: { pay: op({ in: z.object({ invoice: z.string() }) }) },
       events: { paid: event(z.object({ invoice: z.string() })) },
     })
     const mail = defineModule('mail', { owner: '@a', needs: [billing] })
     export const handled = []
     let failing = true
     export const setFailing = (value) => { failing = value }
     export const app = createApp({ name: 'shop', modules: [
       implement(billing, ({ emit }) => ({ port: { pay: async ({ invoice }) => emit('paid', { invoice }) } })),
       implement(mail, () => ({
         on: { 'billing.paid': { attempts: 1, handle: async ({ invoice }) => {
           if (failing) throw new Error('the post office is closed')
           handled.push(invoice)
         } } },
       })),
     ] })\n`,
  )
  const exported = (await import(join(folder, 'src/app.ts'))) as {
    app: App
    handled: readonly string[]
    setFailing: (failing: boolean) => void
  }
  handled = exported.handled
  setFailing = exported.setFailing
  running = await startTestApp(exported.app, { place: null })
  const { billing } = running.app.ports as unknown as { billing: { pay(input: object): Promise<void> } }
  pay = (invoice) => billing.pay({ invoice })
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
  const code = await events.run({
    args: { action, words: [...others, folder] },
    options: { limit: '50', ...options },
    terminal,
    cwd: '/',
    env: { DATABASE_URL: database || running.database.url },
    signal: new AbortController().signal,
  })
  return { code, text, answer: json ? (JSON.parse(text) as Record<string, unknown>) : {} }
}

async function until<T>(look: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  const end = performance.now() + 25_000
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > end) throw new Error('it did not come')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const subscriber = 'mail:billing'
const parked = async () =>
  (await run(['show', subscriber])).answer.events as readonly { readonly id: string; readonly parkedAt?: string }[]

test('list, show, retry, skip, replay', async () => {
  expect(await run(['list'])).toMatchObject({
    code: 0,
    answer: { ok: true, subscribers: [{ name: expect.stringContaining(subscriber), parked: 0 }] },
  })
  const before = new Date(Date.now() - 60_000).toISOString()
  await pay('A-1')
  await pay('A-2')
  const [first, second] = await until(async () => {
    const found = (await parked()).filter(({ parkedAt }) => parkedAt !== undefined)
    return found.length === 2 && found
  })
  expect((await run(['list'])).code).toBe(1)
  const plain = await run(['list'], {}, { json: false, env: { NO_COLOR: '1' } })
  expect(plain.text).not.toContain('\u001b')
  expect(plain.text).toMatch(/^subscriber +waiting +oldest +deferred +parked +held +seen$/m)
  expect((await run(['show', subscriber], {}, { json: false })).text).toContain('\u001b[')
  expect((await run(['retry', subscriber], { dryRun: true })).answer).toMatchObject({ dryRun: true, count: 2 })
  expect((await run(['skip', subscriber, second?.id ?? ''])).answer).toMatchObject({ dryRun: false, count: 1 })
  setFailing(false)
  expect((await run(['retry', subscriber, first?.id ?? ''])).answer).toMatchObject({ count: 1 })
  await until(() => handled.length === 1)
  expect((await run(['list'])).code).toBe(0)
  expect((await run(['replay', subscriber], { from: before, dryRun: true })).answer).toMatchObject({
    dryRun: true,
    count: 2,
  })
  expect(handled).toHaveLength(1)
  expect((await run(['replay', subscriber], { from: before })).answer).toMatchObject({ count: 2 })
  await until(() => handled.length >= 3)
  // A process has it.
  expect((await run(['forget', subscriber], { dryRun: true })).answer).toMatchObject({ count: 0 })
})

test.each<[string, readonly string[], object, string]>([
  ['an unknown action', ['drop'], {}, 'action-unknown'],
  ['a replay from nowhere', ['replay', subscriber], {}, 'state-words-wrong'],
  ['a replay from a time that is none', ['replay', subscriber], { from: 'yesterday' }, 'event-time-invalid'],
  ['an unknown subscriber', ['show', 'mail:biling'], {}, 'event-subscriber-unknown'],
  [
    'a hostile subscriber',
    ['skip', "mail:billing'; drop schema footing_events cascade; --"],
    {},
    'event-subscriber-unknown',
  ],
  ['two subscribers', ['retry', subscriber, 'mail:shop'], {}, 'state-words-wrong'],
  ['a limit that is none', ['show', subscriber], { limit: '-1' }, 'number-invalid'],
])('refuses %s', async (_what, words, options, code) => {
  await expect(run(words, options)).rejects.toMatchObject({ code })
})

test('a database without events says what to run', async () => {
  const empty = await createTestDatabase()
  await expect(run(['list'], {}, { database: empty.url })).rejects.toMatchObject({ code: 'events-tables-missing' })
  await empty.drop()
})
