// Both placements of PostgreSQL, and Elasticsearch where there is one, against the same cases; then what each has of its own.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { Database, DataSource } from '../data/contract/contract.ts'
import { openDataSource } from '../data/data-source.ts'
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts'
import { searchCaseIndexes, searchConformance } from './conformance.ts'
import type { Search } from './contract/contract.ts'
import { openSearch } from './open-search.ts'
import { searchMigration } from './search-migration.ts'

// Given by `npm run test:elasticsearch`, which fails when there is no server; npm test runs the default driver.
const server = process.env.FOOTING_TEST_ELASTICSEARCH_URL

interface Place {
  readonly pooled: boolean
  readonly url?: string
}

const places: Readonly<Record<string, Place>> =
  server === undefined
    ? { 'PostgreSQL through PgBouncer': { pooled: true }, 'PostgreSQL direct': { pooled: false } }
    : {
        'Elasticsearch, found later': { pooled: true, url: server },
        'Elasticsearch, waiting': { pooled: true, url: `${server}&refresh=wait` },
      }

describe.each(Object.entries(places))('%s', (_name, { pooled, url }) => {
  let test_: TestDatabase
  let data: DataSource
  let database: Database<Record<never, never>>
  let search: Search
  beforeAll(async () => {
    test_ = await createTestDatabase({ pooled })
    data = openDataSource({ url: test_.url, poolSize: 6 })
    database = data.forModule('library')
    await test_.query(
      `create schema library; set search_path = library; ${searchCaseIndexes.map(searchMigration).join('')}`,
    )
    search = openSearch({ url: url?.replace('/footing_test', `/t${randomBytes(6).toString('hex')}`) })
  })
  afterAll(async () => {
    await search?.close()
    await data?.close()
    await test_?.drop()
  })

  test.each(searchConformance.map((entry, number) => [entry.name, entry, number] as const))(
    '%s',
    { timeout: 60_000 },
    async (_case, entry, number) => {
      const index = searchCaseIndexes[number]
      if (index === undefined) throw new Error('each case has an index')
      await entry.run({ search, database }, index)
    },
  )
})
