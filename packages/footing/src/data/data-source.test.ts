// The data source through PgBouncer in transaction mode: queries, transactions, errors, deadlines, and a server that comes and goes.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isFootingError } from '@footing/kernel'
import { type Generated, sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ChaosProxy, openChaosProxy } from '../testing/chaos-proxy.ts'
import { queryCounter } from '../testing/counted-data/query-counter.ts'
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts'
import type { Database, DataSource, QueryScope } from './contract/contract.ts'
import { openDataSource } from './data-source.ts'

interface ShopTables {
  item: { id: Generated<string>; name: string; stock: Generated<number> }
}

let folder: string
let database: TestDatabase
let source: DataSource
let db: Database<ShopTables>
let scope: QueryScope | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing-data-'))
  await writeFile(
    join(folder, '0001-item.sql'),
    `create table item (
       id bigint generated always as identity primary key,
       name text not null unique,
       stock int not null default 0 check (stock >= 0)
     )`,
  )
})

afterAll(() => rm(folder, { recursive: true }))

beforeEach(async () => {
  const migrations = [{ module: 'shop', needs: [], folder: pathToFileURL(`${folder}/`) }]
  database = await createTestDatabase({ migrations })
  scope = undefined
  source = openDataSource({ url: database.url, scope: () => scope, poolSize: 4, acquireTimeoutMs: 1000 })
  db = source.forModule<ShopTables>('shop')
})

afterEach(async () => {
  await source.close()
  await database.drop()
})

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (isFootingError(error) ? error.code : `not coded: ${String(error)}`),
  )

const insert = (name: string, stock = 0) => db.write().insertInto('item').values({ name, stock }).execute()
const names = async () =>
  (await db.read().selectFrom('item').select('name').orderBy('id').execute()).map(({ name }) => name)
const sleepersOnServer = async () => {
  const rows = await db.query(
    `select 1 from pg_stat_activity where state = 'active' and query like '%pg_sleep%' and pid <> pg_backend_pid() and datname = current_database()`,
  )
  return rows.length
}

describe('queries', () => {
  test.each([`Robert'); drop table shop.item; --`, '$1', '\\', '"', '/* */ --', '日本 🎉', '', `E'\\\\'`, '%_'])(
    'the text %j comes back as it was',
    async (text) => {
      await insert(text)
      expect(await names()).toEqual([text])
      const found = await db.read().selectFrom('item').select('name').where('name', '=', text).execute()
      expect(found).toEqual([{ name: text }])
    },
  )

  test('an identifier from outside cannot leave its quotes', async () => {
    const hostile = 'name" from shop.item; drop table shop.item; --' as 'name'
    expect(await codeOf(db.read().selectFrom('item').select(hostile).execute())).toBe('data-query-failed')
    expect(await codeOf(db.read().selectFrom('item').select('name').orderBy(sql.ref(hostile)).execute())).toBe(
      'data-query-failed',
    )
    expect(await names()).toEqual([])
  })

  test('a NUL byte, too long a number and too many parameters are the input’s fault', async () => {
    expect(await codeOf(insert('a\u0000b'))).toBe('data-invalid-value')
    expect(await codeOf(insert('a', 2 ** 40))).toBe('data-invalid-value')
    const many = Array.from({ length: 40_000 }, (_, index) => ({ name: `n${index}`, stock: 1 }))
    expect(await codeOf(db.write().insertInto('item').values(many).execute())).toBe('data-invalid-value')
    expect(await names()).toEqual([])
  })

  test('a text of 20 MB goes there and back', async () => {
    const long = 'x'.repeat(20 * 1024 * 1024)
    await db.query('create table shop.long (body text)')
    await db.query('insert into shop.long values ($1)', [long])
    const rows = await db.query<{ size: number }>('select length(body) as size from shop.long')
    expect(rows).toEqual([{ size: long.length }])
  })

  test('constraints have codes, and messages without the values of the row', async () => {
    await insert('private@example.org')
    const error = await insert('private@example.org').catch((e: unknown) => e)
    expect(isFootingError(error, 'data-unique-violation') && error.details).toMatchObject({
      columns: 'name',
      constraint: 'item_name_key',
    })
    expect(JSON.stringify(error)).not.toContain('private@example.org')
    expect(await codeOf(insert('b', -1))).toBe('data-constraint-violation')
    expect(await codeOf(db.query('selec 1'))).toBe('data-query-failed')
  })

  test('two at once: one row and one coded refusal', async () => {
    const outcomes = await Promise.all([codeOf(insert('same')), codeOf(insert('same'))])
    expect(outcomes.toSorted()).toEqual(['data-unique-violation', 'none'])
  })

  test('a statement says who sent it, and cannot be made to say more', async () => {
    scope = { route: 'GET /x */ drop table shop.item; --' }
    const [row] = await db.query<{ query: string }>('select query from pg_stat_activity where pid = pg_backend_pid()')
    expect(row?.query).toMatch(/^select \/\* shop GET \/x _\/ drop table shop.item_ -- \*\/ query from/)
    expect(await names()).toEqual([])
  })

  test('queries are counted per route, repetitions found', async () => {
    const counter = queryCounter()
    const counted = openDataSource({ url: database.url, scope: () => counter.observe({ route: 'GET /items' }) })
    const items = counted.forModule<ShopTables>('shop')
    for (const name of ['a', 'b', 'c'])
      await items.read().selectFrom('item').selectAll().where('name', '=', name).execute()
    await items.transaction((tx) => tx.selectFrom('item').select('id').execute())
    expect(counter.count('GET /items')).toBe(4)
    expect(counter.repeated()).toMatchObject([{ route: 'GET /items', times: 3 }])
    await counted.close()
  })
})

