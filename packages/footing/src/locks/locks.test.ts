// Locks over several processes: one holder at a time, and a holder that stood still cannot write over the next one.
import { systemClock } from '@footing/kernel'
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
import type { LockStore, ModuleLocks } from './contract/contract.ts'
import { locksSchema, postgresqlLocks } from './drivers/postgresql.ts'
import { redisLocks } from './drivers/redis.ts'
import { moduleLocks } from './module-locks.ts'
import { locks } from './use-locks.ts'

let database: TestDatabase
let redis: RedisProcess
const closing: (() => Promise<void>)[] = []
const shopApp = (guarantees: readonly string[] = []) => {
  const shop = defineModule('shop', { owner: '@a', uses: [locks()], guarantees: { locks: guarantees } })
  return createApp({ name: 'shop', modules: [implement(shop, () => ({}))] })
}

beforeAll(async () => {
  database = await createTestDatabase()
  redis = await startRedisProcess()
  await provisionDatabase(database.directUrl, shopApp())
  await database.query('create table public.written (key text, token bigint, at int)')
})
afterAll(async () => {
  for (const close of closing) await close()
  await redis?.stop()
  await database?.drop()
})

function dataSource(url = database.url): DataSource {
  const data = openDataSource({ url, poolSize: 4, connectTimeoutMs: 1000 })
  closing.push(() => data.close())
  return data
}
const env = {
  postgresql: () => ({ DATABASE_URL: database.url }),
  redis: () => ({
    DATABASE_URL: database.url,
    LOCKS_STORE: 'redis',
    REDIS_URL: `redis://127.0.0.1:${redis.port}`,
  }),
}
/** A store as each of several processes opens it. */
const stores: Readonly<Record<keyof typeof env, () => Promise<LockStore>>> = {
  postgresql: async () => postgresqlLocks(dataSource().forModule(locksSchema)),
  redis: async () => {
    const one = await openRedis({ url: `redis://127.0.0.1:${redis.port}`, application: 'shop', timeoutMs: 5000 })
    closing.push(() => one.close())
    return redisLocks(one)
  },
}

function holder(store: LockStore, callerSignal: () => AbortSignal | undefined = () => undefined): ModuleLocks {
  return moduleLocks('shop', { store, clock: systemClock, callerSignal })
}

