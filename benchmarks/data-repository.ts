// What a repository costs over the bare driver: the same read and the same write, in turns, in one run, as a ratio.
// Run: node --conditions=@footing/source benchmarks/data-repository.ts
import { compiled, openDataSource } from '@footing/core'
import { openServerDesk } from '@footing/core/testing'
import pg from 'pg'

const rounds = 5
const operations = 3000
const poolSize = 16
// As many as connections: waiting in line costs both, and is not what is measured.
const concurrency = poolSize
const rows = 10_000

interface BenchTables {
  item: { id: number; name: string; stock: number }
}

interface Sample {
  readonly perSecond: number
  /** Microseconds of this process's CPU per operation. */
  readonly cpu: number
}

const desk = await openServerDesk({ resolveFrom: [], log: console.error })
try {
  const directUrl = await desk.ask('postgres')
  await prepare(directUrl)
  for (const [name, url] of [
    ['PgBouncer', await desk.ask('pgbouncer')],
    ['direct', directUrl],
  ] as const) {
    await compare(name, url)
  }
} finally {
  await desk.close()
}

async function compare(name: string, url: string): Promise<void> {
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
    bare: () => bare.query('select id, name, stock from bench.item where id = $1', [id()]),
    compiled: () => byId.first(db.read(), { id: id() }),
    built: () => db.read().selectFrom('item').select(['id', 'name', 'stock']).where('id', '=', id()).execute(),
  }
  const write = {
    bare: () => bare.query('update bench.item set stock = $1 where id = $2', [1, id()]),
    compiled: () => setStock.execute(db.write(), { stock: 1, id: id() }),
    built: () => db.write().updateTable('item').set({ stock: 1 }).where('id', '=', id()).execute(),
  }
  const transaction = {
    bare: async () => {
      const client = await bare.connect()
      try {
        await client.query("begin; set local lock_timeout = '5s'; set local statement_timeout = '60s'")
        await client.query('select stock from bench.item where id = $1', [id()])
        await client.query('update bench.item set stock = $1 where id = $2', [1, id()])
        await client.query('commit')
      } finally {
        client.release()
      }
    },
    compiled: () =>
      db.transaction(async (tx) => {
        await byId.first(tx, { id: id() })
        await setStock.execute(tx, { stock: 1, id: id() })
      }),
    built: () =>
      db.transaction(async (tx) => {
        await tx.selectFrom('item').select('stock').where('id', '=', id()).execute()
        await tx.updateTable('item').set({ stock: 1 }).where('id', '=', id()).execute()
      }),
  }
  await report(name, 'read one row', read, operations)
  await report(name, 'write one row', write, operations / 2)
  await report(name, 'transaction of both', transaction, operations / 4)
  await source.close()
  await bare.end()
}

type Way = 'bare' | 'compiled' | 'built'

async function report(
  server: string,
  what: string,
  ways: Readonly<Record<Way, () => Promise<unknown>>>,
  count: number,
): Promise<void> {
  const names = ['bare', 'compiled', 'built'] as const
  const samples: Record<Way, Sample[]> = { bare: [], compiled: [], built: [] }
  for (const way of names) await measure(ways[way], count / 2)
  // In turns, each round beginning with another one, so that whatever else the machine does falls on all of them.
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const way = names[(round + turn) % names.length] ?? 'bare'
      samples[way].push(await measure(ways[way], count))
    }
  }
  console.log(`${server}, ${what}: bare driver ${perSecond(samples.bare)}/s`)
  for (const way of ['compiled', 'built'] as const) {
    const ratios = (of: (sample: Sample) => number) =>
      median(samples.bare.map((sample, round) => of(samples[way][round] ?? sample) / of(sample)))
    const speed = (100 * ratios(({ perSecond }) => perSecond)).toFixed(0)
    const cpu = ratios(({ cpu }) => cpu).toFixed(2)
    console.log(
      `  repository, ${way.padEnd(8)} ${speed.padStart(3)} % of its operations per second, ${cpu} x its CPU here`,
    )
  }
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
