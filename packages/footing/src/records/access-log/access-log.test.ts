// Every change of a logged table has its entry, whoever makes it and however; reads are recorded before rows are given out.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DataSource, QueryScope } from '../../data/contract/contract.ts'
import { openDataSource } from '../../data/data-source.ts'
import { databaseOf, dropModuleRoles, moduleRole, provisionModuleRoles } from '../../data/ownership/module-roles.ts'
import { streamRows } from '../../data/paging/stream-rows.ts'
import { compiled } from '../../data/query/compiled-query.ts'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import { recordHooks } from '../record-hooks.ts'
import { installAccessLog } from './install-access-log.ts'
import { readAccessLog } from './read-access-log.ts'

interface ShopTables {
  invoice: { id: number; email: string; amount: number; note: string | null }
  line: { invoice_id: number; place: number; text: string }
  plain: { id: number }
  invoice_card: { id: number; amount: number }
}

const modules = [
  {
    name: 'shop',
    reads: {},
    access: {
      invoice: { key: 'id', reads: true, values: true, redact: ['email'] },
      line: { key: ['invoice_id', 'place'] },
    },
  },
] as const

let folder: string
let database: TestDatabase
let scope: QueryScope | undefined
const sources: DataSource[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'access-'))
  await mkdir(join(folder, 'shop'))
  await writeFile(
    join(folder, 'shop/0001-create.sql'),
    `create table invoice (id int primary key, email text not null, amount int not null, note text);
     create table line (invoice_id int references invoice (id) on delete cascade, place int, text text not null, primary key (invoice_id, place));
     create table plain (id int primary key);
     create view invoice_card as select id, amount from invoice`,
  )
  const migrations = [{ module: 'shop', needs: [], folder: pathToFileURL(join(folder, 'shop/')) }]
  database = await createTestDatabase({ migrations })
  await installAccessLog(database.directUrl, modules)
  await provisionModuleRoles(database.directUrl, modules)
})
afterAll(async () => {
  for (const source of sources) await source.close()
  await dropModuleRoles(database.directUrl, modules)
  await database?.drop()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  scope = {
    route: 'POST /invoices',
    actor: () => ({ user: 'ada', request: 'r1', trace: 't1', source: 'POST /invoices shop.write' }),
  }
  await database.query('truncate shop.invoice, shop.line')
  await database.query('insert into shop.invoice select n, $1, 10 * n from generate_series(1, 3) n', [
    'who@example.com',
  ])
  mark = await lastId()
})

// jsonb keeps the columns of a key in an order of its own.
const sorted = ([operation, table, key]: readonly unknown[]) =>
  JSON.stringify([operation, table, Object.entries(key ?? {}).toSorted()])

let mark = 0
const lastId = async () =>
  Number((await database.query('select coalesce(max(id), 0)::int as id from footing_access.entry'))[0]?.id)
const entries = async () => (await readAccessLog(database.directUrl)).filter(({ id }) => Number(id) > mark).toReversed()
const brief = async () => (await entries()).map(({ operation, table, key }) => [operation, table, key])

async function open(options: { readonly owned?: boolean; readonly pooled?: boolean } = {}): Promise<DataSource> {
  const source = openDataSource({
    url: options.pooled === false ? database.directUrl : database.url,
    scope: () => scope,
    hooks: recordHooks(modules),
    ...(options.owned === true ? { roleOf: (module) => moduleRole(databaseOf(database.directUrl), module) } : {}),
  })
  sources.push(source)
  await source.ping()
  return source
}