describe.each(Object.entries(stores))('%s', (name, open) => {
  const key = (what: string) => `${name} ${what}`

  test('four processes, eighty pieces of work: never two at a time, and each has a larger token', async () => {
    const processes = await Promise.all([open(), open(), open(), open()])
    const tokens: number[] = []
    let at = 0
    let most = 0
    const work = Array.from({ length: 80 }, (_, index) =>
      holder(processes[index % 4] as LockStore).run(
        key('one'),
        async ({ token }) => {
          at += 1
          most = Math.max(most, at)
          tokens.push(token)
          await new Promise((resolve) => setImmediate(resolve))
          at -= 1
        },
        { wait: '120s' },
      ),
    )
    await Promise.all(work)
    expect(most).toBe(1)
    expect(tokens).toEqual(tokens.toSorted((a, b) => a - b))
    expect(new Set(tokens).size).toBe(80)
  }, 130_000)

  test('who does not wait is refused at once, who waits gets it when it is given back, also after an error', async () => {
    const [one, other] = [holder(await open()), holder(await open())]
    const entered = Promise.withResolvers<void>()
    const end = Promise.withResolvers<void>()
    const first = one.run(key('wait'), async () => {
      entered.resolve()
      await end.promise
      throw new Error('of the work')
    })
    const failed = expect(first).rejects.toThrow('of the work')
    await entered.promise
    await expect(other.run(key('wait'), async () => 'never')).rejects.toMatchObject({ code: 'lock-taken' })
    // Other keys, and equal keys of other modules, are not held up.
    const stranger = moduleLocks('other', { store: await open(), clock: systemClock, callerSignal: () => undefined })
    expect(await stranger.run(key('wait'), async () => 'free')).toBe('free')
    const waiting = other.run(key('wait'), async () => 'mine now', { wait: '60s' })
    end.resolve()
    await failed
    expect(await waiting).toBe('mine now')
  })

  test('a holder that stood still for longer than its lock lived cannot write over the next one', async () => {
    const store = await open()
    const data = dataSource()
    const table = data.forModule<unknown>('public')
    // It holds the lock and does not extend it, as a process does that is paused.
    const stale = await store.acquire(`shop.${key('pause')}`, 'paused', 1000)
    expect(stale).toBeTypeOf('number')
    const next = holder(await open())
    let written = 0
    await next.run(
      key('pause'),
      async ({ token }) => {
        expect(token).toBeGreaterThan(stale as number)
        for (let at = 0; at < 50; at += 1) {
          const paused = table.transaction(async (tx) => {
            await next.fenced(tx, key('pause'), stale as number)
            await tx.query('insert into public.written values ($1, $2, $3)', [key('pause'), stale, at])
          })
          const current = table.transaction(async (tx) => {
            await next.fenced(tx, key('pause'), token)
            await tx.query('insert into public.written values ($1, $2, $3)', [key('pause'), token, at])
          })
          const [late] = await Promise.allSettled([paused, current])
          await current
          written += 1
          // Before the first write of the next holder nobody can tell that this one is late.
          if (at > 0) expect(late).toMatchObject({ status: 'rejected', reason: { code: 'lock-stale' } })
        }
      },
      { wait: '60s' },
    )
    const rows = await database.query(`select token::text, at from public.written where key = $1 order by ctid`, [
      key('pause'),
    ])
    const late = rows.filter((row) => row.token === String(stale))
    // At most in front of everything the next one wrote.
    expect(late.every(({ at }) => at === 0)).toBe(true)
    expect(late.length === 0 || rows[0]?.token === String(stale)).toBe(true)
    expect(rows.length - late.length).toBe(written)
    expect(await store.extend(`shop.${key('pause')}`, 'paused', 1000)).toBe(false)
  }, 70_000)

  test('the lock is extended while the work takes longer than it lives', async () => {
    const [one, other] = [holder(await open()), holder(await open())]
    await one.run(
      key('long'),
      async ({ signal }) => {
        for (let tried = 0; tried < 12; tried += 1) {
          await systemClock.sleep(250)
          await expect(other.run(key('long'), async () => 'never')).rejects.toMatchObject({ code: 'lock-taken' })
        }
        expect(signal.aborted).toBe(false)
      },
      { ttl: '2s' },
    )
    expect(await other.run(key('long'), async () => 'given back')).toBe('given back')
  }, 30_000)

  test.each(capabilityConformance)('$name', async (one) =>
    one.run({
      name: 'locks',
      env: env[name as keyof typeof env](),
      start: (settings, guarantees) => shopApp(guarantees).start({ profile: 'test', role: 'worker', env: settings }),
      wrong: { name: 'LOCKS_STORE', value: 'zookeeper' },
    }),
  )
})

test('a store that goes away: the signal aborts, the work is told, nobody else was kept out for longer than the lock lives', async () => {
  const proxy = await openChaosProxy(database.directUrl)
  const cut = holder(postgresqlLocks(dataSource(proxy.url).forModule(locksSchema)))
  const other = holder(await stores.postgresql())
  const work = cut.run(
    'away',
    async ({ signal }) => {
      proxy.accept(false)
      proxy.cut()
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      expect(signal.reason).toMatchObject({ code: 'lock-lost' })
      return 'done all the same'
    },
    { ttl: '1s' },
  )
  await expect(work).rejects.toMatchObject({ code: 'lock-lost' })
  await expect(cut.run('away', async () => 'never')).rejects.toMatchObject({ code: 'locks-away' })
  expect(await other.run('away', async () => 'free again', { wait: '30s' })).toBe('free again')
  await proxy.close()
}, 60_000)

test('a caller that has gone neither waits nor works on', async () => {
  const store = await stores.postgresql()
  const gone = new AbortController()
  const [one, other] = [holder(store, () => gone.signal), holder(store)]
  const entered = Promise.withResolvers<void>()
  const working = one.run('gone', async ({ signal }) => {
    entered.resolve()
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    throw signal.reason
  })
  const left = expect(working).rejects.toThrow('left')
  await entered.promise
  const waiting = expect(one.run('gone', async () => 'never', { wait: '60s' })).rejects.toThrow('left')
  gone.abort(new Error('left'))
  await Promise.all([left, waiting])
  expect(await other.run('gone', async () => 'free')).toBe('free')
})

test.each(['', 'x'.repeat(201), 'a\u0000b', 'a\nb', '\ud800'])('refuses the key %j', async (key) => {
  const one = holder(await stores.postgresql())
  await expect(one.run(key, async () => 'never')).rejects.toMatchObject({ code: 'lock-key-invalid' })
})
