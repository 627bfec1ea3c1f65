// The archive against a real PostgreSQL behind PgBouncer: exact values, changed rows, changed tables, hostile names.
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { manualClock } from '@footing/kernel'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DataSource } from '../data/contract/contract.ts'
import { openDataSource } from '../data/data-source.ts'
import type { ObjectStorage } from '../storage/contract/contract.ts'
import { openStorage } from '../storage/open-storage.ts'
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts'
import { testServer } from '../testing/test-servers.ts'
import { openArchive } from './archive.ts'
import type { ArchivedTable, ArchiveQuery, ArchiveRow } from './contract.ts'

let database: TestDatabase
let data: DataSource
let storage: ObjectStorage
let folder: string
const clock = manualClock(Date.UTC(2026, 5, 1))
const event: ArchivedTable = { module: 'shop', table: 'event', timeColumn: 'at', olderThanDays: 90 }

beforeEach(async () => {
  database = await createTestDatabase()
  data = openDataSource({ url: database.url, poolSize: 4 })
  folder = await mkdtemp(join(tmpdir(), 'footing-archive-'))
  storage = openStorage({ folder })
  await database.query('create schema shop')
  await database.query(
    'create table shop.event (id bigint primary key, at timestamptz not null, name text, amount numeric(12,2))',
  )
})
afterEach(async () => {
  await storage.close()
  await data.close()
  await database.drop()
  await rm(folder, { recursive: true })
})

const open = (table: Partial<ArchivedTable> = {}, leaseMs = 60_000) =>
  openArchive({ data, storage, clock, leaseMs, tables: [{ ...event, ...table }] })

// One row for each hour from the beginning of 2026: 3624 hours to the first of June, 2160 of them within 90 days.
const fill = (rows: number) =>
  database.query(
    `insert into shop.event select n, timestamptz '2026-01-01 00:00Z' + n * interval '1 hour', 'event ' || n, n / 100.0
     from generate_series(0, $1::int - 1) n`,
    [rows],
  )

async function read(query: Partial<ArchiveQuery> = {}, archive = open()) {
  const rows: ArchiveRow[] = []
  const report = await archive.query({ module: 'shop', table: 'event', ...query }, (found) => void rows.push(...found))
  return { rows, report }
}

const ids = (rows: readonly ArchiveRow[]) => rows.map(({ id }) => Number(id)).toSorted((a, b) => a - b)
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

test('what is old moves to files, what is young stays, and both together are every row once', async () => {
  await fill(3624)
  const archive = open({ batchRows: 500 })
  expect(await archive.run()).toEqual([
    { module: 'shop', table: 'event', outcome: 'done', batches: 3, rows: 1464, leftAlone: 0, abandoned: 0 },
  ])
  expect(await database.query('select count(*)::int as n, min(id)::int as first from shop.event')).toEqual([
    { n: 2160, first: 1464 },
  ])
  expect(ids((await read()).rows)).toEqual(range(0, 1464))
  expect(ids((await read({ live: true })).rows)).toEqual(range(0, 3624))
  expect((await archive.run())[0]).toMatchObject({ outcome: 'done', batches: 0, rows: 0 })
  expect(await archive.verify()).toEqual({ files: 3, rows: 1464, findings: [] })
  expect(await archive.status()).toMatchObject([
    { states: { deleted: { batches: 3, rows: 1464 } }, due: 0, from: '2026-01-01T00:00:00+00:00' },
  ])
})

test('queries read only the files that can hold a row, and give what the table would have given', async () => {
  await fill(3624)
  const before = await data
    .forModule('shop')
    .query<ArchiveRow>('select * from shop.event where id between 700 and 720 order by id')
  await open({ batchRows: 100 }).run()
  const { rows, report } = await read({
    where: [
      { column: 'id', is: '>=', value: 700 },
      { column: 'id', is: '<=', value: 720n },
    ],
  })
  expect(rows.map((row) => ({ ...row }))).toEqual(before)
  expect(report).toEqual({ rows: 21, files: 1, pruned: 14 })
  const day = { from: new Date('2026-02-01T00:00:00Z'), to: new Date('2026-02-02T00:00:00Z') }
  expect(ids((await read(day)).rows)).toEqual(range(744, 768))
  expect(
    (await read({ ...day, where: [{ column: 'name', is: 'in', value: ['event 744', 'event 9', "' or 1=1 --"] }] }))
      .rows,
  ).toHaveLength(1)
  expect(
    (await read({ where: [{ column: 'amount', is: '=', value: '7.5' }], columns: ['id', 'amount'] })).rows.map(
      (row) => ({ ...row }),
    ),
  ).toEqual([{ id: '750', amount: '7.50' }])
  expect((await read({ where: [{ column: 'amount', is: '>', value: '14.6' }] })).report).toMatchObject({
    rows: 3,
    files: 1,
  })
})

