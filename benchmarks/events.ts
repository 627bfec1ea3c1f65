// Events at 800 a second beside what ruins other designs: an open snapshot, and a transaction that has written and stays idle.
// Then the order of each key. Writers, pooler and PostgreSQL are real; the subscriber is a process of its own.
// Run: node --conditions=@footing/source benchmarks/events.ts [--seconds 180] [--write]
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { createApp, defineModule, event, implement } from '@footing/core'
import { type DataSource, openDataSource } from '@footing/core/data'
import { type EventDriver, type EventEnvelope, eventLog } from '@footing/core/events'
import { createTestDatabase, stopOwnServers, type TestDatabase } from '@footing/core/testing'
import { provisionDatabase } from '@footing/core/tooling'
import { z } from 'zod'

const option = (name: string, fallback: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : Number(process.argv[at + 1])
}
const seconds = option('seconds', 180)
const ordered = option('ordered', 100_000)
const rate = 800
const keys = 1000
const keepMs = 20_000

/** The last number of each key. */
const numbers = new Map<string, number>()

/** What the subscriber sends: key, number within the key, milliseconds since it was announced. */
type Heard = readonly [string, number, number]

const open = (url: string, poolSize: number): DataSource =>
  openDataSource({ url, scope: () => undefined, poolSize, acquireTimeoutMs: 60_000 })

if (process.argv.includes('--subscriber')) await subscribe(process.env.DATABASE_URL ?? '')
else await measure()

async function subscribe(url: string): Promise<void> {
  const data = open(url, 4)
  const driver = eventLog({ data, app: 'bench', delivers: true, keepMs })
  let heard: Heard[] = []
  driver.subscribe({
    module: 'mail',
    emitter: 'billing',
    event: 'paid',
    async deliver({ key = '', payload, at }) {
      heard.push([key, (payload as { n: number }).n, Date.now() - at]) // written by the benchmark
      return undefined
    },
  })
  await driver.start()
  setInterval(() => {
    if (heard.length > 0) process.send?.(heard)
    heard = []
  }, 200)
  process.on('message', async () => {
    await driver.drain(5000)
    process.send?.(heard)
    await data.close()
    process.exit(0)
  })
  process.send?.([])
}

interface Phase {
  readonly name: string
  readonly rate: number
  readonly p50: number
  readonly p99: number
  readonly longest: number
  readonly lost: number
  readonly outOfOrder: number
  readonly deadRows: number
  readonly largest: number
  readonly after: number
}

async function measure(): Promise<void> {
  const database = await createTestDatabase()
  const data = open(database.url, 24)
  const manifest = defineModule('billing', {
    owner: '@bench',
    tables: ['counter'],
    events: { paid: event(z.object({ n: z.number() })) },
  })
  await provisionDatabase(
    database.directUrl,
    createApp({ name: 'bench', modules: [implement(manifest, () => ({ port: {} }))] }),
  )
  await database.query('create table public.counter (key int primary key, n int not null)')
  await database.query('insert into public.counter select key, 0 from generate_series(0, 999) key')
  const driver = eventLog({ data, app: 'bench', delivers: false, keepMs })
  await driver.start()
  const child = fork(import.meta.filename, ['--subscriber'], {
    execArgv: ['--conditions=@footing/source'],
    env: { ...process.env, DATABASE_URL: database.url },
  })
  const load = loadavg()[0] ?? 0
  try {
    await once(child, 'message')
    const phases = [
      await flow('an open snapshot', child, database, driver, (work) =>
        data.forModule('billing').transaction(
          async (tx) => {
            await tx.query('select 1')
            await work()
          },
          { isolation: 'repeatable read', timeoutMs: 3_600_000 },
        ),
      ),
      await flow('an idle writer', child, database, driver, (work) =>
        data.forModule('billing').transaction(
          async (tx) => {
            await driver.take(envelope('idle', 0), tx, 1000)
            await work()
          },
          { timeoutMs: 3_600_000 },
        ),
      ),
    ]
    const order = await inOrder(child, data, driver)
    const page = report(phases, order, load)
    if (process.argv.includes('--write')) writeFileSync(new URL('./events.md', import.meta.url), page)
    process.stdout.write(page)
  } finally {
    child.send('stop')
    await once(child, 'exit')
    await driver.drain(0)
    await data.close()
    await database.drop()
    await stopOwnServers()
  }
}

function envelope(key: string, n: number): EventEnvelope {
  const id = crypto.randomUUID()
  return { id, module: 'billing', event: 'paid', key, payload: { n }, at: Date.now(), requestId: 'r', traceId: 't' }
}

