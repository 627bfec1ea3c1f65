// Redo against the real server: rows are carried over, a loss is refused before it happens, and whatever fails changes nothing.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isFootingError } from '@footing/kernel'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import { createMigrator } from './migrator.ts'
import { redoMigration } from './redo-migration.ts'

let database: TestDatabase
let folder: string

beforeEach(async () => {
  database = await createTestDatabase({ pooled: false })
  folder = await mkdtemp(join(tmpdir(), 'footing-redo-'))
})
afterEach(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

const sources = () => [{ module: 'shop', needs: [], folder: pathToFileURL(`${folder}/`) }]
const file = (name: string, text: string) => writeFile(join(folder, name), text)
const up = () => createMigrator({ url: database.directUrl, sources: sources() }).up()
const redo = (acceptLoss = false) =>
  redoMigration({ url: database.directUrl, sources: sources(), module: 'shop', acceptLoss })
const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (isFootingError(error) ? `${error.code}: ${error.message}` : String(error)),
  )

async function begin(): Promise<void> {
  await file(
    '0001-item.sql',
    `create table parent (id bigint generated always as identity primary key, name text not null);
     create table child (id serial primary key, parent_id bigint not null references parent (id) on delete cascade,
       self int references child (id), twice int generated always as (id * 2) stored);
     insert into parent (name) values ('from the migration');
     create function loud() returns trigger language plpgsql as $$ begin new.name := upper(new.name); return new; end $$;
     create trigger parent_loud before insert on parent for each row execute function loud()`,
  )
  await file('0002-index.sql', '-- footing: no-transaction\ncreate index concurrently parent_name on parent (name)')
  await file('0003-price.sql', 'alter table parent add column price int')
  await up()
  await database.query(`update shop.parent set name = 'changed since' where id = 1;
    insert into shop.parent (name) values ('own');
    insert into shop.child (parent_id) values (1), (2), (2); update shop.child set self = 1 where id = 3`)
}

test('an edited last migration is applied anew, and rows, keys and sequences are as before', async () => {
  await begin()
  const before = await database.query('select * from shop.child order by id')
  await file('0003-price.sql', 'alter table parent add column price bigint not null default 7')
  expect(await redo()).toEqual({ module: 'shop', name: '0003-price', rows: 5, lost: [] })
  expect(await database.query('select id, name, price from shop.parent order by id')).toEqual([
    { id: '1', name: 'changed since', price: '7' },
    { id: '2', name: 'OWN', price: '7' },
  ])
  expect(await database.query('select * from shop.child order by id')).toEqual(before)
  expect(await database.query(`insert into shop.parent (name) values ('next') returning id, name`)).toEqual([
    { id: '3', name: 'NEXT' },
  ])
  expect(await database.query('insert into shop.child (parent_id) values (3) returning id')).toEqual([{ id: 4 }])
  const states = await createMigrator({ url: database.directUrl, sources: sources() }).status()
  expect(states.map(({ state }) => state)).toEqual(['applied', 'applied', 'applied'])
  expect(await database.query(`select nspname from pg_namespace where nspname like 'footing\\_redo%'`)).toEqual([])
})

test('values of what the migration made are not lost without a word', async () => {
  await begin()
  await database.query('update shop.parent set price = 5 where id = 2')
  const refused = await code(redo())
  expect(refused).toContain('migration-redo-loses-data')
  expect(refused).toContain('parent.price (1)')
  expect(await database.query('select price from shop.parent where id = 2')).toEqual([{ price: 5 }])
  expect(await redo(true)).toMatchObject({ rows: 5, lost: [{ what: 'parent.price', rows: 1 }] })
  expect(await database.query('select price from shop.parent where id = 2')).toEqual([{ price: null }])
})

test('rows that do not fit into the table of before are a loss too, with those that point at them', async () => {
  await begin()
  await file('0004-drop.sql', 'alter table parent drop column name')
  await up()
  const refused = await code(redo())
  expect(refused).toContain('parent (2)')
  expect(refused).toContain('child (3)')
  expect(await database.query('select count(*)::int as n from shop.parent')).toEqual([{ n: 2 }])
})

test('a migration that fails the second time leaves everything as it was, history included', async () => {
  await begin()
  const before = await database.query('select * from footing.migration order by name')
  await file('0003-price.sql', 'alter table parent add column price int;\nalter tabel parent add column x int')
  expect(await code(redo())).toMatch(/migration-failed.*line 2/s)
  expect(await database.query('select * from footing.migration order by name')).toEqual(before)
  expect(await database.query('select count(*)::int as n from shop.child')).toEqual([{ n: 3 }])
})

test('a backfill is done again, and what waits behind stays waiting', async () => {
  await begin()
  await file(
    '0004-fill.sql',
    `-- footing: backfill parent in batches of 1\nupdate parent set price = 1 from batch where parent.id = batch.id`,
  )
  await up()
  await file('0005-later.sql', '-- footing: draft\n')
  await file(
    '0004-fill.sql',
    `-- footing: backfill parent in batches of 1\nupdate parent set price = 2 from batch where parent.id = batch.id`,
  )
  await redo()
  expect(await database.query('select price from shop.parent')).toEqual([{ price: 2 }, { price: 2 }])
})

test('views that other modules built on it are never dropped on the way', async () => {
  await begin()
  await database.query('create schema other; create view other.names as select name from shop.parent')
  expect(await code(redo())).toContain('view other.names')
  expect(await database.query('select count(*)::int as n from other.names')).toEqual([{ n: 2 }])
})

test('an earlier file that was edited, and a module without migrations, are refused', async () => {
  expect(await code(redo())).toContain('migration-redo-nothing')
  await begin()
  await file('0002-index.sql', '-- footing: no-transaction\ncreate index concurrently parent_name on parent (name, id)')
  expect(await code(redo())).toContain('migration-changed')
})

test('five at once, in the middle of which the connections are cut: all or nothing', async () => {
  await begin()
  const running = Array.from({ length: 5 }, () => code(redo()))
  await database.terminateConnections()
  await Promise.all(running)
  await redo()
  expect(await database.query('select count(*)::int as n from shop.child')).toEqual([{ n: 3 }])
  expect(await database.query('select id, name from shop.parent order by id')).toEqual([
    { id: '1', name: 'changed since' },
    { id: '2', name: 'OWN' },
  ])
})
