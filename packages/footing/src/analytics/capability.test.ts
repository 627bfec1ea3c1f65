// Analytics as a capability: a module's events in its kit, on PostgreSQL and, with FOOTING_TEST_CLICKHOUSE_URL, on ClickHouse.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../app/create-app.ts'
import { capabilityConformance } from '../capability/conformance.ts'
import type { Database } from '../data/contract/contract.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { startTestApp, type TestApp } from '../testing/start-test-app.ts'
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts'
import { defineEvent } from './define-event.ts'
import type { ModuleAnalytics } from './module-analytics.ts'
import { analytics } from './use-analytics.ts'

const mark = process.pid.toString(36)
const events = {
  viewed: defineEvent({ name: `viewed_${mark}`, dimensions: { page: 'text' }, measures: { ms: 'int' } }),
  searched: defineEvent({ name: `searched_${mark}`, dimensions: { words: 'text' }, erase: 'delete' }),
}
const quiet = { profile: 'test', role: 'worker' } as const
// Given by `npm run test:clickhouse`.
const server = process.env.FOOTING_TEST_CLICKHOUSE_URL

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database?.drop())

function shop(guarantees: readonly string[] = []) {
  const held: { analytics?: ModuleAnalytics<typeof events>; db?: () => Database<Record<never, never>> } = {}
  const content = defineModule('content', {
    owner: '@a',
    uses: [analytics(events)],
    guarantees: { analytics: guarantees },
  })
  const module = implement(content, (kit) => {
    Object.assign(held, { analytics: kit.analytics, db: kit.database<Record<never, never>> })
    return { port: {} }
  })
  // Set by the set-up of the module, which has run when the application has started.
  return { held: held as Required<typeof held>, app: createApp({ name: 'shop', modules: [module] }) }
}

const drivers: Readonly<Record<string, () => Readonly<Record<string, string>>>> = {
  postgresql: () => ({}),
  ...(server ? { clickhouse: () => ({ ANALYTICS_URL: server }) } : {}),
}

describe.each(Object.entries(drivers))('%s', (driver, env) => {
  test.each(capabilityConformance)('$name', (one) =>
    one.run({
      name: 'analytics',
      env: { DATABASE_URL: database.url, ...env() },
      start: (given, guarantees) => shop(guarantees).app.start({ ...quiet, env: given }),
      wrong: { name: 'ANALYTICS_URL', value: 'mysql://user:top-secret@host/x' },
    }),
  )

  describe('started', () => {
    let held: ReturnType<typeof shop>['held']
    let running: TestApp<ReturnType<typeof shop>['app']['options']['modules']>
    beforeAll(async () => {
      const made = shop()
      held = made.held
      // The tables of events are the connecting user's; modules get the right to insert.
      running = await startTestApp(made.app, { env: env() })
    })
    afterAll(() => running?.stop())
    const range = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) }

    test('a module notes events, at once and in a transaction, and asks about them', async () => {
      const { viewed } = held.analytics
      expect(await viewed.track({ user: '1', dimensions: { page: 'a' }, measures: { ms: 5 } })).toBe('accepted')
      const within = held.db().transaction((tx) => viewed.track.in(tx, { user: '2', dimensions: { page: 'a' } }))
      if (driver === 'clickhouse') await expect(within).rejects.toMatchObject({ code: 'analytics-unsupported' })
      else await within
      const asked = () => viewed.query({ ...range, by: ['page'], select: { n: 'count', ms: { sum: 'ms' } } })
      await viewed.flush()
      const values = { n: driver === 'clickhouse' ? 1 : 2, ms: 5 }
      expect(await asked()).toEqual([{ bucket: undefined, by: { page: 'a' }, values }])
      // Only a caller without types gets here.
      await expect(viewed.track.in({} as never)).rejects.toThrow(TypeError)
      expect(await viewed.track({ dimensions: { nonsense: 1 } } as never)).toBe('refused')
    })

    test('it tells its driver, its health and its numbers', async () => {
      expect(running.app.capabilities()).toContainEqual(
        expect.objectContaining({
          name: 'analytics',
          driver,
          from: driver === 'postgresql' ? undefined : 'ANALYTICS_URL',
        }),
      )
      expect(await running.app.health()).toMatchObject({ analytics: 'ok' })
    })

    test('events of a person are exported, and anonymised or deleted with a proof; those of others stay', async () => {
      const { viewed, searched } = held.analytics
      for (const user of ['7', '7', '70']) {
        await viewed.track({ user, dimensions: { page: 'b' } })
        await searched.track({ user, dimensions: { words: 'x' } })
      }
      let text = ''
      for await (const part of running.app.personalData.export('7')) text += part
      const { stores } = JSON.parse(text)
      expect(stores['analytics of content: viewed']).toHaveLength(2)
      expect(stores['analytics of content: searched'][0]).toMatchObject({ dimensions: { words: 'x' }, measures: {} })
      const proof = await running.app.personalData.erase('7')
      expect(proof.stores).toEqual([
        { store: 'analytics of content: viewed', erased: 2, left: 0 },
        { store: 'analytics of content: searched', erased: 2, left: 0 },
      ])
      const select = { n: 'count', users: { unique: 'user' } } as const
      expect((await viewed.query({ ...range, where: { page: 'b' }, select }))[0]?.values).toEqual({ n: 3, users: 1 })
      expect((await searched.query({ ...range, select }))[0]?.values).toEqual({ n: 1, users: 1 })
    })
  })
})

