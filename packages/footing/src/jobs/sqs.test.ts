// The cases of every driver, on an SQS server: npm run test:sqs brings one.
import { afterAll, expect, test, vi } from 'vitest'
import { type JobHarness, jobConformance } from './conformance.ts'
import type { JobDriver } from './contract/contract.ts'
import { sqsDriver, sqsGuarantees } from './drivers/sqs.ts'

const url = process.env.FOOTING_TEST_SQS_URL ?? ''
const drivers = new Set<JobDriver>()

afterAll(async () => {
  await Promise.all([...drivers].map((driver) => driver.close()))
})

const harness: JobHarness = {
  async open() {
    const driver = await sqsDriver(url, {})
    drivers.add(driver)
    return driver
  },
  transaction: () => Promise.reject(new Error('SQS has no transaction of a database.')),
  until: (condition) => vi.waitUntil(condition, { timeout: 25_000, interval: 50 }).then(() => undefined),
}

const cases = jobConformance.map((one) => ({ ...one, missing: one.needs?.(sqsGuarantees) }))

test.concurrent.each(cases.filter(({ missing }) => missing === undefined))('$name', async ({ run }) => {
  await run(harness)
})

test('what is skipped is what the guarantees say', () => {
  expect(cases.flatMap(({ missing }) => missing ?? [])).toEqual([
    'transactional',
    'fencedSettle',
    'cancel: running',
    'deduplicated',
    'deduplicated',
    'prioritised',
    'globalConcurrency: exact',
    'keyed',
    'rateLimited',
    'bounded',
    'flow: any',
    'flow',
  ])
})
