// Sealing and proving: whatever is done to sealed entries, past every permission, is found; months can be let go.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import { installAccessLog } from './install-access-log.ts'
import { retireAccessLog, sealAccessLog } from './seal-and-retire.ts'
import { verifyAccessLog } from './verify-access-log.ts'

const modules = [{ name: 'shop', access: { item: { key: 'id', values: true } } }] as const

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
  await database.query('create schema shop')
  await database.query('create table shop.item (id int primary key, name text)')
  await installAccessLog(database.directUrl, modules)
})
afterAll(() => database?.drop())

const verify = (expected?: string) => verifyAccessLog(database.directUrl, modules, { expect: expected })
const write = (from: number, to: number) =>
  database.query("insert into shop.item select n, 'x' || n from generate_series($1::int, $2::int) n", [from, to])

test('what is sealed is proved, what is not yet is said; a transaction under way is waited for', async () => {
  await write(1, 20)
  expect(await verify()).toMatchObject({ ok: true, seals: 0, unsealed: 20, head: undefined })
  expect(await sealAccessLog(database.directUrl)).toBe(20)
  const first = await verify()
  expect(first).toMatchObject({ ok: true, seals: 1, entries: 20, unsealed: 0 })
  expect(first.head).toMatch(/^[0-9a-f]{64}$/)
  expect(await sealAccessLog(database.directUrl)).toBe(0)

  const { default: pg } = await import('pg')
  const slow = new pg.Client({ connectionString: database.directUrl })
  await slow.connect()
  await slow.query("begin; insert into shop.item values (100, 'slow')")
  await write(101, 110)
  expect(await sealAccessLog(database.directUrl)).toBe(0)
  await slow.query('commit')
  await slow.end()
  expect(await sealAccessLog(database.directUrl)).toBe(11)
  expect(await verify(first.head)).toMatchObject({ ok: true, seals: 2, entries: 31, faults: [] })
})

test('many sealers and writers at once: one chain, every entry in one seal', async () => {
  await Promise.all(
    Array.from({ length: 30 }, async (_, index) => {
      await write(1000 + index * 10, 1009 + index * 10)
      await sealAccessLog(database.directUrl)
    }),
  )
  await sealAccessLog(database.directUrl)
  expect(await verify()).toMatchObject({ ok: true, entries: 331, unsealed: 0, faults: [] })
})

// Each is done as the owner with the guards switched off and on again: the strongest attacker short of one who rewrites the chain.
const attacks: readonly (readonly [string, string, RegExp])[] = [
  [
    'an entry changed',
    'update footing_access.entry set key = \'{"id": "9"}\' where key @> \'{"id": "3"}\'',
    /an entry was changed/,
  ],
  ['an entry deleted', 'delete from footing_access.entry where key @> \'{"id": "4"}\'', /20 entries were sealed, 19/],
  [
    'its author changed',
    'update footing_access.entry set db_user = \'nobody\' where key @> \'{"id": "3"}\'',
    /an entry was changed/,
  ],
  [
    'an entry moved to another month',
    'update footing_access.entry set at = at - interval \'3 months\' where key @> \'{"id": "5"}\'',
    /19 are there/,
  ],
  [
    'an entry slipped in',
    "insert into footing_access.entry (xid, module, table_name, operation) select min(xid), 'shop', 'item', 'delete' from footing_access.entry",
    /20 entries were sealed, 21/,
  ],
  [
    'an entry slipped into a month that has no seal',
    "insert into footing_access.entry (at, xid, module, table_name, operation) select min(at) - interval '1 year', min(xid), 'shop', 'item', 'delete' from footing_access.entry",
    /1 entries lie in sealed ranges/,
  ],
  [
    'a seal changed',
    'update footing_access.seal set entries = 5 where number = 1',
    /seal 1 does not continue the chain/,
  ],
  ['a seal deleted', 'delete from footing_access.seal where number = 2', /seal 2 is missing/],
  [
    'a trigger switched off',
    'alter table shop.item disable trigger footing_access_update',
    /shop.item: a trigger is missing or switched off/,
  ],
  ['a trigger dropped', 'drop trigger footing_access_delete on shop.item', /shop.item: a trigger is missing/],
  [
    'a trigger that fires never',
    `create or replace trigger footing_access_truncate before truncate on shop.item for each statement when (false)
       execute function footing_access.refuse_change()`,
    /shop.item: a trigger is missing/,
  ],
  [
    'a guard of the log that was switched off',
    `alter table footing_access.seal disable trigger footing_no_truncate`,
    /footing_access.seal: the trigger footing_no_truncate is missing or switched off/,
  ],
  [
    'a guard of one month that fires in replicas only',
    `do $$ begin execute format('alter table footing_access.%I enable replica trigger footing_no_truncate', 'entry_' || to_char(now() at time zone 'UTC', 'YYYY_MM')); end $$`,
    /footing_access.entry_\d{4}_\d\d: the trigger footing_no_truncate is missing or switched off/,
  ],
  [
    'guards that let everything pass',
    'create or replace function footing_access.refuse_change() returns trigger language plpgsql as $$ begin return new; end $$',
    /footing_access.entry: the trigger footing_append_only does not refuse changes any more/,
  ],
]
test.each(attacks)('%s is found', async (_name, attack, words) => {
  const copy = await damaged(attack)
  const found = await verifyAccessLog(copy.directUrl, modules)
  expect(found.ok).toBe(false)
  expect(found.faults.join('\n')).toMatch(words)
  await copy.drop()
})

