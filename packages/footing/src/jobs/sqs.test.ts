// The cases of every driver, on an SQS server: fauxqs in the suite, ElasticMQ with the strict limits by npm run test:sqs.
import { type FauxqsServer, startFauxqs } from 'fauxqs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type JobHarness, jobConformance } from './conformance.ts'
import type { JobDriver } from './contract/contract.ts'
import { sqsDriver, sqsGuarantees } from './drivers/sqs.ts'
import { sqsAdmin } from './drivers/sqs-admin.ts'
import { readSqsTarget } from './drivers/sqs-target.ts'

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

test('an operator sees how many there are and lets what failed run again; the rest is refused by its name', async () => {
  const queue = { ...base, name: `operated${process.pid}/mail/seen` }
  const driver = await harness.open()
  await driver.declare([queue])
  const body = { p: 'ada', v: 1, r: 'request', t: 'trace' }
  const plain = { priority: 0, delayMs: undefined, at: undefined, key: undefined, deduplicationKey: undefined }
  await driver.add([{ queue, body, ...plain }], undefined)
  const seen: number[] = []
  const settlement = () =>
    seen.length > 1
      ? ({ kind: 'done' } as const)
      : ({ kind: 'failed', code: 'no-luck', message: 'not today', final: true } as const)
  driver.work(
    [queue],
    ({ attempt }) => {
      seen.push(attempt)
      return { settled: Promise.resolve(settlement()), lose: () => undefined }
    },
    { fault: () => undefined, orphaned: () => undefined, superseded: () => undefined },
  )
  const admin = await sqsAdmin(url, {}, `operated${process.pid}`)
  await harness.until(async () => (await admin.counts())[0]?.failed === 1)
  expect((await admin.counts())[0]).toMatchObject({ name: 'mail.seen', failed: 1 })
  expect(await admin.retry({ name: 'mail.seen', dryRun: true })).toEqual({ matched: 1, changed: 0 })
  expect(await admin.retry({ name: 'mail.seen' })).toEqual({ matched: 1, changed: 1 })
  await harness.until(() => seen.length === 2)
  expect(seen).toEqual([1, 1])
  for (const refused of [admin.list(), admin.show('x'), admin.pause('mail.seen'), admin.cancel({ ids: ['x'] })]) {
    await expect(refused).rejects.toMatchObject({ code: 'job-unsupported' })
  }
  await admin.close()
})

test.each([
  ['no region', 'sqs://host/prefix'],
  ['a key without a secret', 'sqs://key@host/?region=any'],
  ['a prefix that SQS does not take', 'sqs://host/a.b?region=any'],
  ['a parameter that nobody knows', 'sqs://host/?region=any&colour=red'],
])('a URL with %s is refused without its secret', (_name, wrong) => {
  expect(() => readSqsTarget(wrong, {})).toThrow(expect.objectContaining({ code: 'jobs-url-invalid' }))
})

const base = {
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
