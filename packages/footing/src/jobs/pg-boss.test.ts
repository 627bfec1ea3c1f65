// The cases of every driver, on PostgreSQL behind PgBouncer in transaction mode.
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Database, DataSource } from '../data/contract/contract.ts'
import { openDataSource } from '../data/data-source.ts'
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts'
import { type JobHarness, jobConformance } from './conformance.ts'
import type { JobDriver } from './contract/contract.ts'
import { pgBossDriver, pgBossGuarantees } from './drivers/pg-boss.ts'
import { jobsSchema } from './drivers/pg-boss-sample.ts'
import { provisionPgBoss } from './drivers/provision-pg-boss.ts'

let server: TestDatabase
let data: DataSource
let database: Database<unknown>
const drivers = new Set<JobDriver>()

beforeAll(async () => {
  server = await createTestDatabase()
  await provisionPgBoss(server.directUrl)
  data = openDataSource({ url: server.url, poolSize: 10 })
  database = data.forModule(jobsSchema)
})

afterAll(async () => {
  for (const driver of drivers) await driver.close()
  await data.close()
  await server.drop()
})

const harness: JobHarness = {
  async open() {
    const driver = await pgBossDriver(database)
    drivers.add(driver)
    return driver
  },
  transaction: (work) => database.transaction((tx) => work(tx as unknown as Parameters<typeof work>[0])),
  until: (condition) => vi.waitUntil(condition, { timeout: 20_000, interval: 20 }).then(() => undefined),
  async expire(queue, ids) {
    await database.query(
      `update footing_jobs.job set heartbeat_on = now() - interval '1 hour' where name = $1 and id = any($2::uuid[])`,
      [queue.name, ids],
    )
  },
}

// Side by side, as the cases wait more than they work.
test.concurrent.each(jobConformance)('$name', async ({ run, needs }) => {
  expect(needs?.(pgBossGuarantees)).toBeUndefined()
  await run(harness)
})
