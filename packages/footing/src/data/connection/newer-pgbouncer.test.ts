// Prepared statements behind a PgBouncer that keeps track of their names (1.21 and newer). Run by `npm run test:newer-pooler`,
// which says where the program comes from; Debian 12 has 1.18 only, so `npm test` cannot promise it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PgBouncer, startPgBouncer } from '../../servers/pooler/start-pgbouncer.ts'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import { openDataSource } from '../data-source.ts'
import { compiled } from '../query/compiled-query.ts'

interface Tables {
  item: { id: number; name: string }
}

const byId = compiled<Tables, { id: number }>()((q, { id }) => q.selectFrom('item').selectAll().where('id', '=', id))
const rename = compiled<Tables, { id: number; name: string }>()((q, { id, name }) =>
  q.updateTable('item').set({ name }).where('id', '=', id),
)

let folder: string
let database: TestDatabase
let pooler: PgBouncer
const start = (name: string, settings = {}) =>
  startPgBouncer({
    program: process.env.FOOTING_NEWER_PGBOUNCER ?? 'FOOTING_NEWER_PGBOUNCER is not set',
    serverUrl: database.directUrl,
    folder: join(folder, name),
    settings: { default_pool_size: '5', ...settings },
  })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing-newer-'))
  database = await createTestDatabase({ pooled: false })
  await database.query('create schema shop')
  await database.query('create table shop.item (id int primary key, name text not null)')
  await database.query(`insert into shop.item select n, 'name ' || n from generate_series(1, 100) n`)
  pooler = await start('pooler')
})

afterAll(async () => {
  await pooler?.stop()
  await database?.drop()
  await rm(folder, { recursive: true, force: true })
})

async function open(url: string, preparedStatements = 100) {
  const source = openDataSource({ url, poolSize: 15, preparedStatements })
  const db = source.forModule<Tables>('shop')
  for (let turn = 0; turn < 2; turn += 1) await byId.execute(db.read(), { id: 1 })
  await expect.poll(() => source.keepsPreparedStatements).toBeDefined()
  return { source, db }
}

test('names are used by many clients over few connections, in and out of transactions, without an error', async () => {
  const clients = await Promise.all([open(pooler.urlFor(database.directUrl)), open(pooler.urlFor(database.directUrl))])
  expect(clients.map(({ source }) => source.keepsPreparedStatements)).toEqual([true, true])
  const one = async (number: number) => {
    const { db } = clients[number % 2] ?? clients[0]
    const id = 1 + (number % 100)
    if (number % 3 === 0) {
      await db.transaction(async (tx) => {
        await rename.execute(tx, { id, name: `name ${id}` })
        expect((await byId.first(tx, { id }))?.name).toBe(`name ${id}`)
      })
    } else expect((await byId.first(db.read(), { id }))?.name).toBe(`name ${id}`)
  }
  for (let wave = 0; wave < 10; wave += 1) {
    await Promise.all(Array.from({ length: 120 }, (_, number) => one(wave * 120 + number)))
  }
  const [own] = await clients[0].db.query<{ names: number }>(
    `select count(*)::int as names from pg_prepared_statements where name like 'PGBOUNCER%' and statement like '%item%'`,
  )
  expect(own?.names).toBeGreaterThan(0)
  await Promise.all(clients.map(({ source }) => source.close()))
})

test('more statements than a connection may keep: the oldest make room on both sides', async () => {
  const { source, db } = await open(pooler.urlFor(database.directUrl), 3)
  const many = Array.from({ length: 12 }, (_, n) =>
    compiled<Tables, { id: number }>()((q, { id }) =>
      q
        .selectFrom('item')
        .select((eb) => [eb.lit(n).as('n'), 'name'])
        .where('id', '=', id),
    ),
  )
  for (let turn = 0; turn < 20; turn += 1) {
    const rows = await Promise.all(many.map((query) => query.first(db.read(), { id: 5 })))
    expect(rows.map((row) => row?.n)).toEqual(many.map((_, n) => n))
  }
  await source.close()
})

test('a table that changes: no read fails, whichever connection had planned it', async () => {
  const { source, db } = await open(pooler.urlFor(database.directUrl))
  const rush = () =>
    Promise.all(Array.from({ length: 60 }, (_, number) => byId.first(db.read(), { id: 1 + (number % 100) })))
  await rush()
  for (const column of ['first', 'second']) {
    await database.query(`alter table shop.item add column "${column}" int not null default 1`)
    const rows = [...(await rush()), ...(await rush())]
    expect(rows.filter((row) => Reflect.get(row ?? {}, column) !== 1)).toEqual([])
  }
  expect(source.keepsPreparedStatements).toBe(true)
  await source.close()
})

test('with max_prepared_statements = 0 it passes names on, and none is used', async () => {
  const without = await start('without', { max_prepared_statements: '0' })
  const { source, db } = await open(without.urlFor(database.directUrl))
  expect(source.keepsPreparedStatements).toBe(false)
  const rows = await Promise.all(
    Array.from({ length: 100 }, (_, number) => byId.first(db.read(), { id: 1 + (number % 100) })),
  )
  expect(rows.filter((row) => row === undefined)).toEqual([])
  await source.close()
  await without.stop()
})
