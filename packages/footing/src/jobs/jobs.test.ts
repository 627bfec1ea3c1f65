// Jobs through a whole application, on the database behind PgBouncer.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { createApp } from '../app/create-app.ts'
import { capabilityConformance } from '../capability/conformance.ts'
import type { Database, DataSource } from '../data/contract/contract.ts'
import { openDataSource } from '../data/data-source.ts'
import type { EffectLedger } from '../effects/effect-ledger.ts'
import { effects } from '../effects/use-effects.ts'
import { defineModule } from '../module/define-module.ts'
import { type Implementation, implement } from '../module/implement.ts'
import { op } from '../module/operation.ts'
import { startTestApp, type TestApp } from '../testing/start-test-app.ts'
import { createTestDatabase } from '../testing/test-database.ts'
import { testServer } from '../testing/test-servers.ts'
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
  for (const app of started.splice(0).toReversed()) await app.stop()
})

type Given = { -readonly [Key in keyof Shop]?: Shop[Key] }

function shopModule(handler: Handler, given: Given) {
  return implement(mail, (kit): Implementation<typeof mail> => {
    given.jobs = kit.jobs
    given.effects = kit.effects
    given.db = kit.database<unknown>()
    return {
      port: { nightly: async (day, context) => void (await handler(day, context, {} as JobFacts)) },
      jobs: { welcome: handler, hang: handler, old: handler, single: handler, bounded: handler },
    }
  })
}

function shopOf(name: string, handler: Handler, given: Given) {
  return createApp({ name, modules: [shopModule(handler, given)] })
}

async function start(handler: Handler, options: { readonly name?: string; readonly databaseUrl?: string } = {}) {
  const given: Given = {}
  const app = shopOf(options.name ?? 'shop', handler, given)
  const running = await startTestApp(app, options.databaseUrl === undefined ? {} : { databaseUrl: options.databaseUrl })
  given.app = running as unknown as TestApp<readonly never[]>
  started.push(given.app)
  return given as Shop
}

/** Another process of the application, in the same database. */
async function startRole({ database }: TestApp<readonly never[]>, role: 'web' | 'worker', handler: Handler) {
  const given: Given = {}
  const env = { DATABASE_URL: database.url, DRAIN_DELAY_MS: '0' }
  const running = await shopOf('shop', handler, given).start({ env, role, profile: 'test', port: 0 })
  return { running, jobs: given.jobs as Shop['jobs'] }
}

let common: Promise<Shop> | undefined
let current: Handler = async () => undefined

/** The application that most cases share, empty of jobs and with the handler of this case. */
async function living(handler: Handler = async () => undefined): Promise<Shop> {
  current = handler
  common ??= start((...given) => current(...given)).then((shop) => {
    started.splice(started.indexOf(shop.app), 1)
    return shop
  })
  const shop = await common
  await shop.app.database.query('delete from footing_jobs.job; delete from footing_jobs.paused; delete from mail.sent')
  return shop
}

afterAll(async () => (await common)?.app.stop())

function quiet(module: ReturnType<typeof defineModule>) {
  return implement(module, () => ({}) as never)
}

const until = (condition: () => boolean | Promise<boolean>) =>
  vi.waitUntil(condition, { timeout: 10_000, interval: 10 })