test('not even a session in the role of a replica changes the log, in any month, old or new', async () => {
  const copy = await damaged('select 1')
  await copy.query("select footing_access.ensure_month('2030-01-01')")
  const months = await copy.query("select relid::text as name from pg_partition_tree('footing_access.entry')")
  expect(months.length).toBeGreaterThan(3)
  await copy.query(
    "insert into footing_access.entry (at, module, table_name, operation) values ('2030-01-05', 'shop', 'item', 'insert')",
  )
  const refused = /append-only/
  for (const table of [...months.map(({ name }) => String(name)), 'footing_access.seal']) {
    await expect(copy.query(`set session_replication_role = replica; truncate ${table}`)).rejects.toThrow(refused)
  }
  for (const change of [
    "update footing_access.entry set module = 'x'",
    "delete from footing_access.entry where at > '2030-01-01'",
    'update footing_access.seal set entries = 0',
    'delete from footing_access.seal',
  ]) {
    await expect(copy.query(`set session_replication_role = replica; ${change}`)).rejects.toThrow(refused)
  }
  expect(await verifyAccessLog(copy.directUrl, modules)).toMatchObject({ ok: true, faults: [] })
  await copy.drop()
})

test('a trigger function that records less, and a chain that was cut at its end, are found', async () => {
  const silent = await damaged(
    `do $$ declare f text; begin select proname into f from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where n.nspname = 'footing_access' and proname like 'write\\_%';
     execute format('create or replace function footing_access.%I() returns trigger language plpgsql as $body$ begin return null; end $body$', f); end $$`,
  )
  expect((await verifyAccessLog(silent.directUrl, modules)).faults).toEqual([
    expect.stringContaining('does not do what'),
  ])
  await silent.drop()
  const { head } = await verify()
  const cut = await damaged(
    `delete from footing_access.entry where xid >= (select from_xid from footing_access.seal order by number desc limit 1);
     delete from footing_access.seal where number = (select max(number) from footing_access.seal)`,
  )
  // Nothing inside of the database can tell that; the head that was kept elsewhere can.
  expect((await verifyAccessLog(cut.directUrl, modules)).ok).toBe(true)
  expect((await verifyAccessLog(cut.directUrl, modules, { expect: head })).faults).toEqual([
    expect.stringContaining('rewritten or cut'),
  ])
  await cut.drop()
})

test('old months are let go when they are sealed; the chain still holds, and the log stays small', async () => {
  const copy = await createTestDatabase()
  await copy.query('create schema shop')
  await copy.query('create table shop.item (id int primary key, name text)')
  await installAccessLog(copy.directUrl, modules)
  await copy.query("select footing_access.ensure_month('2026-01-01'), footing_access.ensure_month('2026-02-01')")
  await copy.query(
    "insert into footing_access.entry (at, module, table_name, operation) select d, 'shop', 'item', 'insert' from generate_series('2026-01-05', '2026-02-20', interval '1 day') d",
  )
  const now = Date.UTC(2026, 3, 15)
  expect(await retireAccessLog(copy.directUrl, { keepMonths: 2, now })).toEqual([{ month: '2026-01-01', entries: 27 }])
  expect(await retireAccessLog(copy.directUrl, { keepMonths: 2, now })).toEqual([])
  expect(await verifyAccessLog(copy.directUrl, modules)).toMatchObject({
    ok: true,
    retired: ['2026-01-01'],
    entries: 20,
  })
  await expect(retireAccessLog(copy.directUrl, { keepMonths: 0, now })).rejects.toThrow(RangeError)
  await copy.drop()
})

test('a month with a transaction under way cannot be let go', async () => {
  const copy = await createTestDatabase()
  await copy.query('create schema shop')
  await copy.query('create table shop.item (id int primary key, name text)')
  await installAccessLog(copy.directUrl, modules)
  await copy.query("select footing_access.ensure_month('2026-01-01')")
  const { default: pg } = await import('pg')
  const other = new pg.Client({ connectionString: copy.directUrl })
  await other.connect()
  await other.query("begin; insert into shop.item values (1, 'x')")
  await copy.query(
    "insert into footing_access.entry (at, module, table_name, operation) values ('2026-01-05', 'shop', 'item', 'insert')",
  )
  await expect(retireAccessLog(copy.directUrl, { keepMonths: 1, now: Date.UTC(2026, 3, 1) })).rejects.toMatchObject({
    code: 'access-log-unsealed',
  })
  await other.query('rollback')
  await other.end()
  await copy.drop()
})

/** A log of 25 sealed entries in two seals to which something was done. */
async function damaged(attack: string): Promise<TestDatabase> {
  const copy = await createTestDatabase()
  await copy.query('create schema shop')
  await copy.query('create table shop.item (id int primary key, name text)')
  await installAccessLog(copy.directUrl, modules)
  await copy.query("insert into shop.item select n, 'x' from generate_series(1, 20) n")
  await sealAccessLog(copy.directUrl)
  await copy.query("insert into shop.item select n, 'x' from generate_series(21, 25) n")
  await sealAccessLog(copy.directUrl)
  await copy.query("insert into shop.item select n, 'x' from generate_series(26, 27) n")
  await sealAccessLog(copy.directUrl)
  const guards = (how: string) =>
    `alter table footing_access.entry ${how} trigger footing_append_only; alter table footing_access.seal ${how} trigger footing_append_only;`
  await copy.query(`${guards('disable')} ${attack}; ${guards('enable always')}`)
  return copy
}
