// Backfills and phases against the real server: every row once, interrupted anywhere, and contracts that wait for a deployment.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isFootingError } from '@footing/kernel'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import { createMigrator, type MigratorOptions } from './migrator.ts'

let database: TestDatabase
let folder: string

beforeEach(async () => {
  database = await createTestDatabase({ pooled: false })
  folder = await mkdtemp(join(tmpdir(), 'footing-backfill-'))
})
afterEach(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

async function files(texts: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text)
}

function migrator(options: Partial<MigratorOptions> = {}) {
  const sources = [{ module: 'shop', needs: [], folder: pathToFileURL(`${folder}/`) }]
  return createMigrator({ url: database.directUrl, sources, ...options })
}

const names = (done: readonly { readonly name: string }[]) => done.map(({ name }) => name)
const failure = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (isFootingError(error) ? `${error.code}: ${error.message}` : String(error)),
  )

const table = `create table item (id bigint primary key, name text not null, title text, runs int not null default 0);
  insert into item (id, name) select n * 3, 'name ' || n from generate_series(1, 2500) n`
const fill = (header: string) => `-- footing: backfill ${header}
update item set title = name, runs = runs + 1 from batch where item.id = batch.id`

describe('a backfill', () => {
  test.each([
    ['by its primary key', 'item'],
    ['in batches that do not come out even', 'item by id in batches of 999'],
    ['in batches that come out even', 'item in batches of 500'],
    ['in one batch', 'item by id in batches of 100000 pause 5 ms'],
  ])('changes every row once, %s', async (_how, header) => {
    await files({ '0001-item.sql': table, '0002-title.sql': fill(header) })
    expect(names(await migrator().up())).toEqual(['0001-item', '0002-title'])
    expect(await database.query('select count(*)::int as n from shop.item where runs <> 1 or title <> name')).toEqual([
      { n: 0 },
    ])
    expect(await database.query('select * from footing.backfill')).toEqual([])
    expect(names(await migrator().up())).toEqual([])
  })

  test('walks a key of several columns, text and time among them, in another case and with an empty table', async () => {
    await files({
      '0001-item.sql': `create table "Entry" ("At" timestamptz, who text, n int not null default 0, primary key (who, "At"));
        insert into "Entry" select timestamptz '2026-01-01 00:00:00.000001+00' + n * interval '1 microsecond', 'who ' || n % 7 || ' ''"'
          from generate_series(1, 700) n;
        create table empty (id int primary key)`,
      '0002-n.sql': `-- footing: backfill "Entry" by who, "At" in batches of 13
update "Entry" set n = n + 1 from batch where "Entry".who = batch.who and "Entry"."At" = batch."At"; `,
      '0003-none.sql': '-- footing: backfill empty\ndelete from empty using batch where empty.id = batch.id -- no more',
    })
    await migrator().up()
    expect(await database.query('select n, count(*)::int as rows from shop."Entry" group by n')).toEqual([
      { n: 1, rows: 700 },
    ])
  })

  test('goes on after the batches that are done, and says how far it is', async () => {
    await files({
      '0001-item.sql': `${table}; create table trap (id bigint); insert into trap values (3000)`,
      '0002-title.sql': `-- footing: backfill item by id in batches of 100
update item set runs = runs + 1, title = (select case when exists (select from trap where trap.id = item.id) then (1 / (item.id - 3000))::text end)
  from batch where item.id = batch.id`,
    })
    expect(await failure(migrator().up())).toContain('The batches before it are committed')
    expect((await migrator().status()).at(-1)).toMatchObject({ state: 'pending', rowsDone: 900 })
    await database.query('truncate shop.trap')
    const lines: string[] = []
    await migrator({ log: (line) => lines.push(line) }).up()
    expect(lines).toContain('shop/0002-title goes on after 900 rows')
    expect(await database.query('select runs, count(*)::int as rows from shop.item group by runs')).toEqual([
      { runs: 1, rows: 2500 },
    ])
  })

  test('that was edited in the middle begins again, because the rows behind it have had another change', async () => {
    const trapped = fill('item by id in batches of 100').replace('title = name', 'title = (1 / (item.id - 3000))::text')
    await files({ '0001-item.sql': table, '0002-title.sql': trapped })
    await failure(migrator().up())
    await files({ '0002-title.sql': fill('item by id in batches of 100') })
    await migrator().up()
    expect(await database.query('select count(*)::int as n from shop.item where title <> name')).toEqual([{ n: 0 }])
  })

  test('waits for rows that somebody holds, batch by batch', async () => {
    await files({ '0001-item.sql': table, '0002-title.sql': fill('item in batches of 100') })
    await migrator({ only: ({ name }) => name === '0001-item' }).up()
    const holder = new pg.Client({ connectionString: database.directUrl })
    await holder.connect()
    await holder.query('begin; update shop.item set name = name where id = 1500')
    const lines: string[] = []
    await migrator({
      lockTimeoutMs: 30,
      log(line) {
        lines.push(line)
        if (line.includes('met a lock')) void holder.query('commit')
      },
    }).up()
    await holder.end()
    expect(lines.filter((line) => line.includes('met a lock')).length).toBeGreaterThan(0)
    expect(await database.query('select count(*)::int as n from shop.item where runs <> 1')).toEqual([{ n: 0 }])
  })

  test('four runs at once do it once', async () => {
    await files({ '0001-item.sql': table, '0002-title.sql': fill('item in batches of 100') })
    const done = await Promise.all(Array.from({ length: 4 }, () => migrator().up()))
    expect(done.map((each) => each.length).toSorted()).toEqual([0, 0, 0, 2])
    expect(await database.query('select count(*)::int as n from shop.item where runs <> 1')).toEqual([{ n: 0 }])
  })

  test.each([
    ['no table', 'nowhere', 'is not there'],
    ['no primary key', 'loose', 'has no primary key'],
    ['a key that is not unique', 'item by name', 'no unique index on exactly name'],
    ['a key that may be null', 'item by title', 'no unique index on exactly title'],
    ['a key that is unique in a part only', 'item by runs', 'no unique index on exactly runs'],
  ])('with %s is refused before it changes anything', async (_what, header, words) => {
    await files({
      '0001-item.sql': `${table}; create table loose (id int); create unique index on item (title);
        create unique index on item (runs) where runs > 5`,
      '0002-title.sql': fill(header),
    })
    expect(await failure(migrator().up())).toContain(words)
    expect(await database.query(`select to_regclass('footing.backfill') as progress`)).toEqual([{ progress: null }])
  })

  test('that holds two statements, or none, fails and leaves nothing', async () => {
    await files({
      '0001-item.sql': table,
      '0002-two.sql': '-- footing: backfill item\nselect 1 from batch; drop table item',
    })
    expect(await failure(migrator().up())).toContain('migration-failed')
    await files({ '0002-two.sql': '-- footing: backfill item\nupdate item set runs = 1' })
    expect(await failure(migrator().up())).toContain('must join the relation batch')
    await files({ '0002-two.sql': '-- footing: backfill item\n' })
    expect(await failure(migrator().up())).toContain('must join the relation batch')
    expect(await database.query('select count(*)::int as n from shop.item where runs = 0')).toEqual([{ n: 2500 }])
  })
})

