// The cases of every driver, on PostgreSQL behind a PgBouncer that keeps track of prepared statements. Run by
// `npm run test:newer-pooler`, which says where the program comes from.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, test, vi } from 'vitest'
import { type DataSource, openDataSource } from '../data/index.ts'
import { type PgBouncer, startPgBouncer } from '../servers/pooler/start-pgbouncer.ts'
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts'
import { type JobHarness, jobConformance } from './conformance.ts'
import type { JobDriver } from './contract/contract.ts'
import { pgBossDriver } from './drivers/pg-boss.ts'
import { jobsSchema } from './drivers/pg-boss-sample.ts'
import { provisionPgBoss } from './drivers/provision-pg-boss.ts'

let folder: string
let server: TestDatabase
let pooler: PgBouncer
let data: DataSource
const drivers = new Set<JobDriver>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing-newer-'))
  server = await createTestDatabase({ pooled: false })
  await provisionPgBoss(server.directUrl)
  pooler = await startPgBouncer({
    program: process.env.FOOTING_NEWER_PGBOUNCER ?? 'FOOTING_NEWER_PGBOUNCER is not set',
    serverUrl: server.directUrl,
    folder: join(folder, 'pooler'),
    settings: { default_pool_size: '5' },
  })
  data = openDataSource({ url: pooler.urlFor(server.directUrl), poolSize: 10 })
})

afterAll(async () => {
  for (const driver of drivers) await driver.close()
  await data?.close()
  await pooler?.stop()
  await server?.drop()
  await rm(folder, { recursive: true, force: true })
})

const harness: JobHarness = {
  async open() {
    const driver = await pgBossDriver(data.forModule(jobsSchema))
    drivers.add(driver)
    return driver
  },
  transaction: (work) =>
    data.forModule(jobsSchema).transaction((tx) => work(tx as unknown as Parameters<typeof work>[0])),
  until: (condition) => vi.waitUntil(condition, { timeout: 20_000, interval: 20 }).then(() => undefined),
  async expire(queue, ids) {
    await data
      .forModule(jobsSchema)
      .query(`update footing_jobs.job set heartbeat_on = now() - interval '1 hour' where name = $1 and id = any($2)`, [
        queue.name,
        ids,
      ])
  },
}

test.concurrent.each(jobConformance)('$name', async ({ run }) => {
  await run(harness)
})
