// kill -9 in the middle of a migration, at random points, again and again: the next run mends it, and no row is lost or doubled.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import { createMigrator } from './migrator.ts'

let database: TestDatabase
let folder: string

beforeEach(async () => {
  database = await createTestDatabase()
  folder = await mkdtemp(join(tmpdir(), 'footing-killed-'))
})

afterEach(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

const steps: Readonly<Record<string, string>> = {
  '0001-item.sql': 'create table item (id int primary key, name text); select pg_sleep(0.02)',
  '0002-rows.sql': `insert into item select n, 'item ' || n from generate_series(1, 2000) n; select pg_sleep(0.02)`,
  '0003-index.sql': '-- footing: no-transaction\ncreate index concurrently if not exists item_name on item (name)',
  '0004-more.sql': 'alter table item add column stock int not null default 0; select pg_sleep(0.02)',
  '0005-unique.sql':
    '-- footing: no-transaction\ncreate unique index concurrently if not exists item_both on item (id, name)',
  '0006-count.sql': 'create table total as select count(*) as items from item; select pg_sleep(0.02)',
}

test('twelve kills, then one run that is left alone', async () => {
  for (const [name, text] of Object.entries(steps)) await writeFile(join(folder, name), text)
  const source = { module: 'shop', needs: [], folder: pathToFileURL(`${folder}/`) }
  const program = join(folder, 'run.mjs')
  await writeFile(
    program,
    `import { createMigrator } from ${JSON.stringify(new URL('./migrator.ts', import.meta.url).href)}
     console.log('begun')
     await createMigrator({ url: process.argv[2], sources: [{ module: 'shop', needs: [], folder: new URL(${JSON.stringify(source.folder.href)}) }] }).up()`,
  ) // .mjs is no migration, so the folder may hold it
  for (let kill = 0; kill < 12; kill += 1) {
    const run = spawn(process.execPath, ['--conditions=@footing/source', program, database.directUrl], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const exited = once(run, 'exit')
    await once(run.stdout, 'data')
    // Not a wait for anything: the point at which it dies is what is random here.
    await Promise.race([delay(Math.random() * 160), exited])
    run.kill('SIGKILL')
    await exited
  }
  await createMigrator({ url: database.directUrl, sources: [source] }).up()
  const states = (await createMigrator({ url: database.directUrl, sources: [source] }).status()).map(
    ({ state }) => state,
  )
  expect(states).toEqual(Array(Object.keys(steps).length).fill('applied'))
  expect(await database.query('select count(*)::int as rows, sum(stock)::int as stock from shop.item')).toEqual([
    { rows: 2000, stock: 0 },
  ])
  expect(await database.query('select items::int from shop.total')).toEqual([{ items: 2000 }])
  const invalid = `select indexrelid::regclass::text from pg_index where not indisvalid and indrelid = 'shop.item'::regclass`
  expect(await database.query(invalid)).toEqual([])
})
