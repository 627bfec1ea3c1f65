// The default store, directly and through PgBouncer, against the cases that every store must pass.
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { DataSource } from '../data/contract/contract.ts'
import { openDataSource } from '../data/data-source.ts'
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts'
import { analyticsConformance } from './conformance.ts'
import { postgresAnalytics } from './drivers/postgres.ts'

describe.each([
  ['PostgreSQL', false],
  ['PostgreSQL through PgBouncer', true],
])('%s', (_name, pooled) => {
  let database: TestDatabase
  let data: DataSource
  beforeAll(async () => {
    database = await createTestDatabase({ pooled })
    data = openDataSource({ url: database.url, poolSize: 6 })
  })
  afterAll(async () => {
    await data?.close()
    await database?.drop()
  })

  test.each(analyticsConformance.map((entry) => [entry.name, entry] as const))('%s', async (_case, entry) => {
    await entry.run({
      driver: () =>
        postgresAnalytics({ data, part: 'month', now: Date.now, shared: true, close: async () => undefined }),
      transaction: (work) => data.forModule<unknown>('footing').transaction(work),
    })
  })
})
