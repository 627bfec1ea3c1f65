// Names of prepared statements: used where they are kept, never where a pooler would lose them, and mended when a table changes.
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import type { Database, DataSource } from '../contract/contract.ts'
import { type DataSourceOptions, openDataSource } from '../data-source.ts'
import { compiled } from '../query/compiled-query.ts'
import { Session } from './session.ts'
import { StatementNames } from './statement-names.ts'
import { StatementWatch } from './statement-watch.ts'

interface Tables {
  item: { id: number; name: string }
}

const all = compiled<Tables, { least: number }>()((q, { least }) =>
  q.selectFrom('item').selectAll().where('id', '>=', least).orderBy('id'),
)
const rename = compiled<Tables, { id: number; name: string }>()((q, { id, name }) =>
  q.updateTable('item').set({ name }).where('id', '=', id),
)

let database: TestDatabase
let source: DataSource
let db: Database<Tables>

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  await database.query('create schema shop')
  await database.query('create table shop.item (id int primary key, name text not null)')
  await database.query(`insert into shop.item values (1, 'one'), (2, 'two')`)
})
afterEach(async () => {
  await source.close()
  await database.query('drop schema shop cascade')
})

function open(url: string, options: Partial<DataSourceOptions> = {}): void {
  source = openDataSource({ url, poolSize: 1, ...options })
  db = source.forModule<Tables>('shop')
}

/** Sends statements until the data source knows whether names are kept. */
async function known(): Promise<boolean> {
  await all.execute(db.read(), { least: 1 })
  await expect.poll(() => source.keepsPreparedStatements).toBeDefined()
  return source.keepsPreparedStatements === true
}

const namesOnServer = async () => {
  const rows = await db.query<{ statement: string }>(
    `select statement from pg_prepared_statements where name like 'footing%' order by prepare_time, name`,
  )
  return rows.map(({ statement }) => statement)
}

describe('on a direct connection', () => {
  beforeEach(async () => {
    open(database.directUrl)
    expect(await known()).toBe(true)
  })

  test('a statement is parsed once and sent by its name from then on, in and out of transactions', async () => {
    for (let least = 1; least < 4; least += 1) {
      expect(await all.execute(db.read(), { least })).toHaveLength(3 - least)
      await db.transaction(async (tx) => {
        await rename.execute(tx, { id: 1, name: `turn ${least}` })
        expect((await all.first(tx, { least: 1 }))?.name).toBe(`turn ${least}`)
      })
    }
    const [first, second, ...others] = await namesOnServer()
    expect(first).toContain('select /* shop */ * from "shop"."item"')
    expect(second).toContain('update /* shop */ "shop"."item"')
    expect(others).toEqual([])
    const [used] = await db.query<{ used: string }>(
      `select sum(generic_plans + custom_plans)::text as used from pg_prepared_statements where name like 'footing%'`,
    )
    expect(Number(used?.used)).toBe(9)
  })

  test('only what was prepared has a name', async () => {
    await db.read().selectFrom('item').selectAll().where('id', '=', 1).execute()
    await db.query('select $1::int as n', [1])
    expect(await namesOnServer()).toEqual([])
  })

  test('a table that got a column: the next call answers with it, and nobody sees an error', async () => {
    expect(await all.execute(db.read(), { least: 2 })).toEqual([{ id: 2, name: 'two' }])
    await database.query(`alter table shop.item add column stock int not null default 7`)
    expect(await all.execute(db.read(), { least: 2 })).toEqual([{ id: 2, name: 'two', stock: 7 }])
    expect(await all.execute(db.read(), { least: 2 })).toEqual([{ id: 2, name: 'two', stock: 7 }])
    expect(await namesOnServer()).toHaveLength(1)
  })

  test('the first statement of a transaction is prepared anew as well', async () => {
    await all.execute(db.read(), { least: 2 })
    await database.query(`alter table shop.item add column stock int not null default 7`)
    const rows = await db.transaction(async (tx) => {
      const found = await all.execute(tx, { least: 2 })
      await rename.execute(tx, { id: 2, name: 'after' })
      return found
    })
    expect(rows).toEqual([{ id: 2, name: 'two', stock: 7 }])
    expect(await all.first(db.read(), { least: 2 })).toEqual({ id: 2, name: 'after', stock: 7 })
  })

  test('a later statement of a transaction cannot be: a coded error, nothing stored, and retries help', async () => {
    await database.query('create table shop.unrelated (id int)')
    await all.execute(db.read(), { least: 1 })
    const changing = (retries: number) => {
      let first = true
      return db.transaction(
        async (tx) => {
          await tx.query('select 1')
          if (first) await database.query(`alter table shop.item add column extra_${retries} int`)
          first = false
          await tx.query(`insert into shop.unrelated values ($1)`, [retries])
          return all.execute(tx, { least: 2 })
        },
        { retries },
      )
    }
    await expect(changing(0)).rejects.toMatchObject({ code: 'data-statement-stale' })
    expect(await db.query('select id from shop.unrelated')).toEqual([])
    await all.execute(db.read(), { least: 2 })
    expect(await changing(1)).toMatchObject([{ id: 2, extra_0: null, extra_1: null }])
    expect(await db.query('select id from shop.unrelated')).toEqual([{ id: 1 }])
  })

  test('a failed statement keeps its name, and a failed beginning loses nothing', async () => {
    await database.query('alter table shop.item add check (name <> $$bad$$)')
    for (let turn = 0; turn < 2; turn += 1) {
      await expect(rename.execute(db.write(), { id: 1, name: 'bad' })).rejects.toMatchObject({
        code: 'data-constraint-violation',
      })
      const inside = db.transaction((tx) => rename.execute(tx, { id: 1, name: 'bad' }))
      await expect(inside).rejects.toMatchObject({ code: 'data-constraint-violation' })
    }
    await rename.execute(db.write(), { id: 1, name: 'good' })
    expect(await all.first(db.read(), { least: 1 })).toEqual({ id: 1, name: 'good' })
  })

  test('a connection keeps a bounded number: the one used longest ago makes room', async () => {
    await source.close()
    open(database.directUrl, { preparedStatements: 3 })
    expect(await known()).toBe(true)
    const numbered = Array.from({ length: 5 }, (_, n) =>
      compiled<Tables, { id: number }>()((q, { id }) =>
        q
          .selectFrom('item')
          .select((eb) => ['name', eb.lit(n).as('n')])
          .where('id', '=', id),
      ),
    )
    for (const query of numbered) await query.execute(db.read(), { id: 1 })
    await numbered[2]?.execute(db.read(), { id: 1 })
    await numbered[0]?.execute(db.read(), { id: 1 })
    expect((await namesOnServer()).map((text) => /(\d) as "n"/.exec(text)?.[1]).toSorted()).toEqual(['0', '2', '4'])
    for (const query of numbered) expect(await query.execute(db.read(), { id: 1 })).toHaveLength(1)
  })

  test('0 switches names off', async () => {
    await source.close()
    open(database.directUrl, { preparedStatements: 0 })
    for (let turn = 0; turn < 3; turn += 1) await all.execute(db.read(), { least: 1 })
    expect(source.keepsPreparedStatements).toBe(false)
    expect(await namesOnServer()).toEqual([])
  })
})