describe('transactions', () => {
  test('what throws is undone and passed on', async () => {
    const thrown = new Error('changed my mind')
    const outcome = db.transaction(async (tx) => {
      await tx.insertInto('item').values({ name: 'a' }).execute()
      throw thrown
    })
    await expect(outcome).rejects.toBe(thrown)
    expect(await names()).toEqual([])
  })

  test('a savepoint undoes only its own part', async () => {
    await db.transaction(async (tx) => {
      await tx.insertInto('item').values({ name: 'kept' }).execute()
      const inner = tx.savepoint(async (inside) => {
        await inside.insertInto('item').values({ name: 'undone' }).execute()
        await inside.insertInto('item').values({ name: 'kept' }).execute()
      })
      expect(await codeOf(inner)).toBe('data-unique-violation')
      await tx.insertInto('item').values({ name: 'after' }).execute()
    })
    expect(await names()).toEqual(['kept', 'after'])
  })

  test('a dropped error does not become a silent rollback', async () => {
    const outcome = db.transaction(async (tx) => {
      await tx.insertInto('item').values({ name: 'a' }).execute()
      await tx
        .insertInto('item')
        .values({ name: 'a' })
        .execute()
        .catch(() => undefined)
    })
    expect(await codeOf(outcome)).toBe('data-transaction-failed')
    expect(await names()).toEqual([])
  })

  test('a handle that escaped is refused', async () => {
    const escaped = await db.transaction(async (tx) => tx)
    expect(await codeOf(escaped.insertInto('item').values({ name: 'late' }).execute())).toBe('data-transaction-over')
    expect(await names()).toEqual([])
  })

  test('serialisation failures: refused by default, run again where that is declared safe', async () => {
    await insert('counter')
    const add = (retries: number) =>
      db.transaction(
        async (tx) => {
          const { stock } = await tx.selectFrom('item').select('stock').executeTakeFirstOrThrow()
          await tx
            .updateTable('item')
            .set({ stock: stock + 1 })
            .execute()
        },
        { isolation: 'serializable', retries },
      )
    const without = await Promise.all(Array.from({ length: 4 }, () => codeOf(add(0))))
    expect(without.filter((outcome) => outcome !== 'none' && outcome !== 'data-serialization-failure')).toEqual([])
    await db.write().updateTable('item').set({ stock: 0 }).execute()
    await Promise.all(Array.from({ length: 4 }, () => add(50)))
    expect(await db.read().selectFrom('item').select('stock').execute()).toEqual([{ stock: 4 }])
  })

  test('a deadlock has a code, and both succeed with retries', async () => {
    await insert('a')
    await insert('b')
    const lockBoth = (first: string, second: string, retries: number) => {
      let once = true
      return db.transaction(
        async (tx) => {
          const touch = (name: string) =>
            tx.updateTable('item').set({ stock: sql`stock + 1` }).where('name', '=', name).execute()
          await touch(first)
          if (once) await meet()
          once = false
          await touch(second)
        },
        { retries },
      )
    }
    let arrived = 0
    let go: () => void = () => undefined
    let both = new Promise<void>((resolve) => {
      go = resolve
    })
    const meet = () => {
      arrived += 1
      if (arrived === 2) go()
      return both
    }
    const outcomes = await Promise.all([codeOf(lockBoth('a', 'b', 0)), codeOf(lockBoth('b', 'a', 0))])
    expect(outcomes.toSorted()).toEqual(['data-deadlock', 'none'])

    arrived = 0
    both = new Promise((resolve) => {
      go = resolve
    })
    expect(await Promise.all([codeOf(lockBoth('a', 'b', 3)), codeOf(lockBoth('b', 'a', 3))])).toEqual(['none', 'none'])
  })

  test('read-only is enforced by the server', async () => {
    const outcome = db.transaction((tx) => tx.insertInto('item').values({ name: 'a' }).execute(), { readOnly: true })
    expect(await codeOf(outcome)).toBe('data-read-only')
  })

  test('limits are local: nothing is left for the next one on the same connection', async () => {
    const one = openDataSource({ url: database.url, poolSize: 1 })
    const single = one.forModule('shop')
    await single.transaction((tx) => tx.query('select 1'), { timeoutMs: 900, lockTimeoutMs: 700 })
    const settings = await single.query<{ name: string; setting: string }>(
      `select name, setting from pg_settings where name in ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')`,
    )
    expect(settings.map(({ setting }) => setting)).toEqual(['0', '0', '0'])
    await one.close()
  })

  test('waiting for a lock ends', async () => {
    await insert('a')
    await db.transaction(async (tx) => {
      await tx.updateTable('item').set({ stock: 1 }).execute()
      const other = db.transaction((inner) => inner.updateTable('item').set({ stock: 2 }).execute(), {
        lockTimeoutMs: 40,
      })
      expect(await codeOf(other)).toBe('data-lock-timeout')
    })
  })
})

