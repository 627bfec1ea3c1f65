// What the access log costs: the same statement on a table that is logged and on one that is not, in turns, in one run.
// Run: node --conditions=@footing/source benchmarks/access-log.ts
import { writeFileSync } from 'node:fs'
import { compiled } from '@footing/core'
import { openDataSource } from '@footing/core/data'
import { installAccessLog, recordHooks } from '@footing/core/records'
import { openServerHarness } from '@footing/core/testing'
import pg from 'pg'

const rounds = 5
const lanes = 8

interface Item {
  id: number
  name: string
  stock: number
}
interface BenchTables {
  plain: Item
  names: Item
  values: Item
}
type Table = keyof BenchTables

const modules = [
  {
    name: 'bench',
    access: {
      names: { key: 'id', reads: true },
      values: { key: 'id', values: true, redact: ['name'] },
    },
  },
] as const

const desk = await openServerHarness({ resolveFrom: [], log: console.error })
try {
  const directUrl = await desk.ask('postgres')
  await prepare(directUrl)
  const url = await desk.ask('pgbouncer')
  const scope = {
    route: 'POST /items/{id}',
    actor: () => ({
      user: '42',
      request: 'f'.repeat(32),
      trace: 'e'.repeat(32),
      source: 'POST /items/{id} bench.change',
    }),
  }
  const logged = openDataSource({ url, poolSize: lanes, scope: () => scope, hooks: recordHooks(modules) })
  const bare = openDataSource({ url, poolSize: lanes, scope: () => scope })
  await logged.ping()
  const database = (table: Table) => (table === 'plain' ? bare : logged).forModule<BenchTables>('bench')
  let next = 1_000_000
  const anyId = () => Math.floor(Math.random() * 10_000)
  const change = (table: Table) => {
    const statement = compiled<BenchTables, { id: number; stock: number }>()((q, { id, stock }) =>
      q.updateTable(table).set({ stock }).where('id', '=', id),
    )
    return () => statement.execute(database(table).write(), { id: anyId(), stock: Math.floor(Math.random() * 1e9) })
  }
  const insert = (table: Table) => () => {
    next += 1
    return database(table).query(`insert into bench.${table} values ($1, 'new', 0)`, [next])
  }
  const transaction = (table: Table) => () =>
    database(table).transaction(async (tx) => {
      await tx.updateTable(table).set({ stock: 1 }).where('id', '=', anyId()).execute()
      await tx.updateTable(table).set({ stock: 2 }).where('id', '=', anyId()).execute()
    })
  const many = (table: Table) => () => {
    const from = Math.floor(Math.random() * 9000)
    return database(table).query(`update bench.${table} set stock = stock + 1 where id between $1 and $2`, [
      from,
      from + 999,
    ])
  }
  const read = (table: Table) => {
    const statement = compiled<BenchTables, { id: number }>()((q, { id }) =>
      q.selectFrom(table).selectAll().where('id', '=', id),
    )
    return () => statement.execute(database(table).read(), { id: anyId() })
  }
  const rows = [
    await compare('update one row', change, ['names', 'values'], 1500),
    await compare('insert one row', insert, ['names', 'values'], 1500),
    await compare('transaction of two updates', transaction, ['names', 'values'], 700),
    await compare('update 1000 rows at once', many, ['names', 'values'], 24),
    await compare('read one row', read, ['names'], 2000),
  ]
  await logged.close()
  await bare.close()
  const page = report(rows)
  writeFileSync(new URL('./access-log.md', import.meta.url), page)
  process.stdout.write(page)
} finally {
  await desk.close()
}

interface Row {
  readonly what: string
  readonly plainMs: number
  readonly times: Readonly<Partial<Record<Table, number>>>
}

async function compare(
  what: string,
  make: (table: Table) => () => Promise<unknown>,
  tables: readonly Table[],
  count: number,
): Promise<Row> {
  const all: readonly Table[] = ['plain', ...tables]
  const works = new Map(all.map((table) => [table, make(table)]))
  const samples = new Map<Table, number[]>(all.map((table) => [table, []]))
  for (const [, work] of works) await measure(work, Math.ceil(count / 4))
  // In turns, each round beginning with another one, so that whatever else the machine does falls on all of them.
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < all.length; turn += 1) {
      const table = all[(round + turn) % all.length] ?? 'plain'
      samples.get(table)?.push(await measure(works.get(table) ?? (async () => undefined), count))
    }
  }
  const plain = samples.get('plain') ?? []
  const times = Object.fromEntries(
    tables.map((table) => [table, median((samples.get(table) ?? []).map((ms, round) => ms / (plain[round] ?? ms)))]),
  )
  return { what, plainMs: median(plain), times }
}

/** Milliseconds for one operation. */
async function measure(work: () => Promise<unknown>, count: number): Promise<number> {
  let left = count
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await work()
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: lanes }, lane))
  return (performance.now() - started) / count
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function report(rows: readonly Row[]): string {
  const times = (value: number | undefined) => (value === undefined ? '–' : `${value.toFixed(2)} ×`)
  return `# Cost of the access log

\`node --conditions=@footing/source benchmarks/access-log.ts\` sends the same statement to a table without a log, to one whose log
has the names of changed columns, and to one whose log has their values, one of them redacted. In turns, ${lanes} connections
through PgBouncer, medians of ${rounds} rounds; figures are times of the time without a log. PostgreSQL without fsync, on two busy
shared cores: only the ratios say something.

| | without, ms | with column names | with values |
|---|---|---|---|
${rows.map(({ what, plainMs, times: t }) => `| ${what} | ${plainMs.toFixed(3)} | ${times(t.names)} | ${times(t.values)} |`).join('\n')}

What it says: a logged change is a second insert with three indexes, written by a trigger in the same round trip. A logged read is
a write: it takes a round trip and a commit of its own, so reads are switched on for tables where that is wanted, not everywhere.
`
}

async function prepare(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('create schema bench')
  for (const table of ['plain', 'names', 'values']) {
    await client.query(`create table bench.${table} (id int primary key, name text not null, stock int not null)`)
    await client.query(`insert into bench.${table} select n, 'item ' || n, 0 from generate_series(0, 10000) n`)
  }
  await client.query('vacuum analyze')
  await client.end()
  await installAccessLog(url, modules)
}