describe('a contract', () => {
  const first = { '0001-item.sql': 'create table item (id int primary key, name text)' }
  const change = {
    '0002-title.sql': '-- footing: phase expand\nalter table item add column title text',
    '0003-drop.sql': '-- footing: phase contract after 0002\nalter table item drop column name',
    '0004-more.sql': 'create table more (id int)',
  }

  test('waits for the next run in production, and what comes after it waits too', async () => {
    await files(first)
    await migrator({ holdContracts: true }).up()
    await files(change)
    const before = await migrator().status()
    expect(before[1]).toMatchObject({ phase: 'expand', state: 'pending' })
    expect(before[2]).toMatchObject({ phase: 'contract', state: 'pending', waitsFor: '0002-title' })
    const lines: string[] = []
    const done = await migrator({ holdContracts: true, log: (line) => lines.push(line) }).up()
    expect(names(done)).toEqual(['0002-title'])
    expect(lines).toContain('shop/0003-drop waits: deploy the code that goes with 0002-title, then run it again')
    expect(lines).toContain('shop/0004-more waits: it comes after 0003-drop')
    expect((await migrator().status())[2]).not.toHaveProperty('waitsFor')
    expect(names(await migrator({ holdContracts: true }).up())).toEqual(['0003-drop', '0004-more'])
  })

  test('runs at once when that is not asked for, and on a database that begins with nothing', async () => {
    await files({ ...first, ...change })
    expect(names(await migrator({ holdContracts: true }).up())).toHaveLength(4)
  })

  test('runs at once in development', async () => {
    await files(first)
    await migrator().up()
    await files(change)
    expect(names(await migrator().up())).toHaveLength(3)
  })

  test.each([
    ['nothing', '0009'],
    ['itself', '0003'],
    ['a later one', '0004-more'],
  ])('after %s is refused', async (_what, after) => {
    await files({ ...first, ...change, '0003-drop.sql': `-- footing: phase contract after ${after}\nselect 1` })
    expect(await failure(migrator().up())).toContain('migration-invalid')
  })
})

test('two people who took one number are told which, and what is free', async () => {
  await files({ '0001-a.sql': 'select 1', '0002-b.sql': 'select 1', '0002-c.sql': 'select 1' })
  expect(await failure(migrator().status())).toMatch(
    /migration-number-taken.*number 0002: 0002-b and 0002-c.*begins with 0003/s,
  )
})
