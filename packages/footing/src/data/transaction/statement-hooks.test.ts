// Hooks of a capability that data does not know: a setting before each write, notes of what was read, a state with a meaning.
import { defineErrors, isFootingError } from '@footing/kernel'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import type { Database, DataSource } from '../contract/contract.ts'
import type { StatementHooks } from '../contract/statement-hooks.ts'
import { openDataSource } from '../data-source.ts'

const hookErrors = defineErrors({
  'hook-says-no': { status: 409, retryable: false, what: 'No.', why: 'A trigger said so.', remedy: 'Ask it.' },
})

let database: TestDatabase
let source: DataSource
let db: Database<unknown>
let prepared = 0
let most = 1000

const hooks: StatementHooks = {
  async prepare(send) {
    prepared += (await send('select $1::int as one', [1])).rows.length
  },
  beforeWrite: (module) => `select set_config('hook.module', '${module}', true)`,
  noteReads: () => {
    let seen: string[] = []
    return {
      see(text) {
        if (text.includes('shop.item')) seen.push(text.split(' ')[0] ?? '')
        return seen.length > most
      },
      take() {
        if (seen.length === 0) return undefined
        const values = [seen.join()]
        seen = []
        return { text: 'insert into shop.note (said) values ($1)', values }
      },
    }
  },
  explainFault: (state, cause) => (state === 'HK001' ? hookErrors('hook-says-no', { cause }) : undefined),
}

beforeAll(async () => {
  database = await createTestDatabase()
  await database.query(`create schema shop; create table shop.item (name text, by text default current_setting('hook.module', true));
    create table shop.note (said text);
    create function shop.refuse() returns trigger language plpgsql as
      $$ begin if new.name = 'never' then raise exception 'no' using errcode = 'HK001'; end if; return new; end $$;
    create trigger refuse before insert on shop.item for each row execute function shop.refuse()`)
  source = openDataSource({ url: database.url, poolSize: 2, hooks })
  db = source.forModule('shop')
  await source.ping()
})

afterAll(async () => {
  await source.close()
  await database.drop()
})

beforeEach(() => database.query('truncate shop.item, shop.note'))

const notes = async () => (await database.query('select said from shop.note')).map(({ said }) => said)

test('prepare runs with the first ping', () => expect(prepared).toBe(1))

test('what stands before a write is in its transaction, costs no row of the answer, and is gone afterwards', async () => {
  expect(await db.query("insert into shop.item (name) values ('plain') returning by")).toEqual([{ by: 'shop' }])
  expect(await db.query('insert into shop.item (name) values ($1) returning by', ['valued'])).toEqual([{ by: 'shop' }])
  await db.query("insert into shop.item (name) values ('one'); insert into shop.item (name) values ('two')")
  await db.transaction((tx) => tx.query('insert into shop.item (name) values ($1)', ['inside']))
  expect(await database.query('select distinct by from shop.item')).toEqual([{ by: 'shop' }])
  expect(await database.query("select count(*)::int as count from shop.item where by = 'shop'")).toEqual([{ count: 5 }])
  // A connection of the pooler that has served a write knows nothing of it any more.
  const other = openDataSource({ url: database.url })
  const [left] = await other
    .forModule('shop')
    .query<{ module: string }>("select current_setting('hook.module', true) as module")
  expect(left?.module || '').toBe('')
  await other.close()
})

test('notes of a single read are written before its rows are given out', async () => {
  await db.query('select * from shop.item')
  expect(await notes()).toEqual(['select'])
})

test('notes of a transaction are written with its commit, and also when it is rolled back', async () => {
  await db.transaction(async (tx) => {
    await tx.query('select * from shop.item')
    await tx.query('select * from shop.item')
    expect(await notes()).toEqual([])
  })
  expect(await notes()).toEqual(['select,select'])
  const failed = db.transaction(async (tx) => {
    await tx.query('select * from shop.item')
    throw new Error('changed its mind')
  })
  await expect(failed).rejects.toThrow('changed its mind')
  expect(await notes()).toEqual(['select,select', 'select'])
})

test('notes that become many are written at once', async () => {
  most = 1
  await db.transaction(async (tx) => {
    await tx.query('select * from shop.item')
    await tx.query('select * from shop.item')
    expect(await notes()).toEqual(['select,select'])
  })
  most = 1000
})

test('a state of a trigger gets the code of its owner, every other one that of data', async () => {
  const codeOf = (work: Promise<unknown>) => work.then(String, (error: unknown) => isFootingError(error) && error.code)
  expect(await codeOf(db.query("insert into shop.item (name) values ('never')"))).toBe('hook-says-no')
  expect(await codeOf(db.transaction((tx) => tx.query("insert into shop.item (name) values ('never')")))).toBe(
    'hook-says-no',
  )
  expect(await codeOf(db.query('insert into shop.absent values (1)'))).toBe('data-query-failed')
})

test('a prepared write is sent again with what stands before it when its table has changed', async () => {
  const direct = openDataSource({ url: database.directUrl, poolSize: 1, hooks })
  const shop = direct.forModule('shop')
  await direct.ping()
  const insert = () => shop.query("insert into shop.item (name) values ('again') returning *")
  for (let turn = 0; turn < 2; turn += 1) await insert()
  await expect.poll(() => direct.keepsPreparedStatements).toBe(true)
  for (let turn = 0; turn < 3; turn += 1) {
    await database.query(`alter table shop.item add column turn_${turn} int default ${turn}`)
    const [row] = await insert()
    expect(row).toMatchObject({ name: 'again', by: 'shop', [`turn_${turn}`]: turn })
    expect(await insert()).toEqual([row])
  }
  expect(await database.query('select count(*)::int as count from shop.item')).toEqual([{ count: 8 }])
  await direct.close()
})
