// Schedules of a running application, on PostgreSQL behind PgBouncer in transaction mode.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type Clock, systemClock } from '@footing/kernel'
import { afterEach, describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { createApp } from '../app/create-app.ts'
import { capabilityConformance } from '../capability/conformance.ts'
import type { DataSource } from '../data/contract/contract.ts'
import { openDataSource } from '../data/data-source.ts'
import { defineModule } from '../module/define-module.ts'
import { type Implementation, implement } from '../module/implement.ts'
import { op } from '../module/operation.ts'
import { startTestApp } from '../testing/start-test-app.ts'
import { type CronAdmin, openCronAdmin } from './admin.ts'
import type { Tick, TickHandler } from './contract/contract.ts'
import type { TickRecord } from './running-ticks.ts'
import { cron, type ScheduleOptions, schedule } from './use-cron.ts'

const opened: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.stop()
})

/** Never by itself within a test. */
const rarely = '0 0 29 2 *'

/** A module with one schedule, `tick`, whose handler the test gives, and one that calls an operation. */
function shopOf(handle: TickHandler, options: Partial<Omit<ScheduleOptions, 'call'>> = {}, calls: string[] = []) {
  const shop = defineModule('shop', {
    owner: '@a',
    port: { close: op({ out: z.object({ closed: z.boolean() }) }), ask: op({}) },
    uses: [cron({ tick: schedule({ at: rarely, ...options }), closing: schedule({ at: rarely, call: 'close' }) })],
  })
  return createApp({
    name: 'shop',
    modules: [
      implement(
        shop,
        (kit): Implementation<typeof shop> => ({
          port: {
            close: async (_input, context) => {
              calls.push(`${context.operation} for ${context.module}`)
              return { closed: true }
            },
            ask: async () => void (await kit.cron.trigger('tick')),
          },
          cron: { tick: handle },
        }),
      ),
    ],
  })
}

/** Waits a twentieth of what it is asked to, so that nobody has to wait for the next look; the time is the store's anyway. */
const hurried: Clock = {
  ...systemClock,
  after: (ms, work) => systemClock.after(ms / 20, work),
  sleep: (ms, signal) => systemClock.sleep(ms / 20, signal),
}

async function started(app: ReturnType<typeof shopOf>, databaseUrl?: string) {
  const running = await startTestApp(app, {
    place: null,
    clock: hurried,
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  })
  opened.push(running)
  const data: DataSource = openDataSource({ url: running.database.url, poolSize: 2 })
  opened.unshift({ stop: () => data.close() })
  const admin = openCronAdmin(data)
  return {
    ...running,
    data,
    admin,
    query: <Row extends object>(text: string) => data.forModule('test').query<Row>(text),
  }
}

/** Waits for what a handler or the store will show. */
async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  const end = performance.now() + 25_000
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > end) throw new Error('it did not come')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const ended = (admin: CronAdmin, name: string) =>
  until(async () => (await admin.history({ schedule: name })).find(({ endedAt }) => endedAt !== undefined))

test('fires each second, once for each, and tells the handler which tick it is', async () => {
  const ticks: Tick[] = []
  const told: TickRecord[] = []
  const hear = (message: unknown) => void told.push(message as TickRecord)
  subscribe('footing:tick', hear)
  const { promise: three, resolve } = Promise.withResolvers<void>()
  const { admin, app } = await started(
    shopOf(
      async (tick, context) => {
        expect(context.operation).toBe('cron tick')
        ticks.push(tick)
        if (ticks.length === 3) resolve()
      },
      { at: '* * * * * *', overlap: 'queue' },
    ),
  )
  await three
  await app.stop()
  unsubscribe('footing:tick', hear)
  expect(new Set(ticks.map(({ at }) => at)).size).toBe(ticks.length)
  expect(
    ticks.every(
      ({ at, schedule, kind, attempt }) =>
        at % 1000 === 0 && schedule === 'shop.tick' && kind === 'scheduled' && attempt === 1,
    ),
  ).toBe(true)
  expect(told[0]).toMatchObject({ schedule: 'shop.tick', module: 'shop', attempt: 1, code: undefined })
  const rows = await admin.history({ schedule: 'shop.tick', state: 'done' })
  expect(rows.map(({ tick }) => Date.parse(tick)).toSorted((a, b) => a - b)).toEqual(ticks.map(({ at }) => at))
})