describe('deadlines and callers that leave', () => {
  test.each([
    ['a single statement', () => db.query('select pg_sleep(60)')],
    ['a transaction', () => db.transaction((tx) => tx.query('select pg_sleep(60)'))],
  ])('the deadline of the scope stops %s on the server too', async (_what, work) => {
    scope = { deadlineAt: Date.now() + 80 }
    expect(await codeOf(work())).toBe('data-timeout')
    scope = undefined
    await expect.poll(sleepersOnServer).toBe(0)
    expect(await codeOf(insert('the pool is fine'))).toBe('none')
  })

  test.each([
    ['a single statement', () => db.query('select pg_sleep(60)')],
    ['a transaction', () => db.transaction((tx) => tx.query('select pg_sleep(60)'))],
  ])('an abort stops %s on the server too', async (_what, work) => {
    const controller = new AbortController()
    scope = { signal: controller.signal }
    const outcome = codeOf(work())
    scope = undefined
    await expect.poll(sleepersOnServer).toBe(1)
    controller.abort()
    expect(await outcome).toBe('data-cancelled')
    await expect.poll(sleepersOnServer).toBe(0)
  })

  test('after the deadline nothing is sent', async () => {
    scope = { deadlineAt: Date.now() - 1 }
    expect(await codeOf(insert('late'))).toBe('data-timeout')
    scope = undefined
    expect(await names()).toEqual([])
  })

  test('a pool that is used up answers in time, and those who hang up leave the line', async () => {
    const held = Array.from({ length: 4 }, () => db.query('select pg_sleep(2)'))
    await expect.poll(() => source.stats.open).toBe(4)
    const controller = new AbortController()
    scope = { deadlineAt: Date.now() + 60 }
    const late = codeOf(names())
    scope = { signal: controller.signal }
    const leaving = codeOf(names())
    scope = undefined
    expect(source.stats.waiting).toBe(2)
    controller.abort()
    expect(await leaving).toBe('data-cancelled')
    expect(await late).toBe('data-pool-exhausted')
    expect(await codeOf(names())).toBe('data-pool-exhausted')
    await Promise.all(held)
  })

  test('400 callers at once on 4 connections all get their answer', async () => {
    // With the patience that a crowded machine needs: what is shown is that nobody is forgotten.
    const patient = openDataSource({ url: database.url, poolSize: 4, acquireTimeoutMs: 30_000 })
    const asked = patient.forModule('content')
    const answers = await Promise.all(
      Array.from({ length: 400 }, (_, n) => asked.query<{ n: number }>('select $1::int as n', [n])),
    )
    expect(answers.map(([row]) => row?.n)).toEqual(Array.from({ length: 400 }, (_, n) => n))
    expect(patient.stats.open).toBeLessThanOrEqual(4)
    await patient.close()
  })

  test('closing waits for what runs and refuses what comes', async () => {
    const running = db.query<{ done: number }>('select 1 as done from pg_sleep(0.2)')
    await expect.poll(sleepersOnServer).toBe(1)
    const closing = source.close()
    expect(await codeOf(names())).toBe('data-closed')
    expect(await running).toEqual([{ done: 1 }])
    await closing
  })
})