describe.each([
  ['behind PgBouncer', {}],
  ['direct', { pooled: false }],
  ['under the role of the module', { owned: true }],
])('%s', (_name, options) => {
  test('a single statement leaves an entry with who, what, in which request', async () => {
    const db = (await open(options)).forModule<ShopTables>('shop')
    await db.write().updateTable('invoice').set({ amount: 99, email: 'new@example.com' }).where('id', '=', 2).execute()
    const [entry, ...others] = await entries()
    expect(others).toEqual([])
    expect(entry).toMatchObject({
      module: 'shop',
      table: 'invoice',
      operation: 'update',
      key: { id: '2' },
      columns: ['amount', 'email'],
      changes: { amount: { old: 20, new: 99 }, email: { redacted: true } },
      user: 'ada',
      request: 'r1',
      trace: 't1',
      source: 'POST /invoices shop.write',
    })
    expect(JSON.stringify(entry)).not.toContain('example.com')
  })

  test('a transaction, plain SQL without parameters, a prepared query', async () => {
    const db = (await open(options)).forModule<ShopTables>('shop')
    await db
      .transaction(async (tx) => {
        await tx.updateTable('invoice').set({ amount: 1 }).where('id', '=', 1).execute()
        await sql`update invoice set amount = 2 where id = 2`.execute(tx).catch(() => undefined)
        throw new Error('changed my mind')
      })
      .catch(() => undefined)
    expect(await entries()).toEqual([])
    await db.transaction(async (tx) => {
      await tx.updateTable('invoice').set({ amount: 1 }).where('id', '=', 1).execute()
      await tx.query('delete from shop.invoice where id = 3')
    })
    await db.query('update shop.invoice set amount = amount + 1 where id = 2')
    const set = compiled<ShopTables, { id: number }>()((q, { id }) =>
      q.updateTable('invoice').set({ amount: 5 }).where('id', '=', id),
    )
    await set.execute(db.write(), { id: 1 })
    expect(await brief()).toEqual([
      ['update', 'invoice', { id: '1' }],
      ['delete', 'invoice', { id: '3' }],
      ['update', 'invoice', { id: '2' }],
      ['update', 'invoice', { id: '1' }],
    ])
    expect((await entries()).every(({ user, request }) => user === 'ada' && request === 'r1')).toBe(true)
  })
})

test('upsert, merge, cascade, truncate, copied keys: nothing changes without its entry', async () => {
  const db = (await open()).forModule<ShopTables>('shop')
  await db.query('insert into shop.line values (1, 1, $1), (1, 2, $1)', ['text'])
  await db.query(
    `insert into shop.invoice values (3, 'x', 1), (4, 'x', 1) on conflict (id) do update set amount = excluded.amount`,
  )
  await db.query(
    `merge into shop.invoice i using (values (4), (5)) v(id) on i.id = v.id
     when matched then delete when not matched then insert values (v.id, 'x', 0)`,
  )
  await db.query('delete from shop.invoice where id = 1')
  await db.query('update shop.invoice set id = 20 where id = 2')
  const found = await brief()
  expect(found.slice(0, 2)).toEqual([
    ['insert', 'line', { invoice_id: '1', place: '1' }],
    ['insert', 'line', { invoice_id: '1', place: '2' }],
  ])
  expect(found.slice(2).map(sorted).toSorted()).toEqual(
    [
      ['insert', 'invoice', { id: '4' }],
      ['update', 'invoice', { id: '3' }],
      ['delete', 'invoice', { id: '4' }],
      ['insert', 'invoice', { id: '5' }],
      ['delete', 'invoice', { id: '1' }],
      ['delete', 'line', { invoice_id: '1', place: '1' }],
      ['delete', 'line', { invoice_id: '1', place: '2' }],
      // A changed key: gone under its old name, there under the new one.
      ['update', 'invoice', { id: '2' }],
      ['update', 'invoice', { id: '20' }],
    ]
      .map(sorted)
      .toSorted(),
  )
  mark = await lastId()
  await database.query('truncate shop.invoice cascade')
  expect((await brief()).map(([operation]) => operation)).toEqual(['truncate', 'truncate', 'truncate'])
})

test('10,000 rows in one statement are 10,000 entries; whoever is past the application stands there by database user', async () => {
  await database.query("insert into shop.invoice select n, 'x', 1 from generate_series(1001, 11000) n")
  const [row] = await database.query(
    'select count(*)::int as count, min(db_user) as by, count(subject)::int as known from footing_access.entry where id > $1',
    [mark],
  )
  expect(row).toMatchObject({ count: 10_000, by: expect.stringMatching(/./), known: 0 })
})

