// The cases of every driver, on Redis.
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { testServer } from '../testing/test-servers.ts'
import { type JobHarness, jobConformance } from './conformance.ts'
import type { JobDriver } from './contract/contract.ts'
import { bullmqDriver, bullmqGuarantees, bullmqPrefix } from './drivers/bullmq.ts'

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