test('a schedule calls an operation of its module, and a module asks for a tick of its own', async () => {
  const calls: string[] = []
  const ticks: Tick[] = []
  const { admin, app } = await started(shopOf(async (tick) => void ticks.push(tick), {}, calls))
  await admin.trigger('shop.closing')
  await app.ports.shop.ask()
  expect(await ended(admin, 'shop.tick')).toMatchObject({ state: 'done', kind: 'manual', attempt: 1 })
  expect(await ended(admin, 'shop.closing')).toMatchObject({ state: 'done' })
  expect(calls).toEqual(['close for shop'])
  expect(ticks).toHaveLength(1)
})

describe('a run that does not end well', () => {
  test('a failing handler tries again later, and is given up after its attempts; an operator runs it again', async () => {
    let failing = true
    const { admin, database } = await started(
      shopOf(
        async () => {
          if (failing) throw new Error('the bank is closed')
        },
        { attempts: 2 },
      ),
    )
    const tick = await admin.trigger('shop.tick')
    const one = () => admin.history({ schedule: 'shop.tick' }).then(([first]) => first)
    const waiting = await until(async () => {
      const found = await one()
      return found?.state === 'waiting' && found.attempt === 1 && found
    })
    expect(waiting).toMatchObject({ tick, code: 'operation-failed' })
    expect(Date.parse(waiting.runAt) - Date.parse(tick)).toBeGreaterThanOrEqual(5000)
    await database.query('update footing_cron.tick set run_at = clock_timestamp()')
    expect(await ended(admin, 'shop.tick')).toMatchObject({ state: 'failed', attempt: 2, code: 'operation-failed' })
    expect((await admin.schedules()).find(({ name }) => name === 'shop.tick')?.last).toMatchObject({ state: 'failed' })
    failing = false
    expect(await admin.retry({ schedule: 'shop.tick', dryRun: true })).toBe(1)
    expect((await one())?.state).toBe('failed')
    expect(await admin.retry({ schedule: 'shop.tick', tick })).toBe(1)
    await until(async () => (await one())?.state === 'done')
    // It happened: it cannot happen again.
    await expect(admin.retry({ schedule: 'shop.tick', tick })).rejects.toMatchObject({ code: 'cron-tick-unknown' })
  })

  test('a handler that hangs is ended by its timeout', async () => {
    const { admin } = await started(shopOf(() => new Promise(() => undefined), { attempts: 1, timeout: '50ms' }))
    await admin.trigger('shop.tick')
    expect(await ended(admin, 'shop.tick')).toMatchObject({ state: 'failed', code: 'deadline-exceeded' })
  })

  test('a tick of a dead process begins again, and is given up when its processes die each time', async () => {
    const begun: number[] = []
    const { admin, database } = await started(shopOf(async ({ attempt }) => void begun.push(attempt), { attempts: 3 }))
    const dead = (at: string, attempt: number) =>
      database.query(
        `insert into footing_cron.tick (schedule, tick, kind, state, run_at, attempt, owner, lease_until)
         values ('shop.tick', $1, 'scheduled', 'running', $1, $2, 'somebody', clock_timestamp())`,
        [at, attempt],
      )
    await dead('2026-01-01T00:00:00Z', 1)
    expect(await ended(admin, 'shop.tick')).toMatchObject({ state: 'done', attempt: 2 })
    expect(begun).toEqual([2])
    await dead('2026-01-02T00:00:00Z', 3)
    const lost = await until(async () => (await admin.history({ schedule: 'shop.tick', state: 'failed' }))[0])
    expect(lost).toMatchObject({ code: 'cron-process-lost', attempt: 3 })
    expect(begun).toEqual([2])
  })

  test('a process that lost its lease is told, and its end counts for nothing', async () => {
    const reasons: unknown[] = []
    const { promise: begun, resolve } = Promise.withResolvers<void>()
    const { admin, database } = await started(
      shopOf((_tick, { signal }) => {
        resolve()
        return new Promise((end) => {
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason)
            end(undefined)
          })
        })
      }),
    )
    await admin.trigger('shop.tick')
    await begun
    await database.query(`update footing_cron.tick set owner = 'somebody', attempt = 2, lease_until = 'infinity'`)
    await until(async () => reasons.length > 0)
    expect(reasons).toEqual([expect.objectContaining({ code: 'cron-lease-lost' })])
    expect((await admin.history({ schedule: 'shop.tick' }))[0]).toMatchObject({ state: 'running', owner: 'somebody' })
  })

  test('cancelled by an operator: the handler hears it', async () => {
    const { promise: begun, resolve } = Promise.withResolvers<void>()
    const { promise: heard, resolve: hear } = Promise.withResolvers<unknown>()
    const { admin } = await started(
      shopOf(async (_tick, { signal }) => {
        resolve()
        await new Promise((end) => signal.addEventListener('abort', end))
        hear(signal.reason)
      }),
    )
    await admin.trigger('shop.tick')
    await begun
    expect(await admin.cancel({ schedule: 'shop.tick', dryRun: true })).toBe(1)
    expect(await admin.cancel({ schedule: 'shop.tick' })).toBe(1)
    expect(await heard).toMatchObject({ code: 'cron-cancelled' })
    expect(await ended(admin, 'shop.tick')).toMatchObject({ state: 'cancelled', code: 'cron-cancelled' })
  })
})

