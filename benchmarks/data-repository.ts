// What a repository costs over the bare driver: the same read and the same write, in turns, in one run, as a ratio.
// Run: node --conditions=@footing/source benchmarks/data-repository.ts, with FOOTING_NEWER_PGBOUNCER for a third server.
import { mkdtemp, writeFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { compiled } from '@footing/core'
import { openDataSource } from '@footing/core/data'
import { startPgBouncer } from '@footing/core/servers'
import { openServerHarness } from '@footing/core/testing'
import pg from 'pg'

const rounds = 11
const operations = 4000
const poolSize = 16
// As many as connections: waiting in line costs both, and is not what is measured.
const concurrency = poolSize
const rows = 10_000
const readText = 'select id, name, stock from bench.item where id = $1'
const writeText = 'update bench.item set stock = $1 where id = $2'

interface BenchTables {
  item: { id: number; name: string; stock: number }
}

interface Sample {
  readonly perSecond: number
  /** Microseconds of this process's CPU per operation. */
  readonly cpu: number
}

const lines: string[] = []
const load = loadavg()[0] ?? 0
const desk = await openServerHarness({ resolveFrom: [], log: console.error })
try {
  const directUrl = await desk.ask('postgres')
  await prepare(directUrl)
  await compare('PgBouncer 1.18', await desk.ask('pgbouncer'), false)
  const program = process.env.FOOTING_NEWER_PGBOUNCER
  if (program !== undefined) {
    const folder = await mkdtemp(join(tmpdir(), 'footing-bench-'))
    const newer = await startPgBouncer({ program, serverUrl: directUrl, folder, temporary: true })
    await compare(`PgBouncer ${newer.version}`, newer.urlFor(directUrl), true)
    await newer.stop()
  }
  await compare('direct', directUrl, true)
} finally {
  await desk.close()
}
await writeReport()

/** @param named whether names of prepared statements are kept on the way, so that the bare driver may use them as well */
async function compare(name: string, url: string, named: boolean): Promise<void> {
  const bare = new pg.Pool({ connectionString: url, max: poolSize })
  bare.on('error', () => undefined)
  const source = openDataSource({ url, poolSize, scope: () => scope })
  // As in a request: a route, a deadline and a signal.
  const scope = { route: 'GET /items/{id}', deadlineAt: Date.now() + 600_000, signal: new AbortController().signal }
  const db = source.forModule<BenchTables>('bench')
  const id = () => Math.floor(Math.random() * rows)

  const byId = compiled<BenchTables, { id: number }>()((q, { id }) =>
    q.selectFrom('item').select(['id', 'name', 'stock']).where('id', '=', id),
  )
  const setStock = compiled<BenchTables, { id: number; stock: number }>()((q, { id, stock }) =>
    q.updateTable('item').set({ stock }).where('id', '=', id),
  )
  const read = {
    bare: () => bare.query(readText, [id()]),
    named: () => bare.query({ name: 'read', text: readText, values: [id()] }),
    compiled: () => byId.first(db.read(), { id: id() }),
    built: () => db.read().selectFrom('item').select(['id', 'name', 'stock']).where('id', '=', id()).execute(),
  }
  const write = {
    bare: () => bare.query(writeText, [1, id()]),
    named: () => bare.query({ name: 'write', text: writeText, values: [1, id()] }),
    compiled: () => setStock.execute(db.write(), { stock: 1, id: id() }),
    built: () => db.write().updateTable('item').set({ stock: 1 }).where('id', '=', id()).execute(),
  }
  // As somebody would write it by hand: the beginning and its limits in one message.
  const both = async (read: () => [string, unknown[]], write: () => [string, unknown[]], name?: string) => {
    const client = await bare.connect()
    const send = (what: string, [text, values]: [string, unknown[]]) =>
      client.query(name === undefined ? { text, values } : { name: what, text, values })
    try {
      await client.query("begin; set local lock_timeout = '5s'; set local statement_timeout = '60s'")
      await send('read', read())
      await send('write', write())
      await client.query('commit')
    } finally {
      client.release()
    }
  }
  const reading = (): [string, unknown[]] => [readText, [id()]]
  const writing = (): [string, unknown[]] => [writeText, [1, id()]]
  const transaction = {
    bare: () => both(reading, writing),
    named: () => both(reading, writing, 'named'),
    compiled: () =>
      db.transaction(async (tx) => {
        await byId.first(tx, { id: id() })
        await setStock.execute(tx, { stock: 1, id: id() })
      }),
    built: () =>
      db.transaction(async (tx) => {
        await tx.selectFrom('item').select(['id', 'name', 'stock']).where('id', '=', id()).execute()
        await tx.updateTable('item').set({ stock: 1 }).where('id', '=', id()).execute()
      }),
  }
  await report(name, 'read one row', read, operations, named)
  await report(name, 'write one row', write, operations / 2, named)
  await report(name, 'transaction of both', transaction, operations / 4, named)
  await source.close()
  await bare.end()
}

type Way = 'bare' | 'named' | 'compiled' | 'built'

async function report(
  server: string,
  what: string,
  ways: Readonly<Record<Way, () => Promise<unknown>>>,
  count: number,
  named: boolean,
): Promise<void> {
  const names = (['bare', 'named', 'compiled', 'built'] as const).filter((way) => named || way !== 'named')
  const samples: Record<Way, Sample[]> = { bare: [], named: [], compiled: [], built: [] }
  for (const way of names) await measure(ways[way], count / 2)
  // In turns, each round beginning with another one, so that whatever else the machine does falls on all of them.
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const way = names[(round + turn) % names.length] ?? 'bare'
      samples[way].push(await measure(ways[way], count))
    }
  }
  const ratios = (way: Way, of: (sample: Sample) => number): readonly number[] =>
    samples.bare.map((sample, round) => of(samples[way][round] ?? sample) / of(sample))
  const speed = (way: Way): string => {
    if (!names.includes(way)) return '–'
    const all = ratios(way, ({ perSecond }) => perSecond).toSorted((a, b) => a - b)
    const [low, high] = [all[Math.floor(all.length / 4)] ?? 0, all[Math.floor((all.length * 3) / 4)] ?? 0]
    return `${percent(median(all))} (${percent(low)} to ${percent(high)})`
  }
  const cpu = (way: Way): string => median(ratios(way, (sample) => sample.cpu)).toFixed(2)
  const columns = [`${server}, ${what}`, perSecond(samples.bare), speed('named'), speed('compiled'), speed('built')]
  const line = `| ${[...columns, cpu('compiled'), cpu('built')].join(' | ')} |`
  lines.push(line)
  console.log(line)
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(0)} %`
}

function perSecond(samples: readonly Sample[]): string {
  return median(samples.map((sample) => sample.perSecond)).toFixed(0)
}

async function measure(work: () => Promise<unknown>, count: number): Promise<Sample> {
  let left = count
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await work()
    }
  }
  const cpu = process.cpuUsage()
  const started = performance.now()
  await Promise.all(Array.from({ length: concurrency }, lane))
  const seconds = (performance.now() - started) / 1000
  const used = process.cpuUsage(cpu)
  return { perSecond: count / seconds, cpu: (used.user + used.system) / count }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

async function prepare(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('create schema bench')
  await client.query('create table bench.item (id int primary key, name text not null, stock int not null)')
  await client.query('insert into bench.item select n, $1 || n, 0 from generate_series(0, $2) n', ['item ', rows])
  await client.query('vacuum analyze bench.item')
  await client.end()
}

async function writeReport(): Promise<void> {
  const text = `# Repository against the bare driver

