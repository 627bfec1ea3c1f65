// The sum of connections, asked of real servers.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import { openDataSource } from '../data-source.ts'
import { poolSizing } from './pool-sizing.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database?.drop())

test('directly on PostgreSQL: the sum counts, and what does not fit is told with a way out', async () => {
  const source = openDataSource({ url: database.directUrl, poolSize: 50 })
  const small = await source.sizing(1)
  expect(small).toMatchObject({ pooled: false, wanted: 50, fits: true })
  const [row] = await source
    .forModule('shop')
    .query<{ most: string }>(`select current_setting('max_connections') as most`)
  expect(small.maxConnections).toBe(Number(row?.most))
  const large = await source.sizing(1000)
  expect(large.fits).toBe(false)
  expect(large.advice).toContain('1000 processes × 50 connections = 50000')
  expect(large.advice).toContain('PgBouncer')
  await source.close()
})

test('through PgBouncer: any number of clients fits, and the advice is about the pooler', async () => {
  const source = openDataSource({ url: database.url, poolSize: 50 })
  expect(await source.sizing(1000)).toMatchObject({ pooled: true, fits: true })
  expect((await source.sizing(1000)).advice).toContain('max_client_conn')
  await source.close()
})

test('what is said to fit does fit, and the size it proposes fits too', () => {
  const whole = fc.integer({ min: 1, max: 500 })
  fc.assert(
    fc.property(
      whole,
      whole,
      whole,
      fc.integer({ min: 0, max: 20 }),
      (processes, poolSize, maxConnections, reserved) => {
        const sizing = poolSizing({ processes, poolSize }, { maxConnections, reserved, pooled: false })
        expect(sizing.fits).toBe(processes * poolSize <= Math.max(0, maxConnections - reserved))
        const proposed = /DATABASE_POOL_SIZE to (\d+)/.exec(sizing.advice)?.[1]
        if (proposed !== undefined) expect(processes * Number(proposed)).toBeLessThanOrEqual(sizing.available)
      },
    ),
  )
})