test('a reader that fails or goes away ends the query, and connections serve others', async () => {
  await fill(1000)
  await open({ batchRows: 100 }).run()
  const stop = new Error('enough')
  for (const live of [true, false]) {
    await expect(open().query({ module: 'shop', table: 'event', live }, () => Promise.reject(stop))).rejects.toBe(stop)
  }
  expect(data.stats.waiting).toBe(0)
  expect(await read({ signal: AbortSignal.abort() }).catch((error: Error) => error.name)).toBe('AbortError')
})

const hostileTypes: Readonly<Record<string, readonly (string | null)[]>> = {
  boolean: ['t', 'f', null],
  smallint: ['-32768', '32767', null],
  integer: ['-2147483648', '2147483647', '0'],
  bigint: ['-9223372036854775808', '9223372036854775807', '9007199254740993'],
  real: ['3.4028235e38', '1.17549435e-38', '0.1', '-0', '1000000'],
  'double precision': [
    '1.7976931348623157e308',
    '5e-324',
    '0.1',
    '-0',
    'NaN',
    'Infinity',
    '1e15',
    '123456789012345678',
  ],
  'numeric(12,2)': ['-9999999999.99', '0.01', '-0.01', '0', null],
  'numeric(18,0)': ['-999999999999999999', '999999999999999999'],
  'numeric(5,-2)': ['12300', '-100'],
  'numeric(20,20)': ['0.12345678901234567890'],
  numeric: ['NaN', '123456789012345678901234567890.123456789', '1.10', '1.1', '0e-20'],
  date: ['2026-02-28', '0001-01-01', '9999-12-31', 'infinity', '0044-03-15 BC', '12026-01-01'],
  'timestamp with time zone': [
    '2026-03-29 01:30:00.000001+00',
    '-infinity',
    '0001-01-01 00:00+00',
    '1969-12-31 23:59:59.999999+00',
  ],
  'timestamp without time zone': ['2026-03-29 02:30:00', '294276-12-31 23:59:59.999999', null],
  'timestamp(3) with time zone': ['2026-03-29 01:30:00.123+00'],
  'time without time zone': ['24:00:00', '00:00:00.000001'],
  interval: ['1 year -2 mons +3 days 04:05:06.789', '-1 days'],
  uuid: ['7b1c0b1e-8a3f-4b52-9d3e-000000000001', null],
  bytea: ['\\x', '\\x00ff0a', null],
  text: ['', 'NULL', '\\N', "'; drop table shop.event; --", '👩‍👩‍👧\u{10FFFF}', '\r\n\t', null],
  'character(5)': ['ab', ''],
  json: ['{"b":1,  "a":[1.0,1e400]}', 'null', '"\\u0000"', null],
  jsonb: ['{"b": 1, "a": [1.0, 12345678901234567890123]}', 'null', null],
  'integer[]': ['{1,NULL,3}', '{}', '{{1,2},{3,4}}', null],
  'text[]': ['{"a,b","\\"",NULL,"NULL",""}', '{}'],
  int4range: ['[1,5)', 'empty', '(,)'],
  inet: ['::1/128', '10.0.0.0/8'],
  point: ['(1,2)'],
  tsvector: ["'a':1 'b':2"],
}

