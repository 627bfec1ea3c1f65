// Every statement that comes again is prepared: the answers are those of unprepared ones, whatever happens to connection and schema.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import type { Database, DataSource, QueryScope } from '../contract/contract.ts'
import { type DataSourceOptions, openDataSource } from '../data-source.ts'

interface Tables {
  item: { id: number; name: string }
}

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
  await database.query('create table shop.item (id int primary key, name text not null)')
  await database.query(`insert into shop.item select n, 'name ' || n from generate_series(1, 50) n`)
})
afterEach(async () => {
  await source.close()
  await database.query('drop schema shop cascade')
})

async function open(url: string, options: Partial<DataSourceOptions> = {}): Promise<void> {
  source = openDataSource({ url, poolSize: 1, scope: () => scope, ...options })
  db = source.forModule<Tables>('shop')
  for (let turn = 0; turn < 2; turn += 1) await db.query('select 1 as known')
  await expect.poll(() => source.keepsPreparedStatements).toBeDefined()
}

const name = (id: number) => db.read().selectFrom('item').select('name').where('id', '=', id).executeTakeFirst()
const namesOnServer = () =>
  db.query<{ name: string; statement: string }>(
    `select name, statement from pg_prepared_statements where name like 'footing%' order by prepare_time, name`,
  )
/** Runs SQL in the one connection of the pool that could not be sent to it. */
async function inside(text: string): Promise<void> {
  await database.query(
    `create or replace function shop.inside(text) returns int language plpgsql as 'begin execute $1; return 1; end'`,
  )
  await db.query('select shop.inside($1)', [text])
}

