// Which library writes and reads the files of the archive: hyparquet (JavaScript) against DuckDB (native), the same rows, in turns.
// Run: npm run test:duckdb -- node --conditions=@footing/source benchmarks/archive-parquet.ts
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { openArchive } from '@footing/core/archive'
import { openDataSource } from '@footing/core/data'
import { openStorage } from '@footing/core/storage'
import { openServerHarness } from '@footing/core/testing'
import { encodeColumn } from '../packages/footing/src/archive/contract/column-kind.ts'
import { readParquet, writeParquet } from '../packages/footing/src/archive/drivers/hyparquet.ts'

// DuckDB is no package of this project; the script above names the folder that has it.
const { DuckDBInstance, DuckDBTimestampTZValue } = createRequire(
  join(resolve(process.env.FOOTING_DUCKDB ?? ''), 'package.json'),
)('@duckdb/node-api')

const rounds = 5
const count = 20_000 // the rows of one archive file
const folder = mkdtempSync(join(tmpdir(), 'footing-bench-'))

// Rows like those of an event table: some columns repeat, some do not.
const rows = Array.from({ length: count }, (_, n) => {
  const noise = createHash('sha256').update(String(n)).digest('hex')
  return {
    id: String(n),
    at: new Date(Date.UTC(2026, 0, 1) + n * 61_000).toISOString().replace('T', ' ').replace('.000Z', '+00'),
    kind: ['viewed', 'ordered', 'paid', 'returned'][n % 4] ?? '',
    note: n % 3 === 0 ? null : `note ${noise}`,
    amount: `${n % 1000}.${String(n % 100).padStart(2, '0')}`,
    details: JSON.stringify({ session: noise.slice(0, 20), path: `/articles/${n % 500}`, ms: n % 977 }),
  }
})
const types = {
  id: 'bigint',
  at: 'timestamp with time zone',
  kind: 'text',
  note: 'text',
  amount: 'numeric(12,2)',
  details: 'jsonb',
}

interface Sample {
  readonly ms: number
  readonly cpu: number
}

async function measured(work: () => Promise<unknown>): Promise<Sample> {
  const before = process.cpuUsage()
  const start = performance.now()
  await work()
  const { user, system } = process.cpuUsage(before)
  return { ms: performance.now() - start, cpu: (user + system) / 1000 }
}

const median = (samples: readonly Sample[], of: (sample: Sample) => number): string =>
  (samples.map(of).toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? 0).toFixed(0)

const hyparquetFile = join(folder, 'hyparquet.parquet')
const duckdbFile = join(folder, 'duckdb.parquet')

async function writeByHyparquet(): Promise<void> {
  const columns = Object.entries(types).map(([name, type]) => ({
    name,
    type,
    ...encodeColumn(
      type,
      rows.map((row) => row[name as keyof typeof types]),
    ),
  }))
  const note = {
    version: 1 as const,
    columns: columns.map(({ name, type, kind }) => ({ name, type, kind: kind.name })),
  }
  writeFileSync(hyparquetFile, await writeParquet(columns, note))
}

const connection = await (await DuckDBInstance.create(':memory:')).connect()
await connection.run('set threads = 1')

async function writeByDuckdb(): Promise<void> {
  await connection.run(
    'create or replace table r (id bigint, "at" timestamptz, kind text, note text, amount text, details text)',
  )
  const appender = await connection.createAppender('r')
  for (const row of rows) {
    appender.appendBigInt(BigInt(row.id))
    appender.appendTimestampTZ(new DuckDBTimestampTZValue(BigInt(Date.parse(`${row.at.replace(' ', 'T')}:00`)) * 1000n))
    appender.appendVarchar(row.kind)
    if (row.note === null) appender.appendNull()
    else appender.appendVarchar(row.note)
    appender.appendVarchar(row.amount)
    appender.appendVarchar(row.details)
    appender.endRow()
  }
  appender.closeSync()
  await connection.run(
    `copy (select id, "at", kind, note, amount::decimal(12,2) as amount, details from r) to '${duckdbFile}' (format parquet, compression zstd)`,
  )
}