test('every value of every type comes back as it was, by query and by restore', async () => {
  const types = Object.keys(hostileTypes)
  const longest = Math.max(...Object.values(hostileTypes).map((values) => values.length))
  const columns = types.map((type, index) => `"c ${index}" ${type}`)
  await database.query(
    `create table shop.hostile (id int primary key, at timestamptz default '2026-01-01', ${columns.join(', ')})`,
  )
  for (let row = 0; row < longest; row += 1) {
    const values = types.map((type, index) => `$${index + 2}::text::${type}`)
    const texts = types.map((type) => hostileTypes[type]?.[row] ?? null)
    await database.query(`insert into shop.hostile values ($1, default, ${values.join(', ')})`, [row, ...texts])
  }
  const archive = open({ table: 'hostile' })
  const all = 'select * from shop.hostile order by id'
  const before = await data.forModule('shop').query<ArchiveRow>(all)
  const texts = await database.query('select h::text as row from shop.hostile h order by id')
  expect((await archive.run())[0]).toMatchObject({ rows: longest, leftAlone: 0 })
  expect(await database.query('select * from shop.hostile')).toEqual([])
  const { rows } = await read({ table: 'hostile' }, archive)
  expect(rows.map((row) => ({ ...row }))).toEqual(before.map((row) => ({ ...row })))
  const column = (type: string) => `c ${types.indexOf(type)}`
  for (const [type, value, found] of [
    ['character(5)', 'ab', 1],
    ['numeric', '1.1', 2],
    ['numeric(12,2)', '0.010', 1],
    ['date', 'infinity', 1],
    ['double precision', 'NaN', 1],
    ['double precision', '-0', 1],
    ['timestamp(3) with time zone', '2026-03-29T03:30:00.123+02:00', 1],
    ['text[]', '{}', 1],
    ['inet', '::1', 1],
  ] as const) {
    const where = [{ column: column(type), is: '=', value }] as const
    expect((await read({ table: 'hostile', where }, archive)).rows, type).toHaveLength(found)
  }
  await expect(
    read({ table: 'hostile', where: [{ column: column('json'), is: '=', value: 'null' }] }, archive),
  ).rejects.toMatchObject({ code: 'archive-query-invalid' })
  expect(await archive.restore({ module: 'shop', table: 'hostile' })).toBe(longest)
  expect(await database.query('select h::text as row from shop.hostile h order by id')).toEqual(texts)
})

test('any text and any number survives', async () => {
  await database.query('create table shop.any (id int primary key, at date, t text, f float8, n numeric, b bytea)')
  const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', ''))
  const row = fc.tuple(fc.option(text), fc.double(), fc.bigInt().map(String), fc.uint8Array({ maxLength: 50 }))
  const rows = fc.sample(row, { numRuns: 400, seed: 7 })
  const insert = `insert into shop.any select * from unnest($1::int[], $2::date[], $3::text[], $4::float8[], $5::numeric[], $6::bytea[])`
  await database.query(insert, [
    rows.map((_row, index) => index),
    rows.map(() => '2026-01-01'),
    rows.map(([t]) => t),
    rows.map(([, f]) => String(f)),
    rows.map(([, , n]) => n),
    rows.map(([, , , b]) => Buffer.from(b)),
  ])
  const all = 'select * from shop.any order by id'
  const before = await data.forModule('shop').query<ArchiveRow>(all)
  const archive = open({ table: 'any', batchRows: 77 })
  expect((await archive.run())[0]).toMatchObject({ rows: 400 })
  const found = (await read({ table: 'any' }, archive)).rows.toSorted((a, b) => Number(a.id) - Number(b.id))
  expect(found.map((found) => ({ ...found }))).toEqual(before.map((row) => ({ ...row })))
})

