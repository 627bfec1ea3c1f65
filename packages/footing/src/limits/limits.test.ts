// Limits over several processes: as many as declared and never one more, on PostgreSQL behind a pooler and on Redis.
import { manualClock, systemClock } from '@footing/kernel'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../app/create-app.ts'
import { provisionDatabase } from '../app/provision-database.ts'
import { capabilityConformance } from '../capability/conformance.ts'
import type { DataSource } from '../data/contract/contract.ts'
import { openDataSource } from '../data/data-source.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { openRedis } from '../redis/open-redis.ts'
import { type RedisProcess, startRedisProcess } from '../redis/redis-servers.fixture.ts'
import { openChaosProxy } from '../testing/chaos-proxy.ts'
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts'
import type { LimitStore, ModuleLimits } from './contract/contract.ts'
import { inProcessLimits } from './drivers/in-process.ts'
import { limitsSchema, postgresqlLimits, sweepLimits } from './drivers/postgresql.ts'
import { redisLimits } from './drivers/redis.ts'
import { moduleLimits } from './module-limits.ts'
import { limits } from './use-limits.ts'

let database: TestDatabase
let redis: RedisProcess
const closing: (() => Promise<void>)[] = []
const app = (guarantees: readonly string[] = []) => {
  const handle: { limits?: ModuleLimits<'signIn' | 'search'> } = {}
  const shop = defineModule('shop', {
    owner: '@a',
    uses: [limits({ signIn: { burst: 5, every: '30s' }, search: { burst: 2, every: '10s', whenAway: 'per-process' } })],
    guarantees: { limits: guarantees },
  })
  const made = implement(shop, (kit) => {
    handle.limits = kit.limits
    return {}
  })
  return { handle, app: createApp({ name: 'shop', modules: [made] }) }
}

beforeAll(async () => {
  database = await createTestDatabase()
  redis = await startRedisProcess()
  await provisionDatabase(database.directUrl, app().app)
  // Again changes nothing.
  await provisionDatabase(database.directUrl, app().app)
})
afterAll(async () => {
  for (const close of closing) await close()
  await redis?.stop()
  await database?.drop()
})

function dataSource(): DataSource {
  const data = openDataSource({ url: database.url, poolSize: 4 })
  closing.push(() => data.close())
  return data
}

/** A store as each of several processes opens it. */
const stores: Readonly<Record<string, () => Promise<LimitStore>>> = {
  postgresql: async () => postgresqlLimits(dataSource().forModule(limitsSchema)),
  redis: async () => {
    const one = await openRedis({ url: `redis://127.0.0.1:${redis.port}`, application: 'shop', timeoutMs: 5000 })
    closing.push(() => one.close())
    return redisLimits(one)
  },
  'in-process': async () => inProcessLimits(systemClock),
}
const env = {
  postgresql: () => ({ DATABASE_URL: database.url }),
  redis: () => ({ LIMITS_STORE: 'redis', REDIS_URL: `redis://127.0.0.1:${redis.port}` }),
}
const quiet = { profile: 'test', role: 'worker' } as const
const slow = { burst: 7, everyMs: 3_600_000 }

describe.each(Object.entries(stores))('%s', (name, open) => {
  test('of 200 attempts at once from four processes exactly as many pass as are free', async () => {
    const processes = name === 'in-process' ? [await open()] : await Promise.all([open(), open(), open(), open()])
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        processes[index % processes.length]?.take([{ key: `shop.exact.${name}`, ...slow }]),
      ),
    )
    const passed = outcomes.flatMap((outcome) => (outcome !== undefined && 'remaining' in outcome ? [outcome] : []))
    expect(passed.map(({ remaining }) => remaining[0]).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6])
    for (const outcome of outcomes) {
      if (outcome === undefined || !('refused' in outcome)) continue
      expect(outcome.refused).toBe(0)
      expect(outcome.retryAfterMs).toBeGreaterThan(3_500_000)
      expect(outcome.retryAfterMs).toBeLessThanOrEqual(3_600_000)
    }
  })

  test('several limits are taken together or not at all, also in opposite orders at once', async () => {
    const store = await open()
    const [wide, narrow] = [
      { key: `shop.wide.${name}`, burst: 50, everyMs: 3_600_000 },
      { key: `shop.narrow.${name}`, burst: 3, everyMs: 3_600_000 },
    ] as const
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => store.take(index % 2 === 0 ? [wide, narrow] : [narrow, wide])),
    )
    expect(outcomes.filter((outcome) => 'remaining' in outcome)).toHaveLength(3)
    // The seventeen that the narrow one refused took nothing of the wide one.
    expect(await store.take([wide])).toEqual({ remaining: [46] })
    await store.giveBack([wide, narrow])
    expect(await store.take([narrow])).toEqual({ remaining: [0] })
  })

  test('one more is free each time that the interval has passed', async () => {
    const store = await open()
    const attempt = { key: `shop.again.${name}`, burst: 1, everyMs: 1500 }
    expect(await store.take([attempt])).toEqual({ remaining: [0] })
    const refused = await store.take([attempt])
    expect(refused).toMatchObject({ refused: 0 })
    const { retryAfterMs } = refused as { readonly retryAfterMs: number }
    expect(retryAfterMs).toBeLessThanOrEqual(1500)
    await systemClock.sleep(retryAfterMs + 5)
    expect(await store.take([attempt])).toEqual({ remaining: [0] })
  })
})