test('stopping stores what waits', async () => {
  const { app, held } = shop()
  const running = await app.start({ ...quiet, env: { DATABASE_URL: database.url } })
  await held.analytics.viewed.track({ user: 'stopped' })
  await running.stop()
  const [row] = await database.query(
    `select count(*)::int as count from footing_analytics.event_viewed_${mark} where user_id = 'stopped'`,
  )
  expect(row).toEqual({ count: 1 })
  expect(await held.analytics.viewed.track({})).toBe('refused')
})

test('a store that is away holds nobody up, is told by health, and what it did not take is counted in the log', async () => {
  const { app, held } = shop()
  const lines: unknown[] = []
  const listen = (record: unknown) => lines.push(record)
  const env = { ANALYTICS_URL: 'clickhouse://user:top-secret@127.0.0.1:1/x' }
  const running = await app.start({ ...quiet, env })
  expect((await running.health()).analytics).toBe('analytics-unreachable')
  expect(await held.analytics.viewed.track({})).toBe('accepted')
  subscribe('footing:log', listen)
  await running.stop({ deadline: 100 })
  unsubscribe('footing:log', listen)
  expect(lines).toContainEqual(expect.objectContaining({ message: 'events were not stored' }))
  expect(JSON.stringify(lines)).not.toContain('top-secret')
}, 20_000)

test('two modules with one event are refused, whichever process they are in', async () => {
  const one = defineEvent({ name: 'bought' })
  const made = ['a', 'b'].map((name) =>
    implement(defineModule(name, { owner: '@a', uses: [analytics({ bought: one })] }), () => ({ port: {} })),
  )
  const starting = createApp({ name: 'shop', modules: made }).start({ ...quiet, env: { DATABASE_URL: database.url } })
  await expect(starting).rejects.toMatchObject({ code: 'analytics-event-twice', details: { first: 'a', second: 'b' } })
})

test('another PostgreSQL has no part in transactions of the application, and the demand for it is refused', async () => {
  const env = { DATABASE_URL: database.url, ANALYTICS_URL: database.url }
  await expect(shop(['transactional']).app.start({ ...quiet, env })).rejects.toMatchObject({
    code: 'guarantee-missing',
  })
  await (await shop(['durable']).app.start({ ...quiet, env })).stop()
})

test.each([{ a: undefined }, { a: {} }, { a: events.viewed, b: events.viewed }])('%j is refused', (declared) => {
  // Only a caller without types gets here.
  expect(() => analytics(declared as never)).toThrow(expect.objectContaining({ code: 'analytics-event-invalid' }))
})