describe('rows that change while they are moved', () => {
  // Runs `change` when the file is stored and before its rows are deleted.
  const meanwhile = (change: () => Promise<unknown>) =>
    openArchive({
      data,
      clock,
      tables: [event],
      storage: {
        guarantees: storage.guarantees,
        put: async (...args) => {
          const stored = await storage.put(...args)
          await change()
          return stored
        },
        get: (...args) => storage.get(...args),
        read: (...args) => storage.read(...args),
        head: (...args) => storage.head(...args),
        list: (...args) => storage.list(...args),
        delete: (...args) => storage.delete(...args),
        signedLink: (...args) => storage.signedLink(...args),
        close: () => storage.close(),
      },
    })

  test('a changed row stays in the table with its new value, a deleted one stays deleted', async () => {
    await fill(100)
    let changed = false
    const archive = meanwhile(async () => {
      if (changed) return
      changed = true
      await database.query(`update shop.event set name = 'new' where id = 10`)
      await database.query(`update shop.event set at = '2026-05-30' where id = 11`)
      await database.query(`delete from shop.event where id = 12`)
      await database.query(`update shop.event set name = 'event 13' where id = 13`)
    })
    expect((await archive.run())[0]).toMatchObject({ batches: 2, rows: 98, leftAlone: 3 })
    const { rows } = await read({ live: true })
    expect(ids(rows)).toEqual(range(0, 100).filter((id) => id !== 12))
    expect(rows.find(({ id }) => id === '10')).toMatchObject({ name: 'new' })
    expect(await database.query('select id::int from shop.event')).toEqual([{ id: 11 }])
    expect(await archive.verify()).toMatchObject({ rows: 98, findings: [] })
  })

  test('a row that another transaction is just changing is waited for, and kept', async () => {
    await fill(3)
    const shop = data.forModule('shop')
    const archive = open()
    const { promise: locked, resolve: onLocked } = Promise.withResolvers<void>()
    const { promise: release, resolve: onRelease } = Promise.withResolvers<void>()
    const writer = shop.transaction(async (tx) => {
      await tx.query(`update shop.event set name = 'late' where id = 1`)
      onLocked()
      await release
    })
    await locked
    const run = archive.run()
    const waits = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
    await expect.poll(() => database.query(waits), { timeout: 10_000 }).toHaveLength(1)
    onRelease()
    await writer
    expect((await run)[0]).toMatchObject({ rows: 3 - 1 + 1 })
    expect(ids((await read({ live: true })).rows)).toEqual([0, 1, 2])
    expect((await read({ live: true, where: [{ column: 'id', is: '=', value: 1 }] })).rows[0]).toMatchObject({
      name: 'late',
    })
  })

  test('a column that appears meanwhile is not deleted with the rows: they are archived with it', async () => {
    await fill(10)
    let altered = false
    const archive = meanwhile(async () => {
      if (altered) return
      altered = true
      await database.query(`alter table shop.event add column extra text default 'kept'`)
    })
    expect((await archive.run())[0]).toMatchObject({ rows: 0, abandoned: 1 })
    expect((await archive.run())[0]).toMatchObject({ rows: 10 })
    expect((await read()).rows.map(({ extra }) => extra)).toEqual(Array(10).fill('kept'))
    expect(await archive.verify()).toMatchObject({ files: 1, findings: [] })
  })
})

test('files of older forms of the table stay readable: columns added, removed, of another type', async () => {
  await fill(24)
  await open().run()
  await database.query(
    'alter table shop.event add column size int default 5, drop column name, alter column amount type text',
  )
  await database.query(`insert into shop.event values (100, '2026-01-10', '1e2', 7)`)
  await open().run()
  const { rows } = await read()
  expect(rows).toHaveLength(25)
  expect(rows.find(({ id }) => id === '3')).toMatchObject({ name: 'event 3', amount: '0.03', size: null })
  expect(rows.find(({ id }) => id === '100')).toMatchObject({ name: null, amount: '1e2', size: 7 })
  expect(ids((await read({ where: [{ column: 'size', is: '=', value: 7 }] })).rows)).toEqual([100])
  expect(ids((await read({ where: [{ column: 'name', is: '=', value: 'event 9' }], live: true })).rows)).toEqual([9])
  expect(ids((await read({ where: [{ column: 'amount', is: '=', value: '0.05' }] })).rows)).toEqual([5])
  const first = { module: 'shop', table: 'event', to: new Date('2026-01-05') }
  await expect(open().restore(first)).rejects.toMatchObject({ code: 'archive-restore-columns' })
  expect(await open().restore({ ...first, withoutColumns: ['name'] })).toBe(24)
  expect(await database.query('select amount, size from shop.event where id = 3')).toEqual([
    { amount: '0.03', size: 5 },
  ])
  expect(ids((await read({ live: true })).rows)).toEqual([...range(0, 24), 100])
})