describe('behind a pooler that passes names on', () => {
  test('names are not used: two data sources share server connections and nothing collides', async () => {
    open(database.url)
    expect(await known()).toBe(false)
    const other = openDataSource({ url: database.url, poolSize: 4 })
    const theirs = other.forModule<Tables>('shop')
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => all.execute((n % 2 === 0 ? db : theirs).read(), { least: 2 })),
    )
    expect(answers.every((rows) => rows.length === 1)).toBe(true)
    expect(await namesOnServer()).toEqual([])
    await other.close()
  })

  test('a name that is lost all the same: the statement is sent without, and no name is used again', async () => {
    open(database.url)
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    // Believes what a direct connection would have answered, as after a move of the address to a pooler.
    const names = new StatementNames({ most: 10, use: async () => true as never })
    const environment = {
      address: '',
      now: Date.now,
      cancel: async () => undefined,
      watch: new StatementWatch(Date.now),
      names,
    }
    const session = new Session(client, environment)
    const context = { module: 'shop', scope: undefined }
    const send = () => session.execute('select name from shop.item where id = $1', [1], context, { prepared: true })
    await send()
    await expect.poll(() => names.kept).toBe(true)
    await send()
    // The server connection that knows the name goes away, as when the pooler gives this client another one.
    await database.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    )
    expect((await send()).rows).toEqual([{ name: 'one' }])
    expect(names.kept).toBe(false)
    expect((await send()).rows).toEqual([{ name: 'one' }])
    await client.end()
  })
})

test('a question without an answer is asked again later, and statements go on meanwhile', async () => {
  open(database.directUrl)
  let asked = 0
  const names = new StatementNames({
    most: 10,
    use: async () => {
      asked += 1
      return await source.forModule('x').transaction(async (tx) => (await tx.query('selec 1')) as never)
    },
  })
  const client = new pg.Client()
  for (let turn = 0; turn < 5; turn += 1) expect(names.take(client, 'select 1')).toBeUndefined()
  expect(asked).toBe(1)
  expect(names.kept).toBeUndefined()
})