test('overlap cancel: a tick that comes due ends the one before', async () => {
  const ends: string[] = []
  const { promise: second, resolve } = Promise.withResolvers<void>()
  let count = 0
  const { admin, app } = await started(
    shopOf(
      async (_tick, { signal }) => {
        count += 1
        if (count > 1) return resolve()
        await new Promise((end) => signal.addEventListener('abort', end))
        ends.push('first')
      },
      { at: '* * * * * *', overlap: 'cancel' },
    ),
  )
  await second
  await app.stop()
  expect(ends).toEqual(['first'])
  expect((await admin.history({ schedule: 'shop.tick' })).at(-1)).toMatchObject({ state: 'cancelled' })
})

describe('draining', () => {
  test('waits for a tick that runs', async () => {
    const { promise: begun, resolve } = Promise.withResolvers<void>()
    const { promise: open, resolve: finish } = Promise.withResolvers<void>()
    const { admin, app } = await started(
      shopOf(async () => {
        resolve()
        await open
      }),
    )
    await admin.trigger('shop.tick')
    await begun
    const stopping = app.stop({ deadline: 20_000 })
    finish()
    await stopping
    expect((await admin.history())[0]).toMatchObject({ state: 'done', attempt: 1 })
  })

  test('gives back what does not end, without counting the attempt; another process runs it', async () => {
    const { promise: begun, resolve } = Promise.withResolvers<void>()
    const { promise: heard, resolve: hear } = Promise.withResolvers<unknown>()
    const first = await started(
      shopOf((_tick, { signal }) => {
        signal.addEventListener('abort', () => hear(signal.reason))
        resolve()
        return new Promise(() => undefined)
      }),
    )
    await first.admin.trigger('shop.tick')
    await begun
    await first.app.stop({ deadline: 200 })
    expect(await heard).toMatchObject({ code: 'cron-given-back' })
    expect((await first.admin.history())[0]).toMatchObject({ state: 'waiting', attempt: 0, code: 'cron-given-back' })
    const attempts: number[] = []
    await started(
      shopOf(async ({ attempt }) => void attempts.push(attempt)),
      first.database.directUrl,
    )
    expect(await ended(first.admin, 'shop.tick')).toMatchObject({ state: 'done', attempt: 1 })
    expect(attempts).toEqual([1])
  })
})

