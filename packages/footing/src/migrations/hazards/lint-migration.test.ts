// Hazards are claims about PostgreSQL, so PostgreSQL itself is asked whether they hold.
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import type { HazardId } from './hazard.ts'
import { lintMigration } from './lint-migration.ts'

interface Example {
  readonly id: HazardId
  readonly flagged: string
  /** The way that the remedy names; must have no hazard. */
  readonly safe: string
  /** The safe way runs without a transaction. */
  readonly alone?: true
}

const setUp = `
  create table person (id bigint primary key, email text, age int, score int, constraint age_known check (age > 0));
  create table parcel (id bigint primary key, person_id bigint, weight int, code varchar(10));
  create index parcel_weight on parcel (weight);
  create unique index parcel_code on parcel (code);
  create materialized view heavy as select * from parcel where weight > 10;
  create unique index heavy_id on heavy (id);
  insert into person select n, 'p' || n, n, n from generate_series(1, 100) n;
  insert into parcel select n, n, n, 'c' || n from generate_series(1, 100) n;`

const examples: readonly Example[] = [
  {
    id: 'blocking-index',
    flagged: 'create index on parcel (person_id)',
    safe: 'create index concurrently parcel_person on parcel (person_id)',
    alone: true,
  },
  {
    id: 'blocking-index-drop',
    flagged: 'drop index parcel_weight',
    safe: 'drop index concurrently parcel_weight',
    alone: true,
  },
  { id: 'blocking-reindex', flagged: 'reindex table parcel', safe: 'reindex table concurrently parcel', alone: true },
  {
    id: 'rewriting-default',
    flagged: 'alter table parcel add column tag uuid default gen_random_uuid()',
    safe: 'alter table parcel add column tag uuid; alter table parcel alter column tag set default gen_random_uuid()',
  },
  {
    id: 'rewriting-default',
    flagged: 'alter table parcel add column number bigserial',
    safe: 'alter table parcel add column made timestamptz not null default now()',
  },
  {
    id: 'stored-generated-column',
    flagged: 'alter table parcel add column double int generated always as (weight * 2) stored',
    safe: 'alter table parcel add column double int generated always as (weight * 2) virtual',
  },
  {
    id: 'column-type-change',
    flagged: 'alter table person alter column score type bigint',
    safe: 'alter table person add column score_large bigint',
  },
  {
    id: 'scanning-not-null',
    flagged: 'alter table parcel alter column weight set not null',
    safe: 'alter table parcel add constraint weight_present check (weight is not null) not valid',
  },
  {
    id: 'validating-check',
    flagged: 'alter table parcel add constraint heavy_enough check (weight > 0)',
    safe: 'alter table parcel add constraint heavy_enough check (weight > 0) not valid',
  },
  {
    id: 'validating-foreign-key',
    flagged: 'alter table parcel add foreign key (person_id) references person',
    safe: 'alter table parcel add foreign key (person_id) references person not valid',
  },
  {
    id: 'index-building-constraint',
    flagged: 'alter table parcel add unique (person_id)',
    safe: 'alter table parcel add constraint code_once unique using index parcel_code',
  },
  {
    id: 'column-rename',
    flagged: 'alter table parcel rename column weight to grams',
    safe: 'alter table parcel add column grams int',
  },
  {
    id: 'table-rename',
    flagged: 'alter table parcel rename to package',
    safe: 'create view package as select * from parcel',
  },
  { id: 'schema-move', flagged: 'create schema old; alter table parcel set schema old', safe: 'create schema old' },
  {
    id: 'column-drop',
    flagged: 'alter table parcel drop column weight cascade',
    safe: 'alter table parcel alter column weight drop not null',
  },
  {
    id: 'table-drop',
    flagged: 'drop table parcel cascade',
    safe: 'drop table if exists no_such_table_ever, pg_temp.nothing',
  },
  { id: 'table-truncate', flagged: 'truncate parcel', safe: 'delete from parcel where id < 10' },
  { id: 'table-rewrite', flagged: 'cluster parcel using parcel_weight', safe: 'vacuum parcel', alone: true },
  {
    id: 'blocking-view-refresh',
    flagged: 'refresh materialized view heavy',
    safe: 'refresh materialized view concurrently heavy',
  },
]

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase({ pooled: false })
})
afterAll(() => database?.drop())

describe('each hazard is what PostgreSQL really does', () => {
  for (const example of examples) {
    test(`${example.id}: ${example.flagged}`, async () => {
      const { hazards } = await review(example.flagged)
      expect(hazards.map((hazard) => hazard.id)).toContain(example.id)
      const hazard = hazards.find((each) => each.id === example.id)
      await withTables(async (client) => {
        await client.query('begin')
        await client.query(example.flagged)
        if (hazard?.lock !== undefined) expect(await locksHeld(client)).toContain(hazard.lock)
        await client.query('rollback')
      })
    })
    if (example.id === 'table-drop') continue
    test(`${example.id} has a safe way: ${example.safe}`, async () => {
      const { hazards } = await review(example.safe, example.alone !== true)
      expect(hazards).toEqual([])
      await withTables((client) => client.query(example.safe))
    })
  }
})

