// The cases of every driver, on Redis.
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startRedisProcess } from '../redis/redis-servers.fixture.ts'
import { testServer } from '../testing/test-servers.ts'
import { type JobHarness, jobConformance } from './conformance.ts'
import type { JobDriver, JobQueue } from './contract/contract.ts'
import { bullmqDriver, bullmqGuarantees, bullmqPrefix } from './drivers/bullmq.ts'
import { bullmqAdmin } from './drivers/bullmq-admin.ts'

let url: string
let redis: Redis
const drivers = new Set<JobDriver>()

beforeAll(async () => {
  url = await testServer('redis')
  redis = new Redis(url)
})

afterAll(async () => {
  await Promise.all([...drivers].map((driver) => driver.close()))
  redis.disconnect()
})

const harness: JobHarness = {
  async open() {
    const driver = await bullmqDriver(url)
    drivers.add(driver)
    return driver
  },
  transaction: () => Promise.reject(new Error('Redis has no transaction of a database.')),
  until: (condition) => vi.waitUntil(condition, { timeout: 20_000, interval: 20 }).then(() => undefined),
  async expire({ name }, ids) {
    // Another token on it: the lock of a worker that stood still is somebody else's when it wakes up.
    for (const id of ids) await redis.del(`${bullmqPrefix}:${name}:${id}:lock`)
  },
}

const cases = jobConformance.map((one) => ({ ...one, missing: one.needs?.(bullmqGuarantees) }))

test.concurrent.each(cases.filter(({ missing }) => missing === undefined))('$name', async ({ run }) => {
  await run(harness)
})

test('what is skipped is what the guarantees say', () => {
  expect(cases.flatMap(({ missing }) => missing ?? [])).toEqual(['transactional', 'keyed', 'flow: any'])
})

test('a Redis that drops keys when it is full is refused, and one that is away does not hold up whoever adds', async () => {
  const unsafe = await startRedisProcess(['maxmemory 100mb', 'maxmemory-policy allkeys-lru'])
  const place = `redis://127.0.0.1:${unsafe.port}`
  await expect(bullmqDriver(place)).rejects.toMatchObject({ code: 'jobs-store-unsafe' })
  await unsafe.ask('config', 'set', 'maxmemory-policy', 'noeviction')
  const driver = await bullmqDriver(place)
  await driver.declare([queueOf('away')])
  await unsafe.kill()
  const body = { p: 1, v: 1, r: 'request', t: 'trace' }
  const plain = { priority: 0, delayMs: undefined, at: undefined, key: undefined, deduplicationKey: undefined }
  const adding = driver.add([{ queue: queueOf('away'), body, ...plain }], undefined)
  await expect(adding).rejects.toMatchObject({
    code: expect.stringMatching(/^(jobs-store-failed|job-outcome-unknown)$/),
  })
  await driver.close()
  await unsafe.stop()
})

test('an operator sees jobs, lets what failed run again, takes back what waits, and pauses a queue', async () => {
  const queue = queueOf('seen')
  const driver = await harness.open()
  await driver.declare([queue])
  const admin = await bullmqAdmin(url, 'operated')
  await admin.pause('mail.seen')
  const body = { p: { to: 'ada' }, v: 1, r: 'request', t: 'trace' }
  const plain = { priority: 3, delayMs: undefined, at: undefined, key: undefined, deduplicationKey: undefined }
  const [one, two] = await driver.add(
    [
      { queue, body, ...plain },
      { queue, body, ...plain },
    ],
    undefined,
  )
  let well = false
  const settlement = () =>
    well
      ? ({ kind: 'done' } as const)
      : ({ kind: 'failed', code: 'no-luck', message: 'not today', final: true } as const)
  const take = () => ({ settled: Promise.resolve(settlement()), lose: () => undefined })
  driver.work([queue], take, { fault: () => undefined, orphaned: () => undefined, superseded: () => undefined })
  expect(await admin.show(one?.id ?? '')).toMatchObject({ name: 'mail.seen', state: 'waiting', priority: 3 })
  expect(await admin.cancel({ ids: [two?.id ?? ''] })).toEqual({ matched: 1, changed: 1 })
  await admin.resume('mail.seen')
  await harness.until(async () => (await admin.show(one?.id ?? ''))?.state === 'failed')
  expect(await admin.show(one?.id ?? '')).toMatchObject({
    code: 'no-luck',
    message: 'not today',
    payload: { to: 'ada' },
  })
  expect((await admin.counts()).find(({ name }) => name === 'mail.seen')).toMatchObject({ failed: 1, waiting: 0 })
  expect(await admin.list({ name: 'mail.seen', state: 'failed' })).toHaveLength(1)
  expect(await admin.retry({ name: 'mail.seen', dryRun: true })).toEqual({ matched: 1, changed: 0 })
  well = true
  expect(await admin.retry({ name: 'mail.seen' })).toEqual({ matched: 1, changed: 1 })
  await harness.until(async () => (await admin.show(one?.id ?? ''))?.state === 'done')
  expect(await admin.show('nobody')).toBeUndefined()
  await admin.close()
})

function queueOf(job: string): JobQueue {
  return {
    name: `operated/mail/${job}`,
    attempts: 3,
    timeoutMs: 30_000,
    backoff: { firstMs: 1000, mostMs: 60_000 },
    perProcess: 10,
    everywhere: undefined,
    perKey: undefined,
    rate: undefined,
    deduplicate: undefined,
    limit: undefined,
    keepDoneMs: 3_600_000,
    keepFailedMs: 3_600_000,
  }
}
