// The cases of every driver, on an SQS server: fauxqs in the suite, ElasticMQ with the strict limits by npm run test:sqs.
import { type FauxqsServer, startFauxqs } from 'fauxqs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type JobHarness, jobConformance } from './conformance.ts'
import type { JobDriver } from './contract/contract.ts'
import { sqsDriver, sqsGuarantees } from './drivers/sqs.ts'

let url = process.env.FOOTING_TEST_SQS_URL ?? ''
let server: FauxqsServer | undefined
const drivers = new Set<JobDriver>()

beforeAll(async () => {
  if (url !== '') return
  server = await startFauxqs({ port: 0, logger: false, host: '127.0.0.1' })
  url = `sqs://key:secret@127.0.0.1:${server.port}/footing-test?region=us-east-1&tls=no`
})

afterAll(async () => {
  await Promise.all([...drivers].map((driver) => driver.close()))
  await server?.stop()
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