test('what cannot run says so, and PostgreSQL agrees', async () => {
  const cases: readonly [HazardId, string][] = [
    ['not-null-without-default', 'alter table parcel add column tag text not null'],
    ['concurrently-in-transaction', 'begin; create index concurrently on parcel (weight)'],
  ]
  for (const [id, sql] of cases) {
    const statement = sql.replace('begin; ', '')
    expect((await review(statement)).hazards.map((hazard) => hazard.id)).toContain(id)
    await withTables((client) => expect(client.query(sql)).rejects.toThrow())
  }
  const idsOf = async (sql: string, transactional = true) =>
    (await review(sql, transactional)).hazards.map((hazard) => hazard.id)
  expect(await idsOf('begin; select 1; commit')).toEqual(['transaction-control', 'transaction-control'])
  expect(
    await idsOf('create index concurrently a on parcel (id); create index concurrently b on parcel (id)', false),
  ).toEqual(['several-statements-without-transaction'])
  expect(await idsOf('set lock_timeout = 0')).toEqual(['session-setting'])
  expect(await idsOf('set local lock_timeout = 0')).toEqual([])
  expect(await idsOf('update parcel set weight = 1; delete from parcel')).toEqual([
    'whole-table-change',
    'whole-table-change',
  ])
  expect(await idsOf('lock table parcel')).toEqual(['explicit-table-lock'])
  expect(await idsOf('vacuum full parcel')).toEqual(['table-rewrite'])
})

test('validating in the transaction that added the constraint gains nothing', async () => {
  const sql = `alter table parcel add constraint c check (weight > 0) not valid; alter table parcel validate constraint c`
  expect((await review(sql)).hazards.map((hazard) => hazard.id)).toEqual(['validating-at-once'])
  await withTables(async (client) => {
    await client.query('begin')
    await client.query(sql)
    expect(await locksHeld(client)).toContain('ACCESS EXCLUSIVE')
    await client.query('rollback')
  })
})

test('a table that the migration itself creates may be treated in any way', async () => {
  const { hazards } = await review(
    'create table fresh (id int); create index on fresh (id); alter table fresh add column tag uuid default gen_random_uuid(); update fresh set id = 1',
  )
  expect(hazards).toEqual([])
})

test('a comment with a reason allows; one without a reason or without need is told', async () => {
  const sql = `
-- footing: allow blocking-index: forty rows, and they stay forty
create index on parcel (weight);
-- footing: allow blocking-index
create index on parcel (id);
-- footing: allow table-drop: just in case
select 1;`
  const { hazards, allowed, unused } = await review(sql)
  expect(allowed.map(({ hazard, reason }) => [hazard.line, reason])).toEqual([[3, 'forty rows, and they stay forty']])
  expect(hazards.map((hazard) => [hazard.id, hazard.line])).toEqual([['blocking-index', 5]])
  expect(unused).toEqual([
    { line: 5, id: 'blocking-index', fault: 'no reason given' },
    { line: 7, id: 'table-drop', fault: 'nothing to allow' },
  ])
})

test('hostile text: what does not parse is named with its line; deep, empty, non-ASCII and huge text is bounded', async () => {
  await expect(review('-- é ü\nselect 1;\n selec 2')).rejects.toMatchObject({
    code: 'migration-unparsed',
    details: { line: 3 },
  })
  // The parser is written in C: behind a NUL byte it would see nothing, and so miss the drop.
  await expect(review('select 1; \u0000 drop table parcel')).rejects.toMatchObject({ code: 'migration-unparsed' })
  expect((await review('')).hazards).toEqual([])
  expect((await review('-- only words é\n')).hazards).toEqual([])
  const shifted = await review('-- ééé\n/* ü */\ndrop table parcel')
  expect(shifted.hazards.map((hazard) => hazard.line)).toEqual([3])
  const many = await review('create index on parcel (id);\n'.repeat(5000))
  expect(many.hazards).toHaveLength(5000)
  const deep = review(`select ${'('.repeat(20_000)}1${')'.repeat(20_000)}`)
  await expect(
    deep.then(
      () => 'read',
      (error: Error) => error.name,
    ),
  ).resolves.toMatch(/read|FootingError/)
  expect((await review('drop table parcel')).hazards.map((hazard) => hazard.id)).toEqual(['table-drop'])
})

const review = (sql: string, transactional = true) =>
  lintMigration({ name: 'shop/0001-change.sql', sql, transactional })

async function withTables(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: database.directUrl })
  await client.connect()
  try {
    await client.query(`drop schema public cascade; create schema public; drop schema if exists old cascade; ${setUp}`)
    await work(client)
  } finally {
    await client.end()
  }
}

async function locksHeld(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ mode: string }>(
    `select distinct mode from pg_locks where pid = pg_backend_pid() and locktype = 'relation' and relation >= 16384`,
  )
  return rows.map(({ mode }) =>
    mode
      .replace(/Lock$/, '')
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toUpperCase(),
  )
}

test('a contract drops what an earlier run has replaced, but rows still need a reason', async () => {
  const sql = 'alter table person drop column age; drop table parcel'
  const contract = { kind: 'contract', after: '0002-years' } as const
  const review = await lintMigration({ name: 'x.sql', sql, transactional: true, phase: contract })
  expect(review.allowed).toMatchObject([{ hazard: { id: 'column-drop' }, reason: 'contract after 0002-years' }])
  expect(review.hazards).toMatchObject([{ id: 'table-drop' }])
  const expand = await lintMigration({ name: 'x.sql', sql, transactional: true, phase: { kind: 'expand' } })
  expect(expand.hazards.map(({ id }) => id)).toEqual(['column-drop', 'table-drop'])
})

test('the statement of a backfill has no hazard, and a rename names the command that writes the safe way', async () => {
  const backfill = '-- footing: backfill person\nupdate person set score = age from batch where person.id = batch.id'
  expect((await lintMigration({ name: 'x.sql', sql: backfill, transactional: false })).hazards).toEqual([])
  const rename = 'alter table person rename column age to years'
  const [hazard] = (await lintMigration({ name: 'x.sql', sql: rename, transactional: true })).hazards
  expect(hazard?.remedy).toContain('--recipe rename-column --table person --column age --to years')
})