describe('three hours without a process', () => {
  // Due each hour, five minutes ago the last time.
  const at = `${(new Date().getUTCMinutes() + 55) % 60} * * * *`

  test.each([
    ['none', { missed: 3, caughtUp: 0 }],
    ['last', { missed: 2, caughtUp: 1 }],
    [{ within: '2h' }, { missed: 1, caughtUp: 2 }],
    [{ within: '4h' }, { missed: 0, caughtUp: 3 }],
  ] as const)('catch-up %j', async (catchUp, expected) => {
    const ticks: Tick[] = []
    const app = () => shopOf(async (tick) => void ticks.push(tick), { at, catchUp })
    const first = await started(app())
    await first.app.stop()
    await first.database.query(
      `update footing_cron.schedule set decided_until = decided_until - interval '3 hours' where name = 'shop.tick'`,
    )
    await started(app(), first.database.directUrl)
    const rows = await until(async () => {
      const found = await first.admin.history({ schedule: 'shop.tick' })
      return found.length === 3 && found.every(({ state }) => state === 'done' || state === 'missed') && found
    })
    expect(rows.filter(({ state }) => state === 'missed')).toHaveLength(expected.missed)
    expect(rows.filter(({ kind, state }) => kind === 'caught-up' && state === 'done')).toHaveLength(expected.caughtUp)
    // The oldest first, one after the other.
    expect(ticks.map(({ at: tick }) => tick)).toEqual(ticks.map(({ at: tick }) => tick).toSorted((a, b) => a - b))
    expect(ticks).toHaveLength(expected.caughtUp)
    const status = (await first.admin.schedules()).find(({ name }) => name === 'shop.tick')
    expect(status).toMatchObject({ missed: expected.missed, waiting: 0, running: 0 })
  })
})

describe('a declaration that changes', () => {
  const back = (name: string) =>
    `update footing_cron.schedule set decided_until = decided_until - interval '3 hours' where name = '${name}'`
  const hourly = `${(new Date().getUTCMinutes() + 55) % 60} * * * *`
  const idle = async () => undefined

  test.each([
    ['the pattern', { at: `${(new Date().getUTCMinutes() + 50) % 60} * * * *` }],
    ['the zone', { zone: 'Asia/Kathmandu' }],
  ])('%s: it counts from now, and nothing of before is caught up', async (_what, changed) => {
    const first = await started(shopOf(idle, { at: hourly }))
    await first.app.stop()
    await first.database.query(back('shop.tick'))
    const second = await started(shopOf(idle, { at: hourly, ...changed }), first.database.directUrl)
    // Its worker has looked when it has run what was asked for.
    await first.admin.trigger('shop.tick')
    await ended(first.admin, 'shop.tick')
    expect((await first.admin.history()).map(({ kind }) => kind)).toEqual(['manual'])
    expect((await first.admin.schedules()).find(({ name }) => name === 'shop.tick')).toMatchObject({
      pattern: hourly,
      ...('at' in changed ? { pattern: changed.at } : changed),
    })
    await second.app.stop()
  })

  test('other choices: what was missed is caught up all the same', async () => {
    const first = await started(shopOf(idle, { at: hourly }))
    await first.app.stop()
    await first.database.query(back('shop.tick'))
    await started(shopOf(idle, { at: hourly, overlap: 'queue', attempts: 7 }), first.database.directUrl)
    expect(await until(async () => (await first.admin.history({ state: 'done' }))[0])).toMatchObject({
      kind: 'caught-up',
    })
  })

  test('removed and added again: the time between is not caught up; schedules of another application are left alone', async () => {
    const first = await started(shopOf(idle, { at: hourly }))
    await first.app.stop()
    await first.database.query(
      `insert into footing_cron.schedule (name, application, pattern, zone, declared, decided_until, changed_at)
       values ('other.tick', 'another', '* * * * *', 'UTC', '{}', now(), now())`,
    )
    const without = defineModule('shop', { owner: '@a', uses: [cron({ closing: schedule({ at: rarely }) })] })
    const smaller = createApp({
      name: 'shop',
      modules: [implement(without, () => ({ cron: { closing: idle } }))],
    })
    const second = await started(smaller as unknown as ReturnType<typeof shopOf>, first.database.directUrl)
    const removed = async () =>
      (await first.admin.schedules()).filter(({ removedAt }) => removedAt).map(({ name }) => name)
    expect(await removed()).toEqual(['shop.tick'])
    await expect(first.admin.trigger('shop.tick')).rejects.toMatchObject({ code: 'cron-schedule-unknown' })
    await second.app.stop()
    await first.database.query(back('shop.tick'))
    await started(shopOf(idle, { at: hourly }), first.database.directUrl)
    expect(await removed()).toEqual([])
    await first.admin.trigger('shop.tick')
    await ended(first.admin, 'shop.tick')
    expect((await first.admin.history({ schedule: 'shop.tick' })).map(({ kind }) => kind)).toEqual(['manual'])
  })
})