test('a change whose entry cannot be written does not happen', async () => {
  const db = (await open()).forModule<ShopTables>('shop')
  await database.query(
    'alter table footing_access.entry add constraint full_disk check (operation <> $$delete$$) not valid',
  )
  try {
    await expect(db.write().deleteFrom('invoice').where('id', '=', 1).execute()).rejects.toMatchObject({
      code: 'data-constraint-violation',
    })
    expect(await database.query('select id from shop.invoice where id = 1')).toHaveLength(1)
  } finally {
    await database.query('alter table footing_access.entry drop constraint full_disk')
  }
})

test('the role of a module can neither invent a change nor alter or delete an entry, nor read the log; the owner is stopped as well', async () => {
  const db = (await open({ owned: true })).forModule<ShopTables>('shop')
  await db.query('update shop.invoice set amount = 7 where id = 1')
  const refused = { code: 'data-foreign-table' }
  for (const attempt of [
    'delete from footing_access.entry',
    "update footing_access.entry set operation = 'read'",
    "insert into footing_access.entry (module, table_name, operation) values ('shop', 'invoice', 'insert')",
    'select * from footing_access.entry',
    'truncate footing_access.entry',
    'delete from footing_access.subject',
    "select footing_access.pseudonym_of('ada')",
    'select footing_access.ensure_month(current_date)',
    'drop trigger footing_access_update on shop.invoice',
  ]) {
    await expect(db.query(attempt), attempt).rejects.toMatchObject(refused)
  }
  await expect(database.query('delete from footing_access.entry')).rejects.toThrow('append-only')
  await expect(database.query("update footing_access.entry set operation = 'read'")).rejects.toThrow('append-only')
})

test('the setting of one request reaches no other one, also behind the pooler', async () => {
  const source = await open()
  const db = source.forModule<ShopTables>('shop')
  await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const id = 100 + index
      scope = { actor: () => ({ user: `u${id}` }) }
      await db.write().insertInto('invoice').values({ id, email: 'x', amount: 1, note: null }).execute()
    }),
  )
  await database.query("insert into shop.invoice values (999, 'x', 1)")
  for (const { key, user } of await entries()) expect(user).toBe(key?.id === '999' ? null : `u${key?.id}`)
  expect(await entries()).toHaveLength(41)
})

describe('reads', () => {
  test('rows by key, whatever the query looks like; a table that is not logged leaves none', async () => {
    const db = (await open()).forModule<ShopTables>('shop')
    await db.read().selectFrom('invoice').selectAll().where('id', '<', 3).execute()
    await db.read().selectFrom('invoice as i').select(['i.id as number', 'i.amount']).where('i.id', '=', 3).execute()
    await db.query('select note, id from shop.invoice where id = $1', [1])
    await db.read().selectFrom('plain').selectAll().execute()
    await db.read().selectFrom('line').selectAll().execute()
    await db.read().selectFrom('invoice').selectAll().where('id', '=', 77).execute()
    expect(await brief()).toEqual([
      ['read', 'invoice', { id: '1' }],
      ['read', 'invoice', { id: '2' }],
      ['read', 'invoice', { id: '3' }],
      ['read', 'invoice', { id: '1' }],
    ])
    expect((await entries())[0]).toMatchObject({ user: 'ada', request: 'r1' })
  })

  test('without the key, through a view or in an aggregate: the statement, without its parameters', async () => {
    const db = (await open()).forModule<ShopTables>('shop')
    await db.read().selectFrom('invoice').select('email').where('email', '=', 'secret@example.com').execute()
    await db.read().selectFrom('invoice_card').selectAll().execute()
    await db
      .read()
      .selectFrom('invoice')
      .select(({ fn }) => fn.sum('amount').as('sum'))
      .execute()
    const found = await entries()
    expect(found.map(({ operation, key }) => [operation, key])).toEqual([
      ['read', null],
      ['read', null],
      ['read', null],
    ])
    expect(found.map(({ statement }) => /from "shop"/.test(statement ?? ''))).toEqual([true, true, true])
    expect(JSON.stringify(found)).not.toContain('secret@')
  })

  test('in a transaction they are written with it, and after a rollback all the same; also in a read-only one', async () => {
    const db = (await open()).forModule<ShopTables>('shop')
    await db.transaction((tx) => tx.selectFrom('invoice').selectAll().where('id', '=', 1).execute())
    await db
      .transaction(async (tx) => {
        await tx.selectFrom('invoice').selectAll().where('id', '=', 2).execute()
        throw new Error('no')
      })
      .catch(() => undefined)
    await db.transaction((tx) => tx.selectFrom('invoice').selectAll().where('id', '=', 3).execute(), { readOnly: true })
    expect(await brief()).toEqual([1, 2, 3].map((id) => ['read', 'invoice', { id: String(id) }]))
    expect((await entries()).map(({ user }) => user)).toEqual(['ada', 'ada', 'ada'])
  })

  test('a stream of 5,000 rows leaves 5,000 entries', async () => {
    await database.query("insert into shop.invoice select n, 'x', 1 from generate_series(1001, 6000) n")
    mark = await lastId()
    const db = (await open()).forModule<ShopTables>('shop')
    await streamRows(db, db.read().selectFrom('invoice').selectAll().where('id', '>', 1000), async () => undefined)
    const [row] = await database.query(
      "select count(distinct key)::int as keys from footing_access.entry where id > $1 and operation = 'read'",
      [mark],
    )
    expect(row?.keys).toBe(5000)
  })

  test('rows that cannot be recorded are not given out', async () => {
    const db = (await open()).forModule<ShopTables>('shop')
    await database.query(
      'alter table footing_access.entry add constraint full_disk check (operation <> $$read$$) not valid',
    )
    try {
      await expect(db.read().selectFrom('invoice').selectAll().execute()).rejects.toMatchObject({
        code: 'data-constraint-violation',
      })
      await expect(db.transaction((tx) => tx.selectFrom('invoice').selectAll().execute())).rejects.toMatchObject({
        code: 'data-constraint-violation',
      })
    } finally {
      await database.query('alter table footing_access.entry drop constraint full_disk')
    }
  })
})

