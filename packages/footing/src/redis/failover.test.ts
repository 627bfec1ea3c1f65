// A real cluster whose slots move, and real sentinels that make another server the primary.
import { afterAll, expect, test } from 'vitest'
import { openRedis } from './open-redis.ts'
import { type RedisProcess, startRedisProcess, until } from './redis-servers.fixture.ts'

const running: RedisProcess[] = []
afterAll(async () => {
  for (const server of running) await server.stop()
})

async function start(lines: readonly string[] = [], sentinel = false): Promise<RedisProcess> {
  const server = await startRedisProcess(lines, sentinel)
  running.push(server)
  return server
}

test('a cluster of three: keys everywhere, MOVED and ASK are followed, a dead node fails only its own keys', async () => {
  const nodes = await Promise.all(
    [1, 2, 3].map(() =>
      start(['cluster-enabled yes', 'cluster-node-timeout 2000', 'cluster-require-full-coverage no']),
    ),
  )
  const [first, second, third] = nodes as [RedisProcess, RedisProcess, RedisProcess]
  const shares = [
    [0, 5460],
    [5461, 10_922],
    [10_923, 16_383],
  ]
  for (const [index, node] of nodes.entries()) await node.ask('cluster', 'addslotsrange', ...(shares[index] ?? []))
  for (const node of [second, third]) await node.ask('cluster', 'meet', '127.0.0.1', first.port)
  for (const node of nodes)
    await until('the cluster is whole', async () =>
      /cluster_state:ok[\s\S]*known_nodes:3/.test(String(await node.ask('cluster', 'info'))),
    )

  const redis = await openRedis({
    url: `redis+cluster://127.0.0.1:${first.port},127.0.0.1:${second.port}`,
    application: 'test',
    timeoutMs: 1000,
  })
  const shop = redis.forModule('shop')
  await until('connected', async () => (await redis.health()) === 'ok')
  const keys = Array.from({ length: 60 }, (_, index) => `key ${index}`)
  for (const key of keys)
    expect(await shop.hot.read(key, async () => key, { ttlMs: 60_000, whenAway: 'fail' })).toBe(key)
  for (const key of keys)
    expect(await shop.hot.read(key, async () => 'lost', { ttlMs: 60_000, whenAway: 'fail' })).toBe(key)
  const sizes = await Promise.all(nodes.map((node) => node.ask('dbsize')))
  expect(sizes.every((size) => Number(size) > 0)).toBe(true)

  // One slot moves from the first node to the second, key by key: in between both answer for it.
  const inFirst: { readonly key: string; readonly slot: number }[] = []
  for (const key of keys) {
    const slot = Number(await first.ask('cluster', 'keyslot', `{test:shop:${key}}`))
    if (slot <= 5460) inFirst.push({ key, slot })
  }
  const moved = inFirst[0]
  if (moved === undefined) throw new Error('no key lies in the first node')
  const [firstId, secondId] = await Promise.all([first.ask('cluster', 'myid'), second.ask('cluster', 'myid')])
  await second.ask('cluster', 'setslot', moved.slot, 'importing', String(firstId))
  await first.ask('cluster', 'setslot', moved.slot, 'migrating', String(secondId))
  await first.ask('migrate', '127.0.0.1', second.port, `{test:shop:${moved.key}}`, 0, 1000)
  // ASK: the key has left, the slot has not.
  expect(await shop.hot.read(moved.key, async () => 'lost', { ttlMs: 60_000, whenAway: 'fail' })).toBe(moved.key)
  for (const node of [second, first, third]) await node.ask('cluster', 'setslot', moved.slot, 'node', String(secondId))
  // MOVED: the slot has left too.
  expect(await shop.hot.read(moved.key, async () => 'lost', { ttlMs: 60_000, whenAway: 'fail' })).toBe(moved.key)

  await third.kill()
  const after = await Promise.all(
    keys.map((key) => shop.hot.read(key, async () => 'loaded', { ttlMs: 60_000, whenAway: 'load' })),
  )
  expect(after.every((value, index) => value === keys[index] || value === 'loaded')).toBe(true)
  expect(after.filter((value) => value === 'loaded').length).toBeGreaterThan(0)
  await redis.close()
})

test('sentinels make the replica the primary: coded errors meanwhile, then writes go on; the old one comes back as a replica', async () => {
  const primary = await start()
  const replica = await start([`replicaof 127.0.0.1 ${primary.port}`])
  await until('the replica follows', async () =>
    /master_link_status:up/.test(String(await replica.ask('info', 'replication'))),
  )
  const sentinels = await Promise.all(
    [1, 2, 3].map(() =>
      start(
        [
          `sentinel monitor main 127.0.0.1 ${primary.port} 2`,
          'sentinel down-after-milliseconds main 500',
          'sentinel failover-timeout main 3000',
        ],
        true,
      ),
    ),
  )
  for (const sentinel of sentinels) {
    await until('the sentinels know each other', async () => {
      const facts = String(await sentinel.ask('sentinel', 'master', 'main'))
      return /num-other-sentinels,2/.test(facts) && /num-slaves,1/.test(facts)
    })
  }
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')
  const redis = await openRedis({ url: `redis+sentinel://${hosts}/main`, application: 'test', timeoutMs: 300 })
  const shop = redis.forModule('shop')
  await until('connected', async () => (await redis.health()) === 'ok')
  await shop.command('set', 'counter', 0)
  await until('it is replicated', async () => (await replica.ask('get', '{test:shop:counter}')) === '0')

  await primary.kill()
  const codes = new Set<string>()
  let slowest = 0
  await until(
    'a write succeeds again',
    async () => {
      const started = performance.now()
      try {
        await shop.command('incr', 'counter')
        return true
      } catch (error) {
        codes.add((error as { code: string }).code)
        return false
      } finally {
        slowest = Math.max(slowest, performance.now() - started)
      }
    },
    30_000,
  )
  expect([...codes].every((code) => /^redis-(away|timeout)$/.test(code))).toBe(true)
  expect(codes.size).toBeGreaterThan(0)
  expect(slowest).toBeLessThan(1500)
  expect(Number(await replica.ask('get', '{test:shop:counter}'))).toBeGreaterThan(0)

  await primary.start()
  await until('the old primary follows', async () =>
    /role:slave/.test(String(await primary.ask('info', 'replication'))),
  )
  expect(await redis.health()).toBe('ok')
  await redis.close()
})
