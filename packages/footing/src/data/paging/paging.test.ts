// Pages, batches and streams against a real server behind PgBouncer: all rows, each once, in order, with bounded memory.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import type { Database, DataSource } from '../contract/contract.ts'
import { openDataSource } from '../data-source.ts'
import { batchesOf, insertBatches } from './batches.ts'
import { type KeyColumn, keysetPage, keysetPages } from './keyset-page.ts'
import { streamRows } from './stream-rows.ts'

interface Row {
  id: number
  grade: number
  made: Date
  name: string
}
interface Tables {
  pupil: Row
}

let database: TestDatabase
let source: DataSource
let school: Database<Tables>
beforeAll(async () => {
  database = await createTestDatabase()
  source = openDataSource({ url: database.url, poolSize: 2 })
  school = source.forModule<Tables>('school')
  await school.query('create schema school')
  await school.query(
    'create table school.pupil (id int primary key, grade int not null, made timestamptz not null, name text not null)',
  )
  const rows = Array.from({ length: 5000 }, (_, id) => ({
    id,
    grade: id % 7,
    made: new Date(Date.UTC(2026, 0, 1) + (id % 97) * 1000),
    name: `'; drop table pupil -- ${id % 13}`,
  }))
  for (const batch of insertBatches(rows))
    await school
      .write()
      .insertInto('pupil')
      .values([...batch])
      .execute()
})
afterAll(async () => {
  await source?.close()
  await database?.drop()
})

const all = () => school.read().selectFrom('pupil').selectAll()

test('pages of any size in any order, joined, are the whole list in that order', async () => {
  const column = fc.constantFrom<(keyof Row & string)[]>('grade', 'made', 'name')
  const direction = fc.constantFrom('asc' as const, 'desc' as const)
  await fc.assert(
    fc.asyncProperty(
      column,
      direction,
      direction,
      fc.integer({ min: 300, max: 1000 }),
      async (first, up, down, limit) => {
        const order = [
          { column: first, direction: up },
          { column: 'id', direction: down },
        ] as const
        const pages: Row[] = []
        for await (const rows of keysetPages(all(), { order, limit })) pages.push(...rows)
        const whole = await all().orderBy(first, up).orderBy('id', down).execute()
        expect(pages.map(({ id }) => id)).toEqual(whole.map(({ id }) => id))
      },
    ),
    { numRuns: 10 },
  )
})

test('rows that come and go between two pages move nothing', async () => {
  const order: readonly [KeyColumn<Row>] = [{ column: 'id', direction: 'asc' }]
  const first = await keysetPage(all(), { order, limit: 100 })
  await school.write().deleteFrom('pupil').where('id', '=', 5).execute()
  const second = await keysetPage(all(), { order, limit: 100, after: first.next })
  expect(second.rows[0]?.id).toBe(100)
  await school.write().insertInto('pupil').values({ id: 5, grade: 5, made: new Date(), name: 'back' }).execute()
})

test('the last page says that it is the last; an empty list is one page', async () => {
  const order: readonly [KeyColumn<Row>] = [{ column: 'id', direction: 'desc' }]
  const last = await keysetPage(all().where('id', '<', 10), { order, limit: 10 })
  expect(last.rows).toHaveLength(10)
  expect(last.next).toBeUndefined()
  expect(await keysetPage(all().where('id', '<', 0), { order, limit: 10 })).toEqual({ rows: [], next: undefined })
})

test('hostile cursors: noise, another order, huge, NUL, wrong types get one coded answer and no row', async () => {
  const order: readonly [KeyColumn<Row>] = [{ column: 'id', direction: 'asc' }]
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const other = await keysetPage(all(), { order: [{ column: 'id', direction: 'desc' }], limit: 1 })
  const hostile = [
    '',
    'x',
    '%%%',
    other.next ?? '',
    encode({}),
    encode(['id asc', { a: 1 }]),
    encode(['id asc', null]),
    'A'.repeat(100_000),
  ]
  for (const after of hostile) {
    await expect(keysetPage(all(), { order, limit: 10, after })).rejects.toMatchObject({
      code: 'data-cursor-invalid',
      status: 400,
    })
  }
  await expect(
    keysetPage(all(), { order: [{ column: 'name', direction: 'asc' }], limit: 1, after: encode(['name asc', 'a\0b']) }),
  ).rejects.toMatchObject({ code: 'data-cursor-invalid' })
  await expect(
    keysetPage(all(), { order, limit: 10, after: encode(['id asc', '1; drop table pupil']) }),
  ).rejects.toMatchObject({ code: 'data-invalid-value' })
  for (const limit of [0, -1, 1.5, 1001, Number.NaN]) {
    await expect(keysetPage(all(), { order, limit })).rejects.toMatchObject({ code: 'data-invalid-value' })
  }
  await fc.assert(
    fc.asyncProperty(fc.string(), async (after) => {
      await expect(keysetPage(all(), { order, limit: 1, after })).rejects.toMatchObject({ code: 'data-cursor-invalid' })
    }),
    { numRuns: 50 },
  )
})

test('a page far behind costs what the first one costs: the index is walked, not the rows before', async () => {
  await school.query('analyze school.pupil')
  const { rows } = await keysetPage(all(), { order: [{ column: 'id', direction: 'asc' }], limit: 10 })
  expect(rows).toHaveLength(10)
  const plan = await school.query<{ 'QUERY PLAN': string }>(
    'explain select * from school.pupil where (id) > (4900) order by id limit 11',
  )
  expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toContain('Index Scan')
})

test('a stream hands out every row once, a batch at a time, through the pooler, in one snapshot', async () => {
  const seen: number[] = []
  const sizes = new Set<number>()
  let added = false
  const total = await streamRows(
    school,
    all().orderBy('id'),
    async (rows) => {
      sizes.add(rows.length)
      seen.push(...rows.map(({ id }) => id))
      if (!added) {
        added = true
        await school
          .write()
          .insertInto('pupil')
          .values({ id: 9999, grade: 1, made: new Date(), name: 'late' })
          .execute()
      }
    },
    { batchSize: 999 },
  )
  await school.write().deleteFrom('pupil').where('id', '=', 9999).execute()
  expect(total).toBe(5000)
  expect(seen).toEqual(Array.from({ length: 5000 }, (_, id) => id))
  expect(Math.max(...sizes)).toBe(999)
})

test('a reader that fails ends the stream, and its connection serves others at once', async () => {
  await expect(
    streamRows(school, all(), async () => {
      throw new Error('the client hung up')
    }),
  ).rejects.toThrow('the client hung up')
  expect(await Promise.all([1, 2, 3, 4].map(() => school.query('select 1 as one')))).toHaveLength(4)
})

test('batches: nothing lost, nothing twice, never more parameters than a statement carries', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 50 }), (items, size) => {
      const batches = [...batchesOf(items, size)]
      expect(batches.flat()).toEqual(items)
      expect(batches.every((batch) => batch.length >= 1 && batch.length <= size)).toBe(true)
    }),
  )
  const wide = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`c${index}`, index]))
  const sizes = [...insertBatches(Array.from({ length: 1000 }, () => wide))].map((batch) => batch.length)
  expect(Math.max(...sizes) * 400).toBeLessThanOrEqual(65_535)
  expect(sizes.reduce((sum, size) => sum + size)).toBe(1000)
  expect(() => [...batchesOf([1], 0)]).toThrow(RangeError)
})
