// Jobs through a whole application, on the database behind PgBouncer.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { createApp } from '../app/create-app.ts'
import type { Database, DataSource } from '../data/contract/contract.ts'
import { openDataSource } from '../data/data-source.ts'
import type { EffectLedger } from '../effects/effect-ledger.ts'
import { effects } from '../effects/use-effects.ts'
import { defineModule } from '../module/define-module.ts'
import { type Implementation, implement } from '../module/implement.ts'
import { op } from '../module/operation.ts'
import { startTestApp, type TestApp } from '../testing/start-test-app.ts'
import type { Context } from '../work/context.ts'
import { openJobsAdmin } from './admin.ts'
import type { ModuleJobs } from './module-jobs.ts'
import { type JobFacts, job, jobs } from './use-jobs.ts'

const folder = folderOf(
  'create table mail.sent (id bigint generated always as identity primary key, recipient text not null);',
)
const Mail = z.object({ to: z.string(), lines: z.array(z.string()).default([]) })

const quick = { first: '1s', most: '1s' } as const
const declared = {
  welcome: job({ payload: Mail, attempts: 3, timeout: '5s', backoff: quick }),
  hang: job({ payload: Mail, attempts: 1, timeout: '200ms' }),
  night: job({ call: 'nightly' }),
  old: job({
    payload: z.object({ name: z.string() }),
    version: 2,
    upgrade: (payload) => ({ name: (payload as { first: string }).first }),
    attempts: 1,
  }),
  single: job({ payload: Mail, deduplicate: '1h' }),
  bounded: job({ payload: Mail, limit: 2 }),
}

const mail = defineModule('mail', {
  owner: '@acme/mail',
  tables: ['sent'],
  migrations: folder,
  port: { nightly: op({ in: z.object({ day: z.string() }) }) },
  uses: [effects(), jobs(declared)],
})

type Handler = (payload: unknown, context: Context, facts: JobFacts) => Promise<unknown>

interface Shop {
  readonly app: TestApp<readonly never[]>
  readonly jobs: ModuleJobs<typeof declared>
  readonly db: Database<unknown>
  readonly effects: EffectLedger
}

const started: TestApp<readonly never[]>[] = []

afterEach(async () => {
  for (const app of started.splice(0)) await app.stop()
})

async function start(handler: Handler, options: { readonly name?: string; readonly databaseUrl?: string } = {}) {
  const given: { -readonly [Key in keyof Shop]?: Shop[Key] } = {}
  const mailModule = implement(mail, (kit): Implementation<typeof mail> => {
    given.jobs = kit.jobs
    given.effects = kit.effects
    given.db = kit.database<unknown>()
    return {
      port: { nightly: async (day, context) => void (await handler(day, context, {} as JobFacts)) },
      jobs: { welcome: handler, hang: handler, old: handler, single: handler, bounded: handler },
    }
  })
  const app = createApp({ name: options.name ?? 'shop', modules: [mailModule] })
  const running = await startTestApp(app, options.databaseUrl === undefined ? {} : { databaseUrl: options.databaseUrl })
  given.app = running as unknown as TestApp<readonly never[]>
  started.push(given.app)
  return given as Shop
}

const until = (condition: () => boolean | Promise<boolean>) =>
  vi.waitUntil(condition, { timeout: 10_000, interval: 10 })

test('a job that was added in a transaction runs after its commit, with a checked payload, and never after a rollback', async () => {
  const seen: [unknown, JobFacts][] = []
  const { jobs, db } = await start(async (payload, _context, facts) => {
    seen.push([payload, facts])
  })
  const failed = db.transaction(async (tx) => {
    await jobs.add(tx, 'welcome', { to: 'gone' })
    throw new Error('no')
  })
  await expect(failed).rejects.toThrow('no')
  await db.transaction(async (tx) => {
    await tx.query("insert into mail.sent (recipient) values ('ada')")
    await jobs.add(tx, 'welcome', { to: 'ada' })
  })
  await until(() => seen.length > 0)
  expect(seen).toHaveLength(1)
  expect(seen[0]?.[0]).toEqual({ to: 'ada', lines: [] })
  expect(seen[0]?.[1]).toMatchObject({ name: 'mail.welcome', attempt: 1, attempts: 3 })
})

test('a handler that throws is tried again, with attempts counted; what failed for good is kept and can run again', async () => {
  const attempts: number[] = []
  let well = false
  const { jobs, app } = await start(async (_payload, _context, facts) => {
    attempts.push(facts.attempt)
    if (!well) throw new Error('no luck')
  })
  const { id } = await jobs.add('welcome', { to: 'ada' })
  const admin = await adminOf(app)
  await until(async () => (await admin.show(id))?.state === 'failed')
  expect(attempts).toEqual([1, 2, 3])
  expect(await admin.show(id)).toMatchObject({
    name: 'mail.welcome',
    attempt: 3,
    attempts: 3,
    code: 'operation-failed',
    message: 'no luck',
    payload: { to: 'ada', lines: [] },
  })
  expect((await admin.counts()).find(({ name }) => name === 'mail.welcome')).toMatchObject({ failed: 1, waiting: 0 })
  expect(await admin.retry({ name: 'mail.welcome', dryRun: true })).toEqual({ matched: 1, changed: 0 })
  well = true
  expect(await admin.retry({ ids: [id] })).toEqual({ matched: 1, changed: 1 })
  await until(async () => (await admin.show(id))?.state === 'done')
  expect(attempts).toEqual([1, 2, 3, 4])
})

test('stopping gives back what does not end in time, and counts no attempt', async () => {
  const begun: number[] = []
  const first = await start(async (_payload, _context, facts) => {
    begun.push(facts.attempt)
    await new Promise(() => undefined)
  })
  const { id } = await first.jobs.add('welcome', { to: 'ada' })
  await until(() => begun.length === 1)
  const admin = await adminOf(first.app)
  await first.app.app.stop({ deadline: 500 })
  expect(await admin.show(id)).toMatchObject({ state: 'waiting', attempt: 0 })
})

test('an operation of the port does a job', async () => {
  const seen: unknown[] = []
  const { jobs } = await start(async (payload) => {
    seen.push(payload)
  })
  await jobs.add('night', { day: 'monday' })
  await until(() => seen.length === 1)
  expect(seen).toEqual([{ day: 'monday' }])
})

async function adminOf({ database }: TestApp<readonly never[]>) {
  const data = openDataSource({ url: database.url })
  opened.push(data)
  return openJobsAdmin({ application: 'shop', data })
}

const opened: DataSource[] = []

afterEach(async () => {
  for (const data of opened.splice(0)) await data.close()
})

afterAll(() => rmSync(folder, { recursive: true }))

function folderOf(sql: string): URL {
  const made = mkdtempSync(join(tmpdir(), 'footing-jobs-'))
  writeFileSync(join(made, '0001-sent.sql'), sql)
  return pathToFileURL(`${made}/`)
}