describe('a server that comes and goes', () => {
  let proxy: ChaosProxy
  let shaky: DataSource
  let items: Database<ShopTables>

  beforeEach(async () => {
    proxy = await openChaosProxy(database.directUrl)
    shaky = openDataSource({ url: proxy.url, poolSize: 4, connectTimeoutMs: 3000, scope: () => scope })
    items = shaky.forModule<ShopTables>('shop')
  })

  afterEach(async () => {
    await shaky.close()
    await proxy.close()
  })

  test('stopped: coded answers at once; started: it works again without any help', async () => {
    await items.query('select 1')
    proxy.accept(false)
    proxy.cut()
    const down = await Promise.all(Array.from({ length: 20 }, () => codeOf(items.query('select 1'))))
    expect(down.filter((outcome) => !/^data-connection-(refused|lost)$/.test(outcome))).toEqual([])
    expect(await codeOf(shaky.ping())).toMatch(/^data-connection-(refused|lost)$/)
    proxy.accept(true)
    await shaky.ping()
    expect(await codeOf(items.read().selectFrom('item').selectAll().execute())).toBe('none')
  })

  test('a restart between two reads is not noticed', async () => {
    await items.read().selectFrom('item').selectAll().execute()
    await database.terminateConnections()
    expect(await codeOf(items.read().selectFrom('item').selectAll().execute())).toBe('none')
  })

  test('under load: each write is either refused with a code or stored, never both, never neither', async () => {
    const stored = new Set<string>()
    const unknown = new Set<string>()
    const refused = new Set<string>()
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; n < 40; n += 1) {
        const name = `${writer}-${n}`
        const outcome = await codeOf(items.write().insertInto('item').values({ name }).execute())
        if (outcome === 'none') stored.add(name)
        else if (outcome === 'data-connection-lost') unknown.add(name)
        else if (outcome === 'data-connection-refused') refused.add(name)
        else throw new Error(`unexpected: ${outcome}`)
        if (writer === 0 && n % 10 === 5) proxy.cut()
        if (writer === 1 && n === 20) proxy.accept(false)
        if (writer === 1 && n === 30) proxy.accept(true)
      }
    })
    await Promise.all(writers)
    const present = new Set(await names())
    expect([...stored].filter((name) => !present.has(name))).toEqual([])
    expect([...refused].filter((name) => present.has(name))).toEqual([])
    expect([...present].filter((name) => !stored.has(name) && !unknown.has(name))).toEqual([])
    expect(unknown.size).toBeGreaterThan(0)
    expect(stored.size).toBeGreaterThan(0)
  })

  test('a server that hangs is given up at the deadline', async () => {
    await items.query('select 1')
    proxy.freeze(true)
    scope = { deadlineAt: Date.now() + 50 }
    expect(await codeOf(items.query('select 1'))).toBe('data-timeout')
    scope = undefined
    proxy.freeze(false)
    expect(await codeOf(items.query('select 1'))).toBe('none')
  })
})

describe('addresses', () => {
  test.each([
    ['nobody listens', 'postgres://a:b@127.0.0.1:1/x', 'data-connection-refused'],
    ['no such host', 'postgres://a:b@nowhere.invalid:5432/x', 'data-connection-refused'],
  ])('%s', async (_what, url, expected) => {
    const wrong = openDataSource({ url, connectTimeoutMs: 3000 })
    expect(await codeOf(wrong.ping())).toBe(expected)
    await wrong.close()
  })

  test('wrong password, directly and through the pooler', async () => {
    for (const right of [database.directUrl, database.url]) {
      const url = new URL(right)
      url.password = 'wrong'
      const wrong = openDataSource({ url: url.href })
      expect(await codeOf(wrong.ping())).toBe('data-access-refused')
      await wrong.close()
    }
  })

  test.each(['', 'mysql://x', 'postgres://[', 'postgres://a:b@host:99999999/x'])('the URL %j', (url) => {
    expect(() => openDataSource({ url })).toThrow(/database URL cannot be used/)
  })
})