const results = { hyWrite: [] as Sample[], duckWrite: [] as Sample[], hyRead: [] as Sample[], duckRead: [] as Sample[] }
for (let round = 0; round <= rounds; round += 1) {
  const samples = {
    hyWrite: await measured(writeByHyparquet),
    duckWrite: await measured(writeByDuckdb),
    hyRead: await measured(async () => readParquet(readFileSync(hyparquetFile))),
    duckRead: await measured(async () => (await connection.runAndReadAll(`select * from '${duckdbFile}'`)).getRows()),
  }
  if (round === 0) continue // warms up
  for (const name of Object.keys(samples) as (keyof typeof samples)[]) results[name].push(samples[name])
}
connection.closeSync()

const moved = await measureRun()
const line = (name: string, write: readonly Sample[], read: readonly Sample[], file: string, install: string): string =>
  `| ${name} | ${median(write, ({ ms }) => ms)} / ${median(write, ({ cpu }) => cpu)} | ${median(read, ({ ms }) => ms)} / ${median(read, ({ cpu }) => cpu)} | ${(statSync(file).size / 1024).toFixed(0)} | ${install} |`
const text = `# Files of the archive

\`node --conditions=@footing/source benchmarks/archive-parquet.ts\` writes and reads one file of ${count} rows and six columns (bigint,
timestamptz, two texts, numeric(12,2), JSON) with each library, in turns, in one process; median of ${rounds} rounds, DuckDB with one
thread, Zstandard. Node ${process.versions.node}, two cores shared with other work: the ratios are what to read.

| | write, ms / ms of CPU | read, ms / ms of CPU | file, KiB | installed |
|---|---|---|---|---|
${line('hyparquet-writer 0.17, hyparquet 1.33', results.hyWrite, results.hyRead, hyparquetFile, '1.5 MB, JavaScript')}
${line('@duckdb/node-api 1.5.6', results.duckWrite, results.duckRead, duckdbFile, '70 MB, native')}

The write of hyparquet includes the check that each value comes back exactly; DuckDB's does not.

A whole run (read, write, store, read back, verify, delete) moved ${moved.rows} rows through PgBouncer to a folder at ${moved.perSecond} rows a second.

What it says: a batch is small, so the files are no bottleneck with either: most of a run is PostgreSQL's. hyparquet stays the default,
because it is a fiftieth of the size, has no native code, and hands out stored integers as they are; DuckDB is used in the tests as an
independent reader.
`
writeFileSync(new URL('archive-parquet.md', import.meta.url), text)
process.stdout.write(text)
rmSync(folder, { recursive: true })

async function measureRun(): Promise<{ rows: number; perSecond: number }> {
  const desk = await openServerHarness({ resolveFrom: [], log: console.error })
  try {
    await desk.ask('postgres')
    const data = openDataSource({ url: await desk.ask('pgbouncer') })
    const shop = data.forModule('shop')
    await shop.query('create schema shop')
    await shop.query(
      'create table shop.event (id bigint primary key, at timestamptz, kind text, note text, amount numeric(12,2), details jsonb)',
    )
    await shop.query(`insert into shop.event select n, '2020-01-01'::timestamptz + n * interval '61 s', 'viewed', 'note ' || md5(n::text),
      n % 1000, jsonb_build_object('session', md5(n::text), 'ms', n % 977) from generate_series(1, 100000) n`)
    const storage = openStorage({ folder: join(folder, 'storage') })
    const tables = [{ module: 'shop', table: 'event', timeColumn: 'at', olderThanDays: 90 }]
    const start = performance.now()
    const [report] = await openArchive({ data, storage, tables }).run()
    const seconds = (performance.now() - start) / 1000
    await data.close()
    return { rows: report?.rows ?? 0, perSecond: Math.round((report?.rows ?? 0) / seconds) }
  } finally {
    await desk.close()
  }
}