test('a job that was added in a transaction runs after its commit, with a checked payload, and never after a rollback', async () => {
  const seen: [unknown, JobFacts][] = []
  const { jobs, db } = await living(async (payload, _context, facts) => {
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
  const { jobs, app } = await living(async (_payload, _context, facts) => {
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
  const { jobs } = await living(async (payload) => {
    seen.push(payload)
  })
  await jobs.add('night', { day: 'monday' })
  await until(() => seen.length === 1)
  expect(seen).toEqual([{ day: 'monday' }])
})

test('what a handler says of its progress is shown, and a job can be taken back while it runs', async () => {
  const signals: AbortSignal[] = []
  const { jobs, app } = await living(async (_payload, context, facts) => {
    await facts.progress({ done: 7 })
    signals.push(context.signal)
    await new Promise(() => undefined)
  })
  const { id } = await jobs.add('welcome', { to: 'ada' })
  await until(() => signals.length === 1)
  const admin = await adminOf(app)
  expect(await admin.show(id)).toMatchObject({ state: 'running', attempt: 1, progress: { done: 7 } })
  expect(await jobs.cancel('welcome', id)).toBe(true)
  await until(() => signals[0]?.aborted === true)
  expect(signals[0]?.reason).toMatchObject({ code: 'job-cancelled' })
  expect(await admin.show(id)).toMatchObject({ state: 'cancelled' })
  expect(await jobs.cancel('welcome', id)).toBe(false)
})

test('a handler that hangs and ignores its signal is ended in time; the gauge counts it', async () => {
  const { jobs, app } = await living(async () => new Promise(() => undefined))
  const { id } = await jobs.add('hang', { to: 'ada' })
  const admin = await adminOf(app)
  await until(async () => (await admin.show(id))?.state === 'failed')
  expect(await admin.show(id)).toMatchObject({ code: 'job-timeout', attempt: 1 })
})

test('a payload of an older version is upgraded; one that cannot be is kept, and so is one of a newer version', async () => {
  const seen: unknown[] = []
  const { jobs, app, db } = await living(async (payload) => {
    seen.push(payload)
  })
  const admin = await adminOf(app)
  await admin.pause('mail.old')
  const [older, newer, broken] = await jobs.addMany('old', [{ name: 'a' }, { name: 'b' }, { name: 'c' }])
  const store = (id: string | undefined, body: string) =>
    db.query('update footing_jobs.job set data = data || $2::text::jsonb where id = $1', [id, body])
  await store(older?.id, '{"v":1,"p":{"first":"Ada"}}')
  await store(newer?.id, '{"v":3}')
  await store(broken?.id, '{"v":1,"p":null}')
  await admin.resume('mail.old')
  await until(async () => (await admin.show(broken?.id ?? ''))?.state === 'failed')
  await until(() => seen.length === 1)
  expect(seen).toEqual([{ name: 'Ada' }])
  expect(await admin.show(broken?.id ?? '')).toMatchObject({ code: 'job-upgrade-missing' })
  // It waits for a process that knows it, and no attempt is counted.
  await until(async () => (await admin.show(newer?.id ?? ''))?.state === 'delayed')
  expect(await admin.show(newer?.id ?? '')).toMatchObject({ attempt: 0 })
})

test('a job that somebody else has written, or changed, is kept as failed with its code', async () => {
  const { jobs, app, db } = await living(async () => undefined)
  const admin = await adminOf(app)
  await admin.pause('mail.welcome')
  const [foreign, misfit] = await jobs.addMany('welcome', [{ to: 'a' }, { to: 'b' }])
  await db.query(`update footing_jobs.job set data = '"not ours"' where id = $1`, [foreign?.id])
  await db.query(`update footing_jobs.job set data = jsonb_set(data, '{p,to}', '7') where id = $1`, [misfit?.id])
  await admin.resume('mail.welcome')
  for (const one of [foreign, misfit]) {
    await until(async () => (await admin.show(one?.id ?? ''))?.state === 'failed')
    expect(await admin.show(one?.id ?? '')).toMatchObject({ code: 'job-payload-invalid', attempt: 1 })
  }
})

test.each([
  ['does not fit', { to: 7 }, {}, 'job-payload-invalid'],
  ['is missing', undefined, {}, 'job-payload-invalid'],
  ['holds a zero character', { to: 'a\0b' }, {}, 'job-payload-invalid'],
  ['is too large', { to: 'x'.repeat(1024 * 1024) }, {}, 'job-too-large'],
  ['has a delay that is none', { to: 'a' }, { delay: -1 }, 'job-option-invalid'],
  ['has a delay and a moment', { to: 'a' }, { delay: 1, at: new Date() }, 'job-option-invalid'],
  ['has a moment that is none', { to: 'a' }, { at: new Date(Number.NaN) }, 'job-option-invalid'],
  ['has an empty key', { to: 'a' }, { key: '' }, 'job-option-invalid'],
  ['has a priority that is none', { to: 'a' }, { priority: 1.5 }, 'job-option-invalid'],
  ['says it is one of a kind where the manifest does not', { to: 'a' }, { deduplicate: 'a' }, 'job-option-invalid'],
])('a job that %s is refused before anything is stored', async (_name, payload, options, code) => {
  const { jobs, app } = await living()
  const admin = await adminOf(app)
  // What the compiler would refuse comes from code without types.
  await expect(jobs.add('welcome', payload as never, options as never)).rejects.toMatchObject({ code })
  expect(await admin.list({ name: 'mail.welcome' })).toEqual([])
})

test('a payload with an escaped backslash before u0000 is no zero character', async () => {
  const { jobs } = await living()
  await jobs.add('single', { to: String.raw`\u0000` })
})

test('a name that is not declared is refused with a hint', async () => {
  const { jobs } = await living()
  await expect(jobs.add('welcom' as never, {} as never)).rejects.toMatchObject({ code: 'job-unknown' })
  await expect(jobs.add('welcom' as never, {} as never)).rejects.toThrow('Did you mean welcome?')
})

test('a full queue refuses, in a transaction too, and nothing of it stays', async () => {
  const { jobs, app, db } = await living()
  const admin = await adminOf(app)
  await admin.pause('mail.bounded')
  await jobs.addMany('bounded', [{ to: 'a' }, { to: 'b' }])
  const added = db.transaction(async (tx) => jobs.add(tx, 'bounded', { to: 'c' }))
  await expect(added).rejects.toMatchObject({ code: 'job-queue-full', retryable: true })
  await expect(jobs.add('bounded', { to: 'c' })).rejects.toMatchObject({ code: 'job-queue-full' })
  expect(await admin.list({ name: 'mail.bounded', state: 'waiting' })).toHaveLength(2)
})

test('one of a kind is added once in an hour, whichever transaction wins', async () => {
  const { jobs, db } = await living()
  const added = await Promise.all(
    Array.from({ length: 10 }, () =>
      db.transaction((tx) => jobs.add(tx, 'single', { to: 'a' }, { deduplicate: 'ada' })),
    ),
  )
  expect(added.filter(({ duplicate }) => !duplicate)).toHaveLength(1)
  expect(new Set(added.map(({ id }) => id)).size).toBe(1)
})

test.each([
  ['no step', []],
  ['a name twice', [step('a'), step('a')]],
  ['one that waits for nobody', [step('a', 'b')]],
  ['a circle', [step('a', 'b'), step('b', 'a')]],
])('a flow with %s is refused', async (_name, steps) => {
  const { jobs } = await living()
  await expect(jobs.flow(steps as never)).rejects.toMatchObject({ code: 'job-option-invalid' })
})

function step(ref: string, ...after: string[]) {
  return { ref, name: 'welcome', payload: { to: ref }, after }
}

test('a flow in a transaction runs in its order after the commit, and not after a rollback', async () => {
  const seen: string[] = []
  const { jobs, db } = await living(async (payload) => {
    seen.push((payload as { to: string }).to)
  })
  const rolledBack = db.transaction(async (tx) => {
    await jobs.flow(tx, [{ ref: 'x', name: 'welcome', payload: { to: "it's; gone" } }])
    throw new Error('no')
  })
  await expect(rolledBack).rejects.toThrow('no')
  await db.transaction((tx) =>
    jobs.flow(tx, [
      { ref: 'one', name: 'welcome', payload: { to: "it's; one" } },
      { ref: 'two', name: 'welcome', payload: { to: 'two' }, after: ['one'] },
    ]),
  )
  await until(() => seen.length === 2)
  expect(seen).toEqual(["it's; one", 'two'])
})

test('with the ledger a job that runs twice has its effect once', async () => {
  let attempts = 0
  const shop = await living(async (_payload, _context, facts) => {
    attempts += 1
    await shop.db.transaction((tx) =>
      shop.effects.once(tx, facts.id, (inner) => inner.query("insert into mail.sent (recipient) values ('once')")),
    )
    // As if it were killed between the effect and the settlement.
    if (facts.attempt === 1) throw new Error('after the effect')
  })
  const { id } = await shop.jobs.add('welcome', { to: 'ada' })
  const admin = await adminOf(shop.app)
  await until(async () => (await admin.show(id))?.state === 'done')
  expect(attempts).toBe(2)
  expect(await shop.db.query('select from mail.sent')).toHaveLength(1)
})

test('two applications with modules of the same name in one database do only their own jobs', async () => {
  const seen: string[] = []
  const first = await start(async () => void seen.push('shop'))
  await first.jobs.add('welcome', { to: 'ada' })
  const second = await start(async () => void seen.push('other'), {
    name: 'other shop',
    databaseUrl: first.app.database.directUrl,
  })
  await second.jobs.add('welcome', { to: 'ada' })
  await until(() => seen.length === 2)
  expect(seen.toSorted()).toEqual(['other', 'shop'])
})

test('connections that are cut lose no job and do none twice', async () => {
  const seen: string[] = []
  const { jobs, app } = await start(async (payload) => void seen.push((payload as { to: string }).to))
  await jobs.addMany(
    'welcome',
    Array.from({ length: 40 }, (_, index) => ({ to: String(index) })),
  )
  await until(() => seen.length > 5)
  await app.database.terminateConnections()
  const later = Array.from({ length: 10 }, (_, index) => String(100 + index))
  // The connections of the pool are found broken by whoever comes first.
  for (const to of later) await vi.waitFor(() => jobs.add('welcome', { to }), { timeout: 10_000, interval: 50 })
  const admin = await adminOf(app)
  await until(async () => {
    const counts = (await admin.counts()).find(({ name }) => name === 'mail.welcome')
    return (counts?.waiting ?? 1) + (counts?.delayed ?? 1) + (counts?.running ?? 1) === 0
  })
  expect(new Set(seen).size).toBe(50)
})

test('a database that is read-only says so, and goes on afterwards', async () => {
  const { jobs, app } = await start(async () => undefined)
  const name = new URL(app.database.directUrl).pathname.slice(1)
  await app.database.query(`alter database ${name} set default_transaction_read_only = on`)
  await app.database.terminateConnections()
  await vi.waitFor(() => expect(jobs.add('welcome', { to: 'ada' })).rejects.toMatchObject({ code: 'data-read-only' }), {
    timeout: 10_000,
    interval: 50,
  })
  await app.database.query(
    `begin; set transaction read write; alter database ${name} reset default_transaction_read_only; commit`,
  )
  await app.database.terminateConnections()
  const { id } = await vi.waitFor(() => jobs.add('welcome', { to: 'ada' }), { timeout: 10_000, interval: 50 })
  const admin = await adminOf(app)
  await until(async () => (await admin.show(id))?.state === 'done')
})

test('the role web only adds', async () => {
  const first = await start(async () => undefined)
  const admin = await adminOf(first.app)
  await admin.pause('mail.welcome')
  await first.app.app.stop()
  const seen: unknown[] = []
  const web = await startRole(first.app, 'web', async () => void seen.push('web'))
  await admin.resume('mail.welcome')
  const { id } = await web.jobs.add('welcome', { to: 'ada' })
  const worker = await startRole(first.app, 'worker', async () => void seen.push('worker'))
  await until(async () => (await admin.show(id))?.state === 'done')
  expect(seen).toEqual(['worker'])
  await web.running.stop()
  await worker.running.stop()
})

test('a job whose operation is in a module of another process is done there, by a worker that only calls it', async () => {
  const audit = defineModule('audit', { owner: '@acme/audit', tables: ['line'], uses: [jobs({})] })
  const seen: unknown[] = []
  const given: Given = {}
  const place = () =>
    createApp({
      name: 'shop',
      modules: [shopModule(async (payload) => void seen.push(payload), given), quiet(audit)],
    })
  const { app: first } = await start(async () => undefined)
  await first.app.stop()
  const env = {
    DATABASE_URL: first.database.url,
    DRAIN_DELAY_MS: '0',
    MODULE_KEYS: `shop:${'s'.repeat(40)}`,
  }
  const there = await place().start({ env, role: 'web', profile: 'test', port: 0, serve: ['mail'] })
  const worker = await place().start({
    env: { ...env, SERVE_MODULES: 'audit' },
    role: 'worker',
    profile: 'test',
    port: 0,
    place: { mail: there.url ?? '' },
  })
  await given.jobs?.add('night', { day: 'monday' })
  await until(() => seen.length === 1)
  expect(seen).toEqual([{ day: 'monday' }])
  await worker.stop()
  await there.stop()
})

test('metrics tell how many jobs there are, how long they ran and how long they waited', async () => {
  const { app: first } = await start(async () => undefined)
  await first.app.stop()
  const given: Given = {}
  const running = await shopOf('shop', async () => undefined, given).start({
    env: { DATABASE_URL: first.database.url, DRAIN_DELAY_MS: '0' },
    profile: 'test',
    port: 0,
    telemetry: { write: () => undefined },
  })
  await given.jobs?.add('welcome', { to: 'ada' })
  const shown = async () => (await fetch(`${running.url}/metrics`)).text()
  await until(async () =>
    (await shown()).includes('footing_job_duration_seconds_count{job="mail.welcome",outcome="done"'),
  )
  // Asked once more: the first question begins the sample.
  await until(async () => (await shown()).includes('footing_jobs{queue="shop/mail/welcome",state="failed"} 0'))
  const text = await shown()
  expect(text).toContain('footing_job_wait_seconds_count{job="mail.welcome",outcome="done"} 1')
  expect(text).toContain('footing_jobs_oldest_seconds{queue="shop/mail/welcome"} 0')
  expect(text).toMatch(/^footing_jobs_abandoned 0$/m)
  await running.stop()
})

test('an application without tables for jobs, without a database and with a wrong URL is told what to do', async () => {
  const app = createApp({
    name: 'shop',
    modules: [quiet(defineModule('mail', { owner: '@acme/mail', uses: [jobs({})] }))],
  })
  const starting = (env: Record<string, string>) => app.start({ env, profile: 'test', role: 'worker' })
  await expect(starting({})).rejects.toMatchObject({ code: 'jobs-store-missing' })
  await expect(starting({ JOBS_URL: 'kafka://host' })).rejects.toMatchObject({ code: 'settings-invalid' })
  await expect(starting({ JOBS_URL: 'redis://127.0.0.1:1' })).rejects.toMatchObject({ code: 'jobs-store-failed' })
  const { url, drop } = await createTestDatabase()
  await expect(starting({ DATABASE_URL: url })).rejects.toMatchObject({ code: 'jobs-not-provisioned' })
  await drop()
})

test('a manifest that asks for more than the driver has, or that nobody does, is refused at the start', async () => {
  const asking = defineModule('mail', {
    owner: '@acme/mail',
    uses: [jobs({ one: job({ payload: Mail, rate: { most: 1, per: '1s', perKey: true } }) })],
  })
  const redis = await testServer('redis')
  const app = createApp({
    name: 'shop',
    modules: [implement(asking, () => ({ jobs: { one: async () => undefined } }))],
  })
  const start = { env: { JOBS_URL: redis }, profile: 'test', role: 'worker' } as const
  await expect(app.start(start)).rejects.toMatchObject({ code: 'job-unsupported' })
  const demanding = defineModule('mail', {
    owner: '@acme/mail',
    uses: [jobs({})],
    guarantees: { jobs: ['transactional'] },
  })
  const wants = createApp({ name: 'shop', modules: [quiet(demanding)] })
  await expect(wants.start(start)).rejects.toMatchObject({ code: 'guarantee-missing' })
  const calls = defineModule('mail', { owner: '@acme/mail', uses: [jobs({ night: job({ call: 'nightly' }) })] })
  const nobody = createApp({ name: 'shop', modules: [quiet(calls)] })
  await expect(nobody.start(start)).rejects.toMatchObject({
    code: 'module-start-failed',
    cause: { code: 'job-handler-missing' },
  })
})

test.each(capabilityConformance)('as every capability: $name', async ({ run }) => {
  const { app } = await living()
  await run({
    name: 'jobs',
    env: { DATABASE_URL: app.database.url, DRAIN_DELAY_MS: '0' },
    wrong: { name: 'JOBS_URL', value: 'kafka://secret-of-somebody@host' },
    async start(env, guarantees = []) {
      const module = defineModule('mail', {
        owner: '@acme/mail',
        tables: ['sent'],
        migrations: folder,
        uses: [jobs({})],
        guarantees: { jobs: guarantees },
      })
      return createApp({ name: 'another', modules: [quiet(module)] }).start({ env, profile: 'test', role: 'worker' })
    },
  })
})

test.each([
  ['attempts', { attempts: 0 }],
  ['timeout', { timeout: '24h' }],
  ['backoff', { backoff: { first: '2s', most: '1s' } }],
  ['concurrency', { concurrency: { everywhere: 1, perKey: 1 } }],
  ['rate', { rate: { most: 0, per: '1s' } }],
  ['deduplicate', { deduplicate: 'soon' }],
])('a declaration with a wrong %s is refused where it is written', (_name, options) => {
  expect(() => job({ payload: Mail, ...(options as object) })).toThrow(
    expect.objectContaining({ code: 'job-declaration-invalid' }),
  )
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