\`node --conditions=@footing/source benchmarks/data-repository.ts\` runs the same statement several ways, in turns, in one
process: the bare driver (\`pg\` with its pool), the bare driver with prepared statements under names, a repository with a
query that \`compiled(…)\` has built once, and a repository whose query is built for each call, as is usual. The repository's statements carry a
route, a deadline and an abort signal, as in a request; the bare driver has none of them. Pools have ${poolSize} connections.

${rounds} rounds on ${cpus().length} cores that load, PostgreSQL 18.4 and PgBouncer share with other work (load ${load.toFixed(1)} at the start), Node
${process.versions.node}. Each figure is the median of the rounds' ratios, in brackets the middle half of them.

| | bare driver, operations/s | bare, named | compiled | built each time | CPU here: compiled | built |
|---|---|---|---|---|---|---|
${lines.join('\n')}

100 % is the bare driver without names. "CPU here" is processor time of this process, the bare driver being 1. PgBouncer 1.18 keeps
no names, so there everything is parsed for each call; PgBouncer 1.21 and newer, and PostgreSQL itself, keep them, and every
statement of a repository that comes again gets one by itself.

The target is 90 % through PgBouncer. Where names are kept, queries that are built for each call are above it, and at least as fast as
the bare driver without names. Through 1.18 building them still shows: there, and nowhere else, \`compiled(…)\` is worth its place on
a hot path.
`
  await writeFile(new URL('./data-repository.md', import.meta.url), text)
}