test('a restore that meets a row with the same key changes nothing', async () => {
  await fill(5)
  await open().run()
  await database.query(`insert into shop.event values (3, '2026-05-30', 'again', 1)`)
  await expect(open().restore({ module: 'shop', table: 'event' })).rejects.toMatchObject({
    code: 'data-unique-violation',
  })
  expect(await database.query('select id::int from shop.event')).toEqual([{ id: 3 }])
  expect(ids((await read()).rows)).toEqual(range(0, 5))
})

test('several runs at once: one works, the others say busy, and every row is there once', async () => {
  await fill(1000)
  const reports = await Promise.all(range(0, 6).map(() => open({ batchRows: 100 }).run()))
  const outcomes = reports.map(([report]) => report?.outcome)
  expect(outcomes).toContain('done')
  expect(outcomes.filter((outcome) => outcome !== 'done').every((outcome) => outcome === 'busy')).toBe(true)
  expect(ids((await read({ live: true })).rows)).toEqual(range(0, 1000))
})

test('a process that was thought dead must not go on', async () => {
  await fill(10)
  const sleeper = openArchive({
    data,
    clock,
    tables: [event],
    leaseMs: 1,
    storage: new Proxy(storage, {
      get: (target, name) =>
        name === 'put'
          ? async (...args: Parameters<ObjectStorage['put']>) => {
              // While it writes, another one takes the table over and finishes.
              await expect.poll(async () => (await open().run())[0]?.outcome).toBe('done')
              return target.put(...args)
            }
          : (Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name)),
    }),
  })
  await expect(sleeper.run()).rejects.toMatchObject({ code: 'archive-lease-lost', retryable: true })
  expect(ids((await read({ live: true })).rows)).toEqual(range(0, 10))
  expect((await open().verify()).findings).toEqual([
    expect.objectContaining({ fault: 'The book of this database does not know it.' }),
  ])
})

test('a file that is damaged in the store: before the delete nothing is lost, afterwards it is told', async () => {
  await fill(10)
  const flip = async (key: string) => {
    const path = join(folder, 'archive%', 'shop%', 'event%', key.split('/').at(-1) ?? '')
    const bytes = await readFile(path)
    bytes[60] = (bytes[60] ?? 0) ^ 1
    await writeFile(path, bytes)
  }
  const damaging = openArchive({
    data,
    clock,
    tables: [event],
    storage: new Proxy(storage, {
      get: (target, name) =>
        name === 'put'
          ? async (...args: Parameters<ObjectStorage['put']>) => {
              const stored = await target.put(...args)
              await flip(stored.key)
              return stored
            }
          : (Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name)),
    }),
  })
  await expect(damaging.run()).rejects.toMatchObject({ code: 'storage-checksum-mismatch' })
  expect(await database.query('select count(*)::int as n from shop.event')).toEqual([{ n: 10 }])
  expect((await open().run())[0]).toMatchObject({ rows: 10 })
  const [object] = (await storage.list()).objects
  await flip(object?.key ?? '')
  expect((await open().verify()).findings).toMatchObject([{ fault: expect.stringContaining('SHA-256') }])
  await expect(read()).rejects.toMatchObject({ code: 'storage-checksum-mismatch' })
})

test.each([
  ['a table without a primary key', 'create table shop.bad (at date)', 'archive-table-unsafe'],
  [
    'a table whose rows others lose with it',
    'create table shop.bad (id int primary key, at date); create table shop.child (bad int references shop.bad on delete cascade)',
    'archive-table-unsafe',
  ],
  [
    'a table that others inherit from',
    'create table shop.bad (id int primary key, at date); create table shop.heir () inherits (shop.bad)',
    'archive-table-unsafe',
  ],
  ['a view', 'create view shop.bad as select * from shop.event', 'archive-table-unsafe'],
  ['no table', 'select 1', 'archive-table-unknown'],
  ['a time that is none', 'create table shop.bad (id int primary key, at text)', 'archive-configuration-invalid'],
])('refuses %s', async (_what, sql, code) => {
  await database.query(sql)
  await expect(open({ table: 'bad' }).run()).rejects.toMatchObject({ code })
})