test('hostile words of a request are stored as they can be and break nothing', async () => {
  const db = (await open()).forModule<ShopTables>('shop')
  const hostile = `'; drop table shop.invoice; --\0\ud800"\\ ${'x'.repeat(10_000)}`
  scope = { route: "GET '*/", actor: () => ({ user: hostile, request: hostile, trace: '\0', source: hostile }) }
  await db.transaction((tx) => tx.updateTable('invoice').set({ amount: 1 }).where('id', '=', 1).execute())
  await db.query('update shop.invoice set amount = 2 where id = 1')
  await db.query('update shop.invoice set amount = $1 where id = 1', [3])
  await db.read().selectFrom('invoice').selectAll().where('id', '=', 1).execute()
  const found = await entries()
  expect(found.map(({ operation }) => operation)).toEqual(['update', 'update', 'update', 'read'])
  for (const { user } of found) expect(user).toMatch(/^'; drop table shop.invoice; --\u{fffd}{2}"\\ x+$/u)
  expect(found[0]?.user).toHaveLength(200)
})

test('an application whose log is not installed does not start; what is undeclared again is logged no longer', async () => {
  const bare = await createTestDatabase()
  const source = openDataSource({ url: bare.url, hooks: recordHooks(modules) })
  await expect(source.ping()).rejects.toMatchObject({ code: 'access-log-missing' })
  await expect(source.forModule('shop').query('select 1')).rejects.toMatchObject({ code: 'access-log-missing' })
  await source.close()
  await expect(installAccessLog(bare.directUrl, modules)).rejects.toMatchObject({ code: 'access-log-invalid' })
  await bare.query('create schema shop')
  await bare.query('create table shop.invoice (id int primary key, email text)')
  const one = [{ name: 'shop', access: { invoice: { key: 'id' } } }]
  await expect(
    installAccessLog(bare.directUrl, [{ name: 'shop', access: { invoice: { key: 'number' } } }]),
  ).rejects.toMatchObject({ code: 'access-log-invalid' })
  await Promise.all([1, 2, 3].map(() => installAccessLog(bare.directUrl, one)))
  await bare.query('insert into shop.invoice values (1)')
  await installAccessLog(bare.directUrl, [{ name: 'shop' }])
  await bare.query('insert into shop.invoice values (2)')
  expect(await readAccessLog(bare.directUrl)).toHaveLength(1)
  await bare.drop()
})