const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown)
const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', '').toWellFormed())
const bytes = fc.uint8Array({ maxLength: 40 }).map((value) => Buffer.from(value))
const row = fc.record({
  text: fc.option(text),
  number: fc.option(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  long: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  real: fc.double({ noNaN: true }),
  yes: fc.boolean(),
  at: fc.option(fc.date({ min: new Date('1900-01-01'), max: new Date('2900-01-01'), noInvalidDate: true })),
  json: json.filter((value) => value !== null),
  list: fc.array(text, { maxLength: 4 }),
  bytes,
})

describe.each([
  ['direct', () => database.directUrl],
  ['through PgBouncer', () => database.url],
])('%s', (_way, url) => {
  beforeEach(() => open(url()))

  test('any values come back as they do unprepared, also null, in one form of row and another', async () => {
    const plain = openDataSource({ url: url(), poolSize: 1, preparedStatements: 0 })
    const echo = `select $1::text as text, $2::int as number, $3::int8 as long, $4::float8 as real, $5::bool as yes,
      $6::timestamptz as at, $7::jsonb as json, $8::text[] as list, $9::bytea as bytes`
    await fc.assert(
      fc.asyncProperty(row, async (value) => {
        const values = [value.text, value.number, value.long, value.real, value.yes, value.at]
        const rest = [JSON.stringify(value.json), value.list, value.bytes]
        const answers = await Promise.all(
          [db, plain.forModule('shop')].map((each) => each.query(echo, [...values, ...rest])),
        )
        expect(answers[0]).toEqual(answers[1])
        expect(answers[0]).toEqual([{ ...value, long: String(value.long), real: value.real + 0 }])
        expect(Object.keys(answers[0]?.[0] ?? {})).toEqual(Object.keys(value))
      }),
      { numRuns: 60 },
    )
    await plain.close()
  })

  test('rows, numbers of rows and answers without columns are what they are unprepared', async () => {
    for (let turn = 0; turn < 4; turn += 1) {
      const changed = await db.write().updateTable('item').set({ name: 'x' }).where('id', '<=', turn).executeTakeFirst()
      expect(changed).toEqual({ numUpdatedRows: BigInt(turn), numChangedRows: undefined })
      const stored = { id: 100 + turn, name: 'new' }
      expect(await db.write().insertInto('item').values(stored).returning(['id', 'name']).execute()).toEqual([stored])
      expect(await db.write().deleteFrom('item').where('id', '=', stored.id).executeTakeFirst()).toEqual({
        numDeletedRows: 1n,
      })
      expect(await db.read().selectFrom('item').selectAll().where('id', '=', -1).execute()).toEqual([])
      // Two columns of one name: the last one wins, as the driver has it.
      expect(await db.query('select 1 as n, 2 as n')).toEqual([{ n: 2 }])
      expect(await db.query('select from shop.item limit 2')).toEqual([{}, {}])
    }
  })

  test('hostile texts: nothing is cut off, closed or mixed up', async () => {
    const texts = [
      ['select $1::text as "a""; drop table shop.item; --"', 'a"; drop table shop.item; --'],
      [`select /* '; */ $1::text as a -- "`, 'a'],
      [`select $1::text as "${'é'.repeat(31)}"`, 'é'.repeat(31)],
      [`with x as (select $1::text as "😀") select * from x`, '😀'],
      [`select $1::text as a where 'x' <> '${'y'.repeat(100_000)}'`, 'a'],
    ] as const
    for (let turn = 0; turn < 3; turn += 1) {
      for (const [statement, column] of texts) {
        expect(await db.query(statement, ["'; select 1; --"])).toEqual([{ [column]: "'; select 1; --" }])
      }
      await expect(db.query('select $1::text as a\0, 1', ['x'])).rejects.toMatchObject({ code: 'data-invalid-value' })
      await expect(db.query('select $1::text as a', ['\0'])).rejects.toMatchObject({ code: 'data-invalid-value' })
    }
    expect(await name(1)).toEqual({ name: 'name 1' })
  })

  test('migrations under load: columns come, go and change their place, and no request fails', async () => {
    await source.close()
    await open(url(), { poolSize: 8 })
    let stop = false
    let requests = 0
    const work = [
      () => name(1),
      () => db.read().selectFrom('item').selectAll().where('id', '=', 2).execute(),
      () =>
        db
          .write()
          .insertInto('item')
          .values({ id: 1, name: 'x' })
          .onConflict((on) => on.doNothing())
          .execute(),
      () =>
        db.transaction(async (tx) => {
          await tx.updateTable('item').set({ name: 'y' }).where('id', '=', 3).returningAll().execute()
          await tx.selectFrom('item').selectAll().where('id', '=', 4).forUpdate().execute()
          return tx.selectFrom('item').select('name').where('id', '=', 5).execute()
        }),
      () => sql`select count(*) as n, max(name) as last from shop.item where id < ${10}`.execute(db.read()),
    ]
    const clients = Array.from({ length: 12 }, async (_, client) => {
      for (let turn = client; !stop; turn += 1) {
        await work[turn % work.length]?.()
        requests += 1
      }
    })
    for (let turn = 0; turn < 15; turn += 1) {
      await database.query(`alter table shop.item add column extra_${turn} int default ${turn}`)
      const before = requests
      await expect.poll(() => requests).toBeGreaterThan(before + 40)
      if (turn % 3 === 2) await database.query(`alter table shop.item drop column extra_${turn - 1}`)
    }
    stop = true
    await Promise.all(clients)
    expect(Object.keys((await db.read().selectFrom('item').selectAll().executeTakeFirst()) ?? {})).toHaveLength(2 + 10)
  })

  test('10,000 statements that come twice: the server keeps as many as it is told to, and the process little', async () => {
    await source.close()
    await open(url(), { preparedStatements: 50 })
    const before = heap()
    for (let turn = 0; turn < 2; turn += 1) {
      for (let n = 0; n < 10_000; n += 100) {
        const sent = Array.from({ length: 100 }, (_, at) =>
          db.query<{ n: number }>(`select $1::int as n, ${n + at} as x`, [n]),
        )
        expect((await Promise.all(sent)).every(([found]) => found?.n === n)).toBe(true)
      }
    }
    expect((await namesOnServer()).length).toBeLessThanOrEqual(50)
    expect(heap() - before).toBeLessThan(4 * 2 ** 20)
  }, 60_000)
})

function heap(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

describe('direct', () => {
  beforeEach(() => open(database.directUrl))

  test('somebody has thrown all names away: the next statement is answered, in a transaction it says so', async () => {
    for (let turn = 0; turn < 3; turn += 1) await name(1)
    expect(await namesOnServer()).not.toEqual([])
    await inside('deallocate all')
    expect(await name(2)).toEqual({ name: 'name 2' })
    expect(source.keepsPreparedStatements).toBeUndefined()
    expect(await name(3)).toEqual({ name: 'name 3' })
  })

  test('a name of ours that the application has taken: the statement is answered', async () => {
    for (let turn = 0; turn < 2; turn += 1) await name(1)
    const [known] = await namesOnServer()
    const [, prefix = '', number = ''] = /^(footing_\w+_)(\d+)$/.exec(known?.name ?? '') ?? []
    // The two below are named before the clash is met.
    for (let next = Number(number) + 1; next < Number(number) + 6; next += 1) {
      await inside(`prepare ${prefix}${next} as select 'not what was asked' as name`)
    }
    for (let id = 1; id < 5; id += 1) {
      const found = await db.read().selectFrom('item').select(['name', 'id']).where('id', '=', id).execute()
      expect(found).toEqual([{ id, name: `name ${id}` }])
    }
  })

  test('the deadline passes while it is prepared: coded, and the next one is prepared as if nothing had been', async () => {
    await name(1)
    const holder = openDataSource({ url: database.directUrl, poolSize: 1 })
    const locked = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const holding = holder.forModule('shop').transaction(async (tx) => {
      await tx.query('lock table shop.item in access exclusive mode')
      locked.resolve()
      await release.promise
    })
    await locked.promise
    scope = { deadlineAt: Date.now() + 100 }
    // Parsing waits for the lock: the name was sent and is not there.
    await expect(name(1)).rejects.toMatchObject({ code: 'data-timeout' })
    scope = undefined
    release.resolve()
    await holding
    await holder.close()
    for (let id = 1; id < 4; id += 1) expect(await name(id)).toEqual({ name: `name ${id}` })
    expect((await namesOnServer()).filter(({ statement }) => statement.includes('"shop"."item"'))).toHaveLength(1)
  })

  test('a connection that was cut: names are made anew on the next one', async () => {
    for (let turn = 0; turn < 3; turn += 1) await name(1)
    await database.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    )
    for (let id = 1; id < 4; id += 1) expect(await name(id)).toEqual({ name: `name ${id}` })
    expect((await namesOnServer()).filter(({ statement }) => statement.includes('"shop"."item"'))).toHaveLength(1)
  })

  test('a right that was taken away, and one that was given, count for prepared statements at once', async () => {
    await database.query(
      `create role shop_reader_${process.pid}; grant usage on schema shop to shop_reader_${process.pid}`,
    )
    await source.close()
    await open(database.directUrl, { roleOf: () => `shop_reader_${process.pid}` })
    try {
      for (const [right, answer] of [
        ['grant select on shop.item to', true],
        ['revoke select on shop.item from', false],
        ['grant select on shop.item to', true],
      ] as const) {
        await database.query(`${right} shop_reader_${process.pid}`)
        for (let turn = 0; turn < 3; turn += 1) {
          if (answer) expect(await name(1)).toEqual({ name: 'name 1' })
          else await expect(name(1)).rejects.toMatchObject({ code: 'data-foreign-table' })
        }
      }
    } finally {
      await database.query(`drop owned by shop_reader_${process.pid}; drop role shop_reader_${process.pid}`)
    }
  })
})