test('rows that others refer to stay, and so does everything of their batch', async () => {
  await fill(5)
  await database.query('create table shop.note (event bigint references shop.event); insert into shop.note values (2)')
  await expect(open().run()).rejects.toMatchObject({ code: 'data-constraint-violation' })
  expect(await database.query('select count(*)::int as n from shop.event')).toEqual([{ n: 5 }])
  await database.query('delete from shop.note')
  expect((await open().run())[0]).toMatchObject({ rows: 5 })
})

test.each([
  { olderThanDays: 0 },
  { olderThanDays: Number.NaN },
  { batchRows: 0 },
  { table: '' },
  { module: 'footing_archive' },
])('refuses the configuration %j', (table) => {
  expect(() => open(table)).toThrowError(expect.objectContaining({ code: 'archive-configuration-invalid' }))
})

test.each<[string, Partial<ArchiveQuery>]>([
  ['unknown column', { columns: ['nothing'] }],
  ['unknown column in a condition', { where: [{ column: '"; drop', is: '=', value: 1 }] }],
  ['a value of another type', { where: [{ column: 'id', is: '=', value: "1'; drop table shop.event --" }] }],
  ['a comparison that is none', { where: [{ column: 'id', is: 'like' as '=', value: 1 }] }],
  ['a list where one value belongs', { where: [{ column: 'id', is: '<', value: [1] }] }],
  ['too many values', { where: [{ column: 'id', is: 'in', value: range(0, 1001) }] }],
  ['no date', { from: new Date(Number.NaN) }],
])('a query with %s is refused', async (_what, query) => {
  await fill(3)
  await open().run()
  await expect(read(query)).rejects.toMatchObject({
    code: expect.stringMatching(/^(archive-query-invalid|data-invalid-value)$/),
  })
})

test('a table and columns with hostile names', async () => {
  const name = `a "b'; -- /../ ü`
  await database.query(
    `create table shop."${name.replaceAll('"', '""')}" ("id "" x" int primary key, "when;" timestamptz)`,
  )
  await database.query(
    `insert into shop."${name.replaceAll('"', '""')}" select n, '2026-01-01' from generate_series(1, 5) n`,
  )
  const archive = open({ table: name, timeColumn: 'when;' })
  expect((await archive.run())[0]).toMatchObject({ rows: 5 })
  const rows: ArchiveRow[] = []
  await archive.query({ module: 'shop', table: name, live: true }, (found) => void rows.push(...found))
  expect(rows.map((row) => row['id " x'])).toEqual([1, 2, 3, 4, 5])
})

test('rows that are huge make small batches; memory stays bounded', async () => {
  await database.query(
    `insert into shop.event select n, '2026-01-01', repeat(md5(n::text), 400000), 1 from generate_series(1, 5) n`,
  )
  expect((await open().run())[0]).toMatchObject({ batches: 2, rows: 5 })
  const { rows } = await read({ columns: ['id', 'name'], where: [{ column: 'id', is: '=', value: 4 }] })
  const expected = createHash('md5').update('4').digest('hex').repeat(400_000)
  expect(rows[0]?.name === expected).toBe(true)
})

test('the same on S3', async () => {
  const bucket = openStorage({
    url: (process.env.FOOTING_TEST_S3_URL || (await testServer('s3'))).replace(
      '?',
      `/${randomBytes(4).toString('hex')}?`,
    ),
  })
  await fill(100)
  const archive = openArchive({ data, clock, storage: bucket, tables: [{ ...event, batchRows: 30 }] })
  expect((await archive.run())[0]).toMatchObject({ batches: 4, rows: 100 })
  expect(await archive.verify()).toEqual({ files: 4, rows: 100, findings: [] })
  expect(ids((await read({ live: true }, archive)).rows)).toEqual(range(0, 100))
  await bucket.close()
})

test('the signal and maxBatches end a run between two batches', async () => {
  await fill(100)
  const archive = open({ batchRows: 10 })
  expect((await archive.run({ maxBatches: 2 }))[0]).toMatchObject({ outcome: 'stopped', rows: 20 })
  expect((await archive.run({ signal: AbortSignal.abort() }))[0]).toMatchObject({ outcome: 'stopped', rows: 0 })
  expect((await archive.run())[0]).toMatchObject({ outcome: 'done', rows: 80 })
})
