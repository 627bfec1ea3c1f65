// The files of the archive, read by a program that is not ours: DuckDB, which no package of this project brings. npm run test:duckdb
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { manualClock } from '@footing/kernel'
import { expect, test } from 'vitest'
import { openDataSource } from '../data/data-source.ts'
import { openStorage } from '../storage/open-storage.ts'
import { createTestDatabase } from '../testing/test-database.ts'
import { openArchive } from './archive.ts'

/** What is used of DuckDB. */
interface DuckDB {
  readonly DuckDBInstance: {
    create(path: string): Promise<{
      connect(): Promise<{
        runAndReadAll(sql: string): Promise<{ getRowObjectsJS(): readonly unknown[] }>
        closeSync(): void
      }>
    }>
  }
}

// The folder was checked by the script that runs this.
const place = join(resolve(process.env.FOOTING_DUCKDB ?? ''), 'package.json')
const { DuckDBInstance } = createRequire(place)('@duckdb/node-api') as DuckDB

test('DuckDB sees the same rows with their types', async () => {
  const database = await createTestDatabase()
  const data = openDataSource({ url: database.url, poolSize: 4 })
  const folder = await mkdtemp(join(tmpdir(), 'footing-readers-'))
  const storage = openStorage({ folder })
  try {
    await database.query('create schema shop')
    await database.query(
      'create table shop.event (id bigint primary key, at timestamptz not null, name text, amount numeric(12,2))',
    )
    await database.query(
      `insert into shop.event select n, timestamptz '2026-01-01 00:00Z' + n * interval '1 hour',
         case when n <> 7 then 'event ' || n end, n / 100.0 from generate_series(0, 299) n`,
    )
    const table = { module: 'shop', table: 'event', timeColumn: 'at', olderThanDays: 90 }
    await openArchive({ data, storage, clock: manualClock(Date.UTC(2026, 5, 1)), tables: [table] }).run()
    const [object] = (await storage.list()).objects
    const file = join(folder, 'copy.parquet')
    await writeFile(file, await storage.read(object?.key ?? ''))
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const reader = await connection.runAndReadAll(
      `select count(*)::int as rows, sum(amount)::varchar as total, min("at")::varchar as first, count(name)::int as names,
         any_value(typeof(id)) as id, any_value(typeof("at")) as at, any_value(typeof(amount)) as amount from '${file}'`,
    )
    expect(reader.getRowObjectsJS()).toEqual([
      {
        rows: 300,
        total: '448.50',
        first: '2026-01-01 00:00:00+00',
        names: 299,
        id: 'BIGINT',
        at: 'TIMESTAMP WITH TIME ZONE',
        amount: 'DECIMAL(12,2)',
      },
    ])
    connection.closeSync()
  } finally {
    await storage.close()
    await data.close()
    await database.drop()
    await rm(folder, { recursive: true })
  }
})