/** Emits at the given rate for a while, with the transaction of `beside` open. */
async function flow(
  name: string,
  child: ChildProcess,
  database: TestDatabase,
  driver: EventDriver,
  beside: (work: () => Promise<void>) => Promise<void>,
): Promise<Phase> {
  const heard: Heard[] = []
  const listen = (some: readonly Heard[]) => heard.push(...some)
  child.on('message', listen)
  let taken = 0
  let watched = { dead: 0, size: 0 }
  let lasted = 0
  let open = 0
  await beside(async () => {
    const started = performance.now()
    const watching = new AbortController()
    const watch = (async () => {
      while (!watching.signal.aborted) {
        const now = await look(database)
        watched = { dead: Math.max(watched.dead, now.dead), size: Math.max(watched.size, now.size) }
        await delay(2000, undefined, { signal: watching.signal }).catch(() => undefined)
      }
    })()
    for (let due = 0; performance.now() - started < seconds * 1000; ) {
      due = Math.floor(((performance.now() - started) / 1000) * rate)
      // Writers that meet the clock, not the last answer: what waits is waited for by the events after it.
      for (; taken < due; taken++) {
        const key = `${taken % keys}`
        const n = (numbers.get(key) ?? 0) + 1
        numbers.set(key, n)
        open++
        driver.take(envelope(key, n), undefined, 1000).finally(() => open--)
      }
      await delay(5)
    }
    lasted = (performance.now() - started) / 1000
    for (let waited = 0; heard.length < taken && waited < 30_000; waited += 100) await delay(100)
    watching.abort()
    await watch
  })
  await delay(60_000)
  child.off('message', listen)
  const after = await look(database)
  const waits = heard.filter(([key]) => key !== 'idle').map(([, , ms]) => ms)
  return {
    name,
    rate: waits.length / lasted,
    ...percentiles(waits),
    lost: taken - new Set(heard.filter(([key]) => key !== 'idle').map(([key, n]) => `${key} ${n}`)).size,
    outOfOrder: disorder(heard),
    deadRows: watched.dead,
    largest: watched.size,
    after: after.size,
  }
}

async function look(database: TestDatabase): Promise<{ dead: number; size: number }> {
  const [row] = await database.query(`
    select max(n_dead_tup)::int as dead, sum(pg_total_relation_size(relid))::float8 as size
    from pg_stat_user_tables where schemaname = 'footing_events'`)
  return { dead: Number(row?.dead), size: Number(row?.size) }
}

/** Two writers that begin in any order and meet in the rows that they count in: the row says which of them committed first. */
async function inOrder(child: ChildProcess, data: DataSource, driver: EventDriver) {
  const heard: Heard[] = []
  const listen = (some: readonly Heard[]) => heard.push(...some.filter(([key]) => key.startsWith('row')))
  child.on('message', listen)
  const db = data.forModule('billing')
  const perTransaction = 10
  let left = ordered / perTransaction
  const writer = async (): Promise<void> => {
    while (left-- > 0) {
      await db.transaction(async (tx) => {
        // Its place among the transactions is taken before it waits for the other one.
        await tx.query('select pg_current_xact_id()')
        if (Math.random() < 0.5) await delay(Math.random() * 3)
        const first = Math.floor(Math.random() * 200)
        const rows = Array.from({ length: perTransaction }, (_, index) => (first + index) % 200).toSorted(
          (a, b) => a - b,
        )
        for (const row of rows) {
          const [counted] = await tx.query<{ n: number }>(
            'update public.counter set n = n + 1 where key = $1 returning n',
            [row],
          )
          await driver.take(envelope(`row ${row}`, counted?.n ?? 0), tx, 1000)
        }
      })
    }
  }
  const started = performance.now()
  await Promise.all([writer(), writer()])
  for (let waited = 0; heard.length < ordered && waited < 60_000; waited += 100) await delay(100)
  child.off('message', listen)
  return { count: heard.length, outOfOrder: disorder(heard), seconds: (performance.now() - started) / 1000 }
}

function disorder(heard: readonly Heard[]): number {
  const last = new Map<string, number>()
  let wrong = 0
  for (const [key, n] of heard) {
    if (n <= (last.get(key) ?? Number.NEGATIVE_INFINITY)) wrong++
    last.set(key, n)
  }
  return wrong
}

function percentiles(all: readonly number[]): { p50: number; p99: number; longest: number } {
  const sorted = all.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), longest: sorted.at(-1) ?? Number.NaN }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`
}

function report(phases: readonly Phase[], order: Awaited<ReturnType<typeof inOrder>>, load: number): string {
  const rows = phases.map(
    ({ name, rate, p50, p99, longest, lost, outOfOrder, deadRows, largest, after }) =>
      `| ${name} | ${rate.toFixed(0)} | ${p50} | ${p99} | ${longest} | ${lost} | ${outOfOrder} | ${deadRows} | ${mebibytes(largest)} | ${mebibytes(after)} |`,
  )
  return `# Events beside open transactions

\`node --conditions=@footing/source benchmarks/events.ts --write\`: ${rate} events a second of ${keys} keys for ${seconds} s, each committed by
itself through PgBouncer, heard by one subscriber in a process of its own that polls every 100 ms and has no doorbell. Events are kept
${keepMs / 1000} s, so that tables rotate every ${keepMs / 2000} s. Milliseconds from \`emit\` to the handler; dead rows are the most that any table of the schema had;
sizes are of the whole schema with its indexes, at its largest and 60 s after the last event.

| beside | delivered /s | p50 | p99 | longest | lost | out of order | dead rows | largest | 60 s later |
|---|---|---|---|---|---|---|---|---|---|
${rows.join('\n')}

Order: two writers at once, each transaction with ten events of ten of 200 rows that both count in, beginning in any order.
${order.count.toLocaleString('en')} events heard in ${order.seconds.toFixed(0)} s, ${order.outOfOrder} out of order.

The machine had two cores and a load of ${load.toFixed(1)} from other work when it began.
`
}