test('paused: nothing begins but what is asked for; resumed: nothing of meanwhile is caught up', async () => {
  const hourly = `${(new Date().getUTCMinutes() + 55) % 60} * * * *`
  const { admin, database } = await started(shopOf(async () => undefined, { at: hourly }))
  expect(await admin.pause('shop.tick', { dryRun: true })).toBe(1)
  expect(await admin.pause('shop.tick')).toBe(1)
  expect(await admin.pause('shop.tick')).toBe(0)
  await database.query(`update footing_cron.schedule set decided_until = decided_until - interval '3 hours'`)
  const kinds = async () =>
    (await admin.history({ schedule: 'shop.tick' })).map(({ kind, state }) => `${kind} ${state}`)
  await admin.trigger('shop.tick')
  await ended(admin, 'shop.tick')
  expect(await kinds()).toEqual(['manual done'])
  expect((await admin.schedules()).map(({ name, next }) => [name, next.length])).toContainEqual(['shop.tick', 0])
  expect(await admin.resume('shop.tick')).toBe(1)
  await admin.trigger('shop.tick')
  await until(async () => (await kinds()).filter((kind) => kind === 'manual done').length === 2)
  expect(await kinds()).toEqual(['manual done', 'manual done'])
  expect((await admin.schedules()).map(({ name, next }) => [name, next.length])).toContainEqual(['shop.tick', 3])
})

test('history is kept as long as declared', async () => {
  const { admin, database } = await started(shopOf(async () => undefined, { at: '* * * * * *', history: 5 }))
  await database.query(
    `insert into footing_cron.tick (schedule, tick, kind, state, run_at, ended_at)
     select 'shop.tick', now() - n * interval '1 hour', 'scheduled', 'done', now(), now() from generate_series(1, 100) n`,
  )
  await until(async () => (await admin.history({ schedule: 'shop.tick' })).length <= 7)
})

test('the store goes away and comes back: said by health, and ticks go on', async () => {
  const { admin, app, database } = await started(shopOf(async () => undefined))
  await database.query('alter schema footing_cron rename to away')
  await until(async () => (await app.health()).cron === 'cron-tables-missing')
  await database.query('alter schema away rename to footing_cron')
  await database.terminateConnections()
  await until(async () => {
    const told = await admin.trigger('shop.tick').catch(() => undefined)
    return told !== undefined
  })
  await ended(admin, 'shop.tick')
  await until(async () => (await app.health()).cron === 'ok')
})

describe('refused at the start', () => {
  const start = async (options: Partial<ScheduleOptions>, at = rarely) => {
    const shop = defineModule('shop', {
      owner: '@a',
      port: { take: op({ in: z.object({ id: z.string() }) }) },
      // A call that the compiler cannot check.
      uses: [cron({ tick: schedule({ at, ...options } as { at: string; call: string }) })],
    })
    const app = createApp({
      name: 'shop',
      modules: [implement(shop, () => ({ port: { take: async () => undefined } }))],
    })
    const running = await startTestApp(app, { place: null })
    await running.stop()
  }
  test.each<[string, Partial<ScheduleOptions>, string, string]>([
    ['an unknown zone', { zone: 'Europe/Atlantis', call: 'take' }, rarely, 'cron-zone-unknown'],
    ['a pattern that never fires', { call: 'take' }, '0 0 30 2 *', 'cron-pattern-never'],
    ['a pattern that is none', { call: 'take' }, 'every day', 'cron-pattern-invalid'],
  ])('%s', async (_what, options, at, code) => {
    await expect(start(options, at)).rejects.toMatchObject({ code })
  })
  test.each<[string, Partial<ScheduleOptions>, string]>([
    ['an operation that takes an input', { call: 'take' }, 'cron-call-impossible'],
    ['an operation that is not there', { call: 'toString' }, 'cron-call-impossible'],
    ['no function', {}, 'cron-handler-missing'],
  ])('%s', async (_what, options, code) => {
    await expect(start(options)).rejects.toMatchObject({ cause: { code } })
  })
  test('a database without the tables', async () => {
    const { database } = await started(shopOf(async () => undefined))
    await database.query('drop schema footing_cron cascade')
    const starting = shopOf(async () => undefined).start({
      profile: 'test',
      role: 'web',
      port: 0,
      env: { DATABASE_URL: database.url },
    })
    await expect(starting).rejects.toMatchObject({ code: 'cron-tables-missing' })
  })
  test.each<[string, () => unknown]>([
    ['a duration that is none', () => schedule({ at: rarely, timeout: 'soon' as '1s' })],
    ['no attempt', () => schedule({ at: rarely, attempts: 0 })],
    ['half an attempt', () => schedule({ at: rarely, attempts: 1.5 })],
    ['an unknown overlap', () => schedule({ at: rarely, overlap: 'both' as 'skip' })],
    ['an unknown catch-up', () => schedule({ at: rarely, catchUp: 'all' as 'last' })],
    ['a pattern that is no text', () => schedule({ at: 5 as unknown as string })],
    ['a name that is none', () => cron({ "x'; drop table": schedule({ at: rarely }) })],
    ['what schedule() did not make', () => cron({ tick: { at: rarely } as never })],
  ])('%s, in the manifest', (_what, declare) => {
    expect(declare).toThrow(expect.objectContaining({ code: 'cron-declaration-invalid' }))
  })
})