describe.each(['postgresql', 'redis'] as const)('the capability on %s', (name) => {
  test.each(capabilityConformance)('$name', async (one) =>
    one.run({
      name: 'limits',
      env: env[name](),
      start: (settings, guarantees) => app(guarantees).app.start({ ...quiet, env: settings }),
      wrong: { name: 'LIMITS_STORE', value: 'memcached' },
    }),
  )

  test('a module takes attempts by name; hostile keys are keys like others and never stored as they are', async () => {
    const { app: shop, handle } = app()
    const running = await shop.start({ ...quiet, env: env[name]() })
    const taking = handle.limits as ModuleLimits<'signIn' | 'search'>
    const keys = ['', "'; drop table x", 'ada@example.com', '\u0000', 'x'.repeat(1_000_000), '{a}', '__proto__']
    for (const signIn of keys) expect((await taking.take({ signIn })).remaining).toEqual({ signIn: 4 })
    const taken = await taking.take({ signIn: 'b', search: 'b' })
    expect(taken.remaining).toEqual({ signIn: 4, search: 1 })
    await Promise.all([taken.giveBack(), taken.giveBack()])
    expect((await taking.take({ signIn: 'b' })).remaining).toEqual({ signIn: 4 })
    for (let left = 3; left >= 0; left -= 1) await taking.take({ signIn: 'b' })
    await expect(taking.take({ signIn: 'b', search: 'b' })).rejects.toMatchObject({
      code: 'limit-exceeded',
      status: 429,
      details: { limit: 'signIn', retryAfterMs: expect.any(Number) },
    })
    for (const wrong of ['other', '__proto__', 'constructor']) {
      await expect(taking.take({ [wrong]: 'b' })).rejects.toMatchObject({ code: 'limit-unknown' })
    }
    await running.stop()
    if (name === 'postgresql') {
      const rows = await database.query('select key from footing_limits.attempt')
      expect(rows.map(({ key }) => key).join()).not.toContain('ada')
    } else expect(String(await redis.ask('keys', '*'))).not.toContain('ada')
  })
})

test('a store that is away lets nobody in, or lets each process count by itself; it recovers without a restart', async () => {
  const proxy = await openChaosProxy(database.directUrl)
  const data = openDataSource({ url: proxy.url, poolSize: 2, connectTimeoutMs: 500 })
  const faults: unknown[] = []
  const by = {
    store: postgresqlLimits(data.forModule(limitsSchema)),
    meanwhile: inProcessLimits(manualClock(0)),
    onAway: (error: unknown) => faults.push(error),
  }
  const { declared } = limits({
    door: { burst: 2, every: '1h' },
    page: { burst: 2, every: '1h', whenAway: 'per-process' },
  })
  const taking = moduleLimits('away', declared, by)
  await taking.take({ door: 'a', page: 'a' })
  proxy.accept(false)
  proxy.cut()
  await expect(taking.take({ door: 'a' })).rejects.toMatchObject({ code: 'limits-away', details: { limit: 'door' } })
  await expect(taking.take({ page: 'a', door: 'a' })).rejects.toMatchObject({ code: 'limits-away' })
  expect((await taking.take({ page: 'a' })).remaining).toEqual({ page: 1 })
  await taking.take({ page: 'a' })
  await expect(taking.take({ page: 'a' })).rejects.toMatchObject({ code: 'limit-exceeded' })
  expect(faults.length).toBeGreaterThanOrEqual(4)
  proxy.accept(true)
  await expect
    .poll(() =>
      taking.take({ door: 'a' }).then(
        ({ remaining }) => remaining,
        () => undefined,
      ),
    )
    .toEqual({ door: 0 })
  await data.close()
  await proxy.close()
})

test('what is free again is swept; what is not stays', async () => {
  const own = dataSource().forModule(limitsSchema)
  await database.query(
    "insert into footing_limits.attempt select 'old' || n, now() - interval '2 minutes' from generate_series(1, 6000) n",
  )
  await postgresqlLimits(own).take([{ key: 'kept', ...slow }])
  expect([await sweepLimits(own), (await sweepLimits(own)) >= 1000]).toEqual([5000, true])
  const left = await database.query(
    "select count(*) filter (where key like 'old%')::int as old, count(*) filter (where key = 'kept')::int as kept from footing_limits.attempt",
  )
  expect(left).toEqual([{ old: 0, kept: 1 }])
})

test.each([
  ['no burst', { burst: 0, every: '1s' }],
  ['half a burst', { burst: 1.5, every: '1s' }],
  ['a huge burst', { burst: 1e9, every: '1s' }],
  ['no interval', { burst: 1, every: 0 }],
  ['words for an interval', { burst: 1, every: 'a while' as '1s' }],
  ['more than a day', { burst: 100, every: '1h' }],
  ['an unknown word', { burst: 1, every: '1s', whenAway: 'open' as 'closed' }],
] as const)('refuses a limit with %s', (_case, options) => {
  expect(() => limits({ door: options })).toThrowError(expect.objectContaining({ code: 'limit-definition-invalid' }))
})
