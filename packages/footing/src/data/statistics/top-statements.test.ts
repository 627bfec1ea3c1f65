// Statistics of a real server: who sent what, through the pooler, and what is said where nobody collects them.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import { tagStatement } from '../connection/query-tag.ts'
import type { DataSource, QueryScope } from '../contract/contract.ts'
import { openDataSource } from '../data-source.ts'
import { readTag, topStatements } from './top-statements.ts'

let database: TestDatabase
let source: DataSource
let scope: QueryScope | undefined
beforeAll(async () => {
  database = await createTestDatabase()
  source = openDataSource({ url: database.url, scope: () => scope })
})
afterAll(async () => {
  await source?.close()
  await database?.drop()
})

test('without the extension the error says what to do', async () => {
  await expect(topStatements(source.forModule('shop'))).rejects.toMatchObject({
    code: 'data-statistics-missing',
    remedy: expect.stringContaining('create extension'),
  })
})

test('the dearest statement comes first, with the module and the route that sent it through the pooler', async () => {
  await source.forModule('shop').query('create extension pg_stat_statements')
  scope = { route: 'GET /api/slow/{id}' }
  for (let call = 0; call < 3; call++) {
    await source.forModule('shop').query('select count(*) from generate_series(1, 300000 + $1::int) n', [call])
  }
  scope = undefined
  await source.forModule('billing').query("select 'cheap' as word")
  const [first, ...others] = await topStatements(source.forModule('shop'))
  expect(first).toMatchObject({ module: 'shop', route: 'GET /api/slow/{id}', calls: 3, rows: 3 })
  expect(first?.text).toMatch(/^select\s+count\(\*\) from generate_series/)
  expect(first?.share).toBeGreaterThan(0.3)
  expect(first?.meanMs).toBeCloseTo((first?.totalMs ?? 0) / 3, 5)
  const cheap = others.find(({ module }) => module === 'billing')
  expect(cheap?.text).not.toContain('cheap')
  expect(await topStatements(source.forModule('shop'), 1)).toHaveLength(1)
})

test('a tag is read as it was written, and the statement is whole again', () => {
  const route = fc.constantFrom('GET /api/articles/{slug}', 'POST /v1/a-b_c.d', undefined)
  fc.assert(
    fc.property(
      fc.constantFrom('select 1', 'update t set a = 1', '(select 1)'),
      fc.constantFrom('shop', 'user-profile'),
      route,
      (text, module, at) => {
        const read = readTag(tagStatement(text, module, at))
        expect(read).toMatchObject({ module, route: at })
        expect(read.text.replace(/\s+/g, ' ')).toBe(text)
      },
    ),
  )
  expect(readTag('select /* by hand; */ 1')).toEqual({
    module: undefined,
    route: undefined,
    text: 'select /* by hand; */ 1',
  })
})
