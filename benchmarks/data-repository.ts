// What a repository costs over the bare driver: the same read and the same write, in turns, in one run, as a ratio.
// Run: node --conditions=@footing/source benchmarks/data-repository.ts
import { openDataSource } from '@footing/core'
import { openServerDesk } from '@footing/core/testing'
import pg from 'pg'

const rounds = 7
const operations = 6000
const concurrency = 32
const poolSize = 16
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
  const source = openDataSource({ url, poolSize, scope: () => scope })
  // As in a request: a route, a deadline and a signal.
  const scope = { route: 'GET /items/{id}', deadlineAt: Date.now() + 600_000, signal: new AbortController().signal }
  const db = source.forModule<BenchTables>('bench')
  const id = () => Math.floor(Math.random() * rows)

  const read = {
    bare: () => bare.query('select id, name, stock from bench.item where id = $1', [id()]),
    repository: () => db.read().selectFrom('item').select(['id', 'name', 'stock']).where('id', '=', id()).execute(),
  }
  const write = {
    bare: () => bare.query('update bench.item set stock = $1 where id = $2', [1, id()]),
    repository: () => db.write().updateTable('item').set({ stock: 1 }).where('id', '=', id()).execute(),
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
    repository: () =>
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

async function report(
  server: string,
  what: string,
  ways: { readonly bare: () => Promise<unknown>; readonly repository: () => Promise<unknown> },
  count: number,
): Promise<void> {
  await measure(ways.bare, count / 3)
  await measure(ways.repository, count / 3)
  const bare: Sample[] = []
  const repository: Sample[] = []
  // In turns and with the first place changing, so that whatever else the machine does falls on both.
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? (['bare', 'repository'] as const) : (['repository', 'bare'] as const)
    for (const way of order) (way === 'bare' ? bare : repository).push(await measure(ways[way], count))
  }
  const speed = median(bare.map((sample, index) => (repository[index]?.perSecond ?? 0) / sample.perSecond))
  const cpu = median(bare.map((sample, index) => (repository[index]?.cpu ?? 0) / sample.cpu))
  const line = [
    `${server}, ${what}:`.padEnd(34),
    `bare ${perSecond(bare)}/s, repository ${perSecond(repository)}/s,`,
    `ratio ${(100 * speed).toFixed(0)} % of operations, ${cpu.toFixed(2)} x CPU`,
    `(${median(bare.map((sample) => sample.cpu)).toFixed(0)} → ${median(repository.map((sample) => sample.cpu)).toFixed(0)} µs)`,
  ]
  console.log(line.join(' '))
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
