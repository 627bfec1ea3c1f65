// Names of prepared statements: used where they are kept, never where a pooler would lose them, and mended when a table changes.
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import type { Database, DataSource } from '../contract/contract.ts'
import { type DataSourceOptions, openDataSource } from '../data-source.ts'
import { compiled } from '../query/compiled-query.ts'
import { RowStream } from './row-stream.ts'
import { Session } from './session.ts'
import { StatementNames } from './statement-names.ts'
import { StatementWatch } from './statement-watch.ts'

interface Tables {
  item: { id: number; name: string }
}

const all = compiled<Tables, { least: number }>()((q, { least }) =>
  q.selectFrom('item').selectAll().where('id', '>=', least).orderBy('id'),
)
const byId = compiled<Tables, { id: number }>()((q, { id }) =>
  q.selectFrom('item').select(['id', 'name']).where('id', '=', id),
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

/** Sends statements until the data source knows whether names are kept; all of them have come once then. */
async function known(): Promise<boolean> {
  for (let turn = 0; turn < 2; turn += 1) await all.execute(db.read(), { least: 1 })
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

  test('a statement that comes again is parsed once and sent by its name from then on, in and out of transactions', async () => {
    for (let turn = 0; turn < 4; turn += 1) {
      expect(await all.execute(db.read(), { least: 2 })).toEqual([{ id: 2, name: turn === 0 ? 'two' : 'turn 0' }])
      await db.transaction(async (tx) => {
        await rename.execute(tx, { id: 2, name: 'turn 0' })
        expect(await byId.first(tx, { id: 2 })).toEqual({ id: 2, name: 'turn 0' })
      })
    }
    const [first, second, third, ...others] = await namesOnServer()
    expect(first).toContain('select /* shop */ * from "shop"."item"')
    expect(second).toContain('update /* shop */ "shop"."item"')
    expect(third).toContain('select /* shop */ "id", "name" from')
    expect(others).toEqual([])
    const [used] = await db.query<{ used: string }>(
      `select sum(generic_plans + custom_plans)::text as used from pg_prepared_statements where name like 'footing%'`,
    )
    // Each but the first time; the first of all had come before.
    expect(Number(used?.used)).toBe(4 + 3 + 3)
  })

  test('what the query builder writes and plain SQL get names as well, one that comes once does not', async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      await db.read().selectFrom('item').selectAll().where('id', '=', turn).execute()
      await db
        .write()
        .updateTable('item')
        .set({ name: `turn ${turn}` })
        .where('id', '=', 1)
        .execute()
      await db.query('select name from shop.item where id = $1', [turn])
      await sql`select ${turn}::int + 1 as n`.execute(db.read())
      await db.query(`select ${turn} as once`)
    }
    const texts = await namesOnServer()
    expect(texts).toHaveLength(4)
    expect(texts.filter((text) => text.includes('once'))).toEqual([])
  })

  test('several statements in one text, and those without a plan, are sent as they were', async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      const both = await db.query<{ n: number }>('select 1 as n; select 2 as n')
      expect(both).toBeUndefined()
      await db.query('analyze shop.item')
      await db.query('explain select 1')
    }
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

  test('a later statement with all columns goes without a name, so that a new column fails nobody', async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      const rows = await db.transaction(async (tx) => {
        await tx.query('select 1')
        await database.query(`alter table shop.item add column extra_${turn} int`)
        return all.execute(tx, { least: 2 })
      })
      expect(Object.keys(rows[0] ?? {})).toHaveLength(3 + turn)
    }
  })

  test('a column with another type fails a later statement: a coded error, nothing stored, and retries help', async () => {
    await database.query('create table shop.unrelated (id int)')
    for (let turn = 0; turn < 2; turn += 1) await byId.execute(db.read(), { id: 1 })
    const changing = (retries: number, type: string) => {
      let first = true
      return db.transaction(
        async (tx) => {
          await tx.query('select 1')
          if (first) await database.query(`alter table shop.item alter column name type ${type}`)
          first = false
          await tx.query(`insert into shop.unrelated values ($1)`, [retries])
          return byId.execute(tx, { id: 2 })
        },
        { retries },
      )
    }
    await expect(changing(0, 'varchar(50)')).rejects.toMatchObject({ code: 'data-statement-stale' })
    expect(await db.query('select id from shop.unrelated')).toEqual([])
    await byId.execute(db.read(), { id: 2 })
    expect(await changing(1, 'varchar(60)')).toEqual([{ id: 2, name: 'two' }])
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
    for (const query of [...numbered, ...numbered]) await query.execute(db.read(), { id: 1 })
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

  test('a name that is lost all the same: the statement is sent without, and so are all until the question is asked again', async () => {
    open(database.url)
    const client = new pg.Client({ connectionString: database.url })
    RowStream.before(client)
    await client.connect()
    // Believes what a direct connection would have answered, as after a move of the address to a pooler.
    const now = { ms: 0 }
    const names = new StatementNames({ most: 10, use: async () => 'server' as never, elapsed: () => now.ms })
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
    await send()
    await expect.poll(() => names.kept).toBe(true)
    await send()
    // The server connection that knows the name goes away, as when the pooler gives this client another one.
    await database.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    )
    expect((await send()).rows).toEqual([{ name: 'one' }])
    expect(names.kept).toBeUndefined()
    expect((await send()).rows).toEqual([{ name: 'one' }])
    expect(names.kept).toBeUndefined()
    now.ms += 5_001
    await send()
    await expect.poll(() => names.kept).toBe(true)
    expect((await send()).rows).toEqual([{ name: 'one' }])
    await client.end()
  })
})

test('a question without an answer is asked again later, and statements go on meanwhile', async () => {
  open(database.directUrl)
  let asked = 0
  const names = new StatementNames({
    most: 10,
    elapsed: () => 0,
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
