// What is refused, and what PgBouncer would have made of it: each construct is sent to a real one without the refusal.
import type { SessionStateKind } from '@footing/kernel'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import { openDataSource } from '../data-source.ts'
import { sessionStateOf } from './session-state.ts'

describe('what is refused', () => {
  const refused: readonly [SessionStateKind, string][] = [
    ['session-setting', 'set statement_timeout = 5'],
    ['session-setting', 'SET SESSION search_path TO other'],
    ['session-setting', 'set role admin'],
    ['session-setting', '  reset all'],
    ['session-setting', 'discard all'],
    ['session-setting', "select set_config('app.tenant', $1, false)"],
    ['session-setting', '-- a word in front\nset work_mem = 1'],
    ['session-setting', 'select 1; set work_mem = 1'],
    ['session-setting', '/* hidden */ set work_mem = 1'],
    ['listen', 'listen orders'],
    ['listen', 'UNLISTEN *'],
    ['session-advisory-lock', 'select pg_advisory_lock(1)'],
    ['session-advisory-lock', 'select pg_try_advisory_lock ($1)'],
    ['session-advisory-lock', 'select pg_advisory_unlock_all()'],
    ['temporary-table', 'create temp table t (a int)'],
    ['temporary-table', 'CREATE TEMPORARY TABLE t AS select 1'],
    ['cursor-with-hold', 'declare c cursor with hold for select 1'],
    ['prepared-statement', 'prepare p as select 1'],
    ['prepared-statement', 'deallocate p'],
    ['sequence-memory', 'select lastval()'],
    ['loaded-library', "load 'auto_explain'"],
  ]
  test.each(refused)('%s: %s', (kind, sql) => {
    expect(sessionStateOf(sql, false)).toBe(kind)
  })

  const passed: readonly string[] = [
    'set local statement_timeout = 5',
    'set transaction isolation level serializable',
    'set constraints all deferred',
    "select set_config('app.tenant', $1, true)",
    'select pg_advisory_xact_lock(1)',
    'select pg_try_advisory_xact_lock(1)',
    'create temp table t (a int) on commit drop',
    'declare c cursor for select 1',
    "select 'set role admin; listen x; pg_advisory_lock(1)'",
    'select "set" from "listen" -- pg_advisory_lock(1)',
    'select $tag$ ; set role admin $tag$',
    'notify orders',
    'update t set a = 1',
    'select settings, reset_at, listener from loads',
    "prepare transaction 'two'",
  ]
  test.each(passed)('passes: %s', (sql) => {
    expect(sessionStateOf(sql, false)).toBeUndefined()
  })

  test('lastval is fine where it is right: inside of a transaction', () => {
    expect(sessionStateOf('select lastval()', true)).toBeUndefined()
  })

  test('whatever a string holds, it is not read as a statement', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('; set a = 1', 'listen x', 'pg_advisory_lock(1)'), (noise, bait) => {
        const quoted = `'${(noise + bait).replaceAll("'", "''")}'`
        expect(sessionStateOf(`select ${quoted} as a`, false)).toBeUndefined()
      }),
    )
  })

  test('a huge statement is read in time that grows with its length', () => {
    const text = `select ${"'a', ".repeat(200_000)} 1; select lastval()`
    expect(sessionStateOf(text, false)).toBe('sequence-memory')
    expect(sessionStateOf(`set ${'('.repeat(500_000)}`, false)).toBe('session-setting')
    expect(sessionStateOf(`select ${'/*'.repeat(200_000)}`, false)).toBeUndefined()
  })
})

