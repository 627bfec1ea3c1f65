// What can go wrong between a statement and its connection: nothing of it may reach whoever borrows the connection next.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ChaosProxy, openChaosProxy } from '../../testing/chaos-proxy.ts'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import type { Database, DataSource, QueryScope } from '../contract/contract.ts'
import { type DataSourceOptions, openDataSource } from '../data-source.ts'
import { compiled } from '../query/compiled-query.ts'

interface Tables {
  item: { id: number; name: string; facts: unknown }
}

const all = compiled<Tables, { least: number }>()((q, { least }) =>
  q.selectFrom('item').selectAll().where('id', '>=', least).orderBy('id'),
)
const note = compiled<Tables, { id: number; facts: unknown }>()((q, { id, facts }) =>
  q.updateTable('item').set({ facts }).where('id', '=', id),
)

let database: TestDatabase
let source: DataSource
let db: Database<Tables>
let scope: QueryScope | undefined

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  scope = undefined
  await database.query('create schema shop')
  await database.query(
    `create table shop.item (id int primary key, name text not null, facts jsonb not null default '{}')`,
  )
  await database.query(`insert into shop.item values (1, 'one'), (2, 'two')`)
})
afterEach(async () => {
  await source.close()
  await database.query('drop schema shop cascade')
})

function open(url: string, options: Partial<DataSourceOptions> = {}): void {
  source = openDataSource({ url, poolSize: 1, scope: () => scope, ...options })
  db = source.forModule<Tables>('shop')
}

const names = async () => (await database.query('select name from shop.item order by id')).map(({ name }) => name)

async function named(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await all.execute(db.read(), { least: 1 })
  await expect.poll(() => source.keepsPreparedStatements).toBe(true)
  await all.execute(db.read(), { least: 1 })
}

describe.each([
  ['direct', () => database.directUrl],
  ['through PgBouncer', () => database.url],
])('%s', (_way, url) => {
  beforeEach(() => open(url()))

  test('a value that cannot be written: the connection and the transaction go on as if it had not been there', async () => {
    const circular: Record<string, unknown> = {}
    circular.self = circular
    await all.execute(db.read(), { least: 1 })
    for (const facts of [circular, { n: 1n }]) {
      await expect(note.execute(db.write(), { id: 1, facts })).rejects.toMatchObject({ code: 'data-invalid-value' })
      await expect(db.transaction((tx) => note.execute(tx, { id: 1, facts }))).rejects.toMatchObject({
        code: 'data-invalid-value',
      })
      await db.transaction(async (tx) => {
        await all.execute(tx, { least: 1 })
        await expect(note.execute(tx, { id: 1, facts })).rejects.toMatchObject({ code: 'data-invalid-value' })
        await note.execute(tx, { id: 1, facts: { n: 1 } })
      })
    }
    expect(await all.first(db.read(), { least: 1 })).toMatchObject({ facts: { n: 1 } })
  })

  test.each(['copy shop.item from stdin', 'copy shop.item to stdout'])('%s is refused, everywhere', async (text) => {
    const refused = { code: 'data-copy' }
    await expect(db.query(text)).rejects.toMatchObject(refused)
    await expect(db.transaction((tx) => tx.query(text))).rejects.toMatchObject(refused)
    await expect(
      db.transaction(async (tx) => {
        await tx.query('select 1')
        await tx.query(text)
      }),
    ).rejects.toMatchObject(refused)
    expect(await db.query('select 1 as n')).toEqual([{ n: 1 }])
  })

  test.each([
    'begin',
    'start transaction',
    ' /* x */ begin',
    'select 1; begin',
    'begin; select 1/0',
    'commit',
    'rollback',
    'end',
    'abort',
  ])('%s as plain SQL is refused: nobody else gets into its transaction', async (text) => {
    await expect(db.query(text)).rejects.toMatchObject({ code: 'data-session-state' })
    await expect(db.transaction((tx) => tx.query(text))).rejects.toMatchObject({ code: 'data-session-state' })
    await db.query(`insert into shop.item values (3, 'three')`)
    expect(await names()).toEqual(['one', 'two', 'three'])
  })
})

describe('a server that is silent', () => {
  let proxy: ChaosProxy
  beforeEach(async () => {
    proxy = await openChaosProxy(database.directUrl)
    open(proxy.url, { poolSize: 1 })
  })
  afterEach(() => proxy.close())

  test('while the connection is opened: deadline and abort are kept, and the pool is well afterwards', async () => {
    proxy.freeze(true)
    scope = { deadlineAt: Date.now() + 50 }
    await expect(db.query('select 1')).rejects.toMatchObject({ code: 'data-timeout' })
    const leaving = new AbortController()
    scope = { signal: leaving.signal }
    const asked = db.query('select 1')
    leaving.abort()
    await expect(asked).rejects.toMatchObject({ code: 'data-cancelled' })
    proxy.freeze(false)
    scope = undefined
    expect(await db.query('select 1 as n')).toEqual([{ n: 1 }])
    expect(source.stats).toMatchObject({ open: 1, idle: 1, waiting: 0 })
  })

  test('when a transaction is rolled back: the caller gets its own error and the place in the pool is free', async () => {
    const outcome = db.transaction(async (tx) => {
      await tx.query(`insert into shop.item values (3, 'three')`)
      proxy.freeze(true)
      throw new RangeError('changed its mind')
    })
    await expect(outcome).rejects.toThrow('changed its mind')
    proxy.freeze(false)
    expect(await db.query('select 1 as n')).toEqual([{ n: 1 }])
    expect(await names()).toEqual(['one', 'two'])
  })
})

describe('direct', () => {
  beforeEach(() => open(database.directUrl))

  test('a value that cannot be written does not cost the names of prepared statements', async () => {
    await named()
    await note.execute(db.write(), { id: 1, facts: {} })
    await expect(note.execute(db.write(), { id: 1, facts: { n: 1n } })).rejects.toThrow()
    await note.execute(db.write(), { id: 1, facts: {} })
    expect(source.keepsPreparedStatements).toBe(true)
  })

  test('a stale first statement: what was sent beside it stays in its transaction', async () => {
    await named()
    await database.query('alter table shop.item add column stock int')
    const outcome = db.transaction(async (tx) => {
      const first = all.execute(tx, { least: 1 })
      const second = tx
        .query(`insert into shop.item values (3, 'three')`)
        .catch(() => tx.query(`insert into shop.item values (4, 'four')`))
      await Promise.allSettled([first, second])
      throw new Error('rolled back')
    })
    await expect(outcome).rejects.toThrow('rolled back')
    expect(await names()).toEqual(['one', 'two'])
  })

  test('several statements in one text keep their place among what is sent beside them', async () => {
    await db.transaction((tx) =>
      Promise.all([
        tx.query(`insert into shop.item values (3, 'three'); select 1`),
        tx.query(`update shop.item set name = 'changed' where id = 3`),
      ]),
    )
    expect(await names()).toEqual(['one', 'two', 'changed'])
  })
})