test('roles: web asks for ticks and runs none', async () => {
  const runs: string[] = []
  const first = await started(shopOf(async () => void runs.push('worker')))
  const web = await shopOf(async () => void runs.push('web')).start({
    profile: 'test',
    role: 'web',
    port: 0,
    env: { DATABASE_URL: first.database.url },
  })
  await web.ports.shop.ask()
  expect(await ended(first.admin, 'shop.tick')).toMatchObject({ state: 'done' })
  expect(runs).toEqual(['worker'])
  await web.stop()
})

test('/metrics has the state of each schedule and how long its runs took', async () => {
  const first = await started(shopOf(async () => undefined))
  await first.app.stop()
  const running = await shopOf(async () => undefined).start({
    profile: 'test',
    host: '127.0.0.1',
    port: 0,
    clock: hurried,
    telemetry: { write: () => undefined },
    env: { DATABASE_URL: first.database.url, DRAIN_DELAY_MS: '0' },
  })
  await first.admin.trigger('shop.tick')
  const text = await until(async () => {
    const page = await (await fetch(`${running.url}/metrics`)).text()
    return page.includes('footing_cron_last_result{schedule="shop.tick"} 1') && page
  })
  for (const name of ['running', 'waiting', 'paused', 'missed_total']) {
    expect(text).toContain(`footing_cron_${name}{schedule="shop.tick"} 0`)
  }
  expect(Number(/footing_cron_next_tick_seconds\{schedule="shop.tick"\} ([\d.]+)/.exec(text)?.[1])).toBeGreaterThan(0)
  expect(text).toContain('footing_tick_duration_seconds_count{schedule="shop.tick",kind="manual",code="ok"} 1')
  await running.stop()
})

test('the compiler knows what the implementation gives for its schedules', () => {
  const shop = defineModule('shop', {
    owner: '@a',
    port: { close: op({}) },
    uses: [cron({ tick: schedule({ at: rarely }), closing: schedule({ at: rarely, call: 'close' }) })],
  })
  const port = { close: async () => undefined }
  implement(shop, ({ cron: handle }) => {
    expectTypeOf(handle.trigger).parameter(0).toEqualTypeOf<'tick' | 'closing'>()
    return { port, cron: { tick: async ({ at }) => void expectTypeOf(at).toEqualTypeOf<number>() } }
  })
  // @ts-expect-error: tick has no function
  implement(shop, () => ({ port }))
  const calling = defineModule('shop', {
    owner: '@a',
    port: { close: op({}) },
    uses: [cron({ closing: schedule({ at: rarely, call: 'close' }) })],
  })
  implement(calling, () => ({ port }))
})

describe('conformance', () => {
  test.each(capabilityConformance)('$name', async (one) => {
    const { database } = await started(shopOf(async () => undefined))
    const demanding = (guarantees: readonly string[]) =>
      createApp({
        name: 'shop',
        modules: [
          implement(
            defineModule('shop', {
              owner: '@a',
              guarantees: { cron: guarantees },
              uses: [cron({ tick: schedule({ at: rarely }) })],
            }),
            () => ({ port: {}, cron: { tick: async () => undefined } }),
          ),
        ],
      })
    await one.run({
      name: 'cron',
      env: { DATABASE_URL: database.url },
      start: (env, guarantees = []) => demanding(guarantees).start({ profile: 'test', role: 'worker', env }),
    })
  })
})
