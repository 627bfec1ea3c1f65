// Prepared queries: built once, right for every value, for reads, writes and transactions alike.
import type { Generated } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import type { Database, DataSource } from '../contract/contract.ts'
import { openDataSource } from '../data-source.ts'
import { compiled } from './compiled-query.ts'

interface Tables {
  item: { id: Generated<number>; name: string; stock: number }
}

let database: TestDatabase
let source: DataSource
let db: Database<Tables>

beforeAll(async () => {
  database = await createTestDatabase()
  await database.query('create schema shop')
  await database.query('create table shop.item (id serial primary key, name text not null, stock int not null)')
  source = openDataSource({ url: database.url })
  db = source.forModule<Tables>('shop')
})

afterAll(async () => {
  await source.close()
  await database.drop()
})

test('built once, sent with each call’s own values', async () => {
  let built = 0
  const add = compiled<Tables, { name: string; stock: number }>()((q, { name, stock }) =>
    q.insertInto('item').values({ name, stock }).returning('id'),
  )
  const find = compiled<Tables, { name: string; least: number }>()((q, { name, least }) => {
    built += 1
    return q.selectFrom('item').select(['name', 'stock']).where('name', '=', name).where('stock', '>=', least).limit(1)
  })
  const hostile = `'; drop table shop.item; --`
  for (const [name, stock] of [
    ['a', 1],
    ['b', 2],
    [hostile, 3],
  ] as const)
    await add.execute(db.write(), { name, stock })
  expect(await find.first(db.read(), { name: 'b', least: 0 })).toEqual({ name: 'b', stock: 2 })
  expect(await find.first(db.read(), { name: hostile, least: 3 })).toEqual({ name: hostile, stock: 3 })
  expect(await find.first(db.read(), { name: 'a', least: 2 })).toBeUndefined()
  expect(built).toBe(1)
})

test('inside a transaction it sees what the transaction did, and nothing stays after a rollback', async () => {
  const count = compiled<Tables, Record<never, never>>()((q) =>
    q.selectFrom('item').select(({ fn }) => fn.countAll<string>().as('count')),
  )
  const before = await count.first(db.read(), {})
  await db
    .transaction(async (tx) => {
      await tx.insertInto('item').values({ name: 'x', stock: 0 }).execute()
      expect(Number((await count.first(tx, {}))?.count)).toBe(Number(before?.count) + 1)
      throw new Error('undo')
    })
    .catch(() => undefined)
  expect(await count.first(db.read(), {})).toEqual(before)
})

test('null, undefined fields and calls at once keep their values apart', async () => {
  const echo = compiled<Tables, { value: number | null }>()((q, { value }) =>
    q.selectNoFrom((eb) => eb.cast<number | null>(eb.val(value), 'integer').as('value')),
  )
  const values = [1, null, 3, 4, null, 6]
  const answers = await Promise.all(values.map((value) => echo.first(db.read(), { value })))
  expect(answers.map((answer) => answer?.value)).toEqual(values)
})