describe('what PgBouncer would have made of it', () => {
  let database: TestDatabase
  const open: pg.Client[] = []
  beforeAll(async () => {
    database = await createTestDatabase()
  })
  afterEach(async () => {
    for (const client of open.splice(0)) await client.end().catch(() => undefined)
    // Whatever a test left in a server connection must not reach the next one.
    await database.terminateConnections()
  })
  afterAll(() => database?.drop())

  const connect = async (url = database.url): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => undefined)
    await client.connect()
    open.push(client)
    return client
  }

  /** Two clients; `other` then holds the one server connection that `mine` has used, so `mine` goes on with a new one. */
  const swapAfter = async (statement: string): Promise<{ readonly mine: pg.Client; readonly other: pg.Client }> => {
    const [mine, other] = [await connect(), await connect()]
    const { rows } = await mine.query(`select pg_backend_pid() as pid`)
    await mine.query(statement)
    await other.query('begin')
    const held = await other.query('select pg_backend_pid() as pid')
    expect(held.rows).toEqual(rows)
    return { mine, other }
  }

  test('set: lost for its owner, applied to a stranger', async () => {
    const { mine, other } = await swapAfter("set work_mem = '77MB'")
    expect((await mine.query('show work_mem')).rows).not.toEqual([{ work_mem: '77MB' }])
    expect((await other.query('show work_mem')).rows).toEqual([{ work_mem: '77MB' }])
  })

  test('listen: no notification arrives', async () => {
    const [listener, sender, direct] = [await connect(), await connect(), await connect(database.directUrl)]
    const heard: string[] = []
    listener.on('notification', ({ payload }) => heard.push(`pooled ${payload}`))
    const arrived = new Promise<void>((resolve) => direct.on('notification', () => resolve()))
    await direct.query('listen orders')
    await listener.query('listen orders')
    await sender.query('begin') // takes the connection that listens
    await sender.query("notify orders, '1'")
    await sender.query('commit')
    await arrived
    await listener.query('select 1')
    expect(heard).toEqual([])
  })

  test('advisory lock: a stranger holds it too, and its owner cannot release it', async () => {
    const { mine, other } = await swapAfter('select pg_advisory_lock(42)')
    expect((await other.query('select pg_try_advisory_lock(42) as got')).rows).toEqual([{ got: true }])
    expect((await mine.query('select pg_advisory_unlock(42) as released')).rows).toEqual([{ released: false }])
  })

  test('temporary table: gone for its owner, in the way of a stranger', async () => {
    const { mine, other } = await swapAfter('create temp table basket (id int)')
    await expect(mine.query('select * from basket')).rejects.toThrow('does not exist')
    await expect(other.query('create temp table basket (id int)')).rejects.toThrow('already exists')
  })

  test('cursor with hold: the owner cannot fetch, a stranger can', async () => {
    const { mine, other } = await swapAfter('declare kept cursor with hold for select 7 as seven')
    await expect(mine.query('fetch 1 from kept')).rejects.toThrow('does not exist')
    expect((await other.query('fetch 1 from kept')).rows).toEqual([{ seven: 7 }])
  })

  test('prepared statement: unknown to its owner, taken for a stranger', async () => {
    const { mine, other } = await swapAfter('prepare mine as select 1')
    await expect(mine.query('execute mine')).rejects.toThrow('does not exist')
    await expect(other.query('prepare mine as select 2')).rejects.toThrow('already exists')
  })

  test('lastval: answers for a stranger', async () => {
    const owner = await connect()
    await owner.query('create table ticket (id int generated always as identity)')
    const { mine, other } = await swapAfter('insert into ticket default values')
    await expect(mine.query('select lastval()')).rejects.toThrow('lastval is not yet defined')
    expect((await other.query('select lastval()::int as last')).rows).toEqual([{ last: 1 }])
  })

  test('through Footing each of them is refused before it is sent, and the pool stays clean', async () => {
    const source = openDataSource({ url: database.url, poolSize: 2 })
    const shop = source.forModule('shop')
    for (const sql of ['set work_mem = 1', 'listen a', 'select pg_advisory_lock(1)', 'create temp table t (a int)']) {
      await expect(shop.query(sql)).rejects.toMatchObject({ code: 'data-session-state' })
      await expect(shop.transaction((tx) => tx.query(sql))).rejects.toMatchObject({ code: 'data-session-state' })
    }
    await expect(shop.transaction((tx) => tx.query("set local work_mem = '77MB'"))).resolves.toEqual([])
    expect(await shop.query('show work_mem')).toEqual(await shop.query('show work_mem'))
    await source.close()
  })
})
