// Events per second into PostgreSQL through the analytics port, beside one insert for each event and COPY, the limit; then
// the time of questions. With FOOTING_TEST_CLICKHOUSE_URL the same questions and inserts on ClickHouse.
// Run: node --conditions=@footing/source benchmarks/analytics.ts
// With ClickHouse: npm run test:clickhouse -- node --conditions=@footing/source benchmarks/analytics.ts
import { writeFileSync } from 'node:fs'
import { type Analytics, defineEvent, openAnalytics } from '@footing/core/analytics'
import { openDataSource } from '@footing/core/data'
import { createTestDatabase, stopOwnServers } from '@footing/core/testing'
import pg from 'pg'

const rounds = 5
const perRound = 50_000
const oneByOne = 5000
const asked = 5_000_000
const day = 86_400_000

const event = defineEvent({
  name: 'order_placed',
  dimensions: { country: 'text', plan: 'text' },
  measures: { cents: 'int', ms: 'float' },
})
const countries = ['AT', 'DE', 'CH', 'FR', 'IT', 'ES', 'PL', 'CZ', 'HU', 'SI']
const now = Date.now()

interface Sample {
  readonly at: Date
  readonly user: string
  readonly dimensions: { readonly country: string; readonly plan: string }
  readonly measures: { readonly cents: number; readonly ms: number }
}

function sample(index: number, days: number): Sample {
  return {
    at: new Date(now - ((index * 7919) % (days * day))),
    user: `user-${(index * 31) % 40_000}`,
    dimensions: { country: countries[index % 10] ?? 'AT', plan: index % 3 === 0 ? 'pro' : 'free' },
    measures: { cents: (index * 97) % 10_000, ms: ((index * 13) % 5000) / 7 },
  }
}

/** COPY from this process: the least that rows can cost over the wire. */
class CopyIn {
  readonly #text: string
  readonly #content: Buffer
  readonly done: Promise<void>
  #resolve: () => void = () => undefined
  #reject: (error: Error) => void = () => undefined

  constructor(text: string, content: string) {
    this.#text = text
    this.#content = Buffer.from(content)
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  submit(connection: { query(text: string): void }): void {
    connection.query(this.#text)
  }

  handleCopyInResponse(connection: { sendCopyFromChunk(chunk: Buffer): void; endCopyFrom(): void }): void {
    connection.sendCopyFromChunk(this.#content)
    connection.endCopyFrom()
  }

  handleCommandComplete(): void {}
  handleReadyForQuery(): void {
    this.#resolve()
  }
  handleError(error: Error): void {
    this.#reject(error)
  }
}

async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return count / ((performance.now() - started) / 1000)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

async function trackAll(analytics: Analytics, count: number, days: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await analytics.track(event, sample(index, days))
  await analytics.flush({ timeoutMs: 300_000 })
}

async function questions(analytics: Analytics) {
  const range = { from: new Date(now - 31 * day), to: new Date(now + day) }
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const times: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const started = performance.now()
      await work()
      times.push(performance.now() - started)
    }
    return median(times)
  }
  const common = { event, ...range, timeoutMs: 60_000 } as const
  return {
    'count and sum by day': await timed(() =>
      analytics.query({ ...common, every: 'day', select: { n: 'count', cents: { sum: 'cents' } } }),
    ),
    'the same, of one day': await timed(() =>
      analytics.query({
        ...common,
        from: new Date(now - day),
        every: 'hour',
        select: { n: 'count', cents: { sum: 'cents' } },
      }),
    ),
    'count and p95 by day and country': await timed(() =>
      analytics.query({
        ...common,
        every: 'day',
        by: ['country'],
        select: { n: 'count', p95: { quantile: 'ms', at: 0.95 } },
      }),
    ),
    'different users by week': await timed(() =>
      analytics.query({ ...common, every: 'week', select: { users: { unique: 'user' } } }),
    ),
  } as const
}

const database = await createTestDatabase()
const data = openDataSource({ url: database.url, poolSize: 10 })
const limits = { events: [event], whenFull: 'wait', maintainEveryMs: 0 } as const
const analytics = openAnalytics({ data, ...limits })
const client = new pg.Client({ connectionString: database.directUrl })
await client.connect()
const db = data.forModule<unknown>('footing')
const columns = 'footing_analytics.event_order_placed (at, user_id, d_country, d_plan, m_cents, m_ms)'
await trackAll(analytics, 1000, 1)

const speeds = { port: [] as number[], single: [] as number[], copy: [] as number[] }
for (let round = 0; round < rounds; round += 1) {
  speeds.port.push(await perSecond(perRound, () => trackAll(analytics, perRound, 1)))
  const insertOne = ({ at, user, dimensions: { country, plan }, measures: { cents, ms } }: Sample) =>
    db.query(`insert into ${columns} values ($1, $2, $3, $4, $5, $6)`, [at, user, country, plan, cents, ms])
  speeds.single.push(
    await perSecond(oneByOne, async () => {
      let index = 0
      const lane = async (): Promise<void> => {
        while (index < oneByOne) await insertOne(sample(index++, 1))
      }
      await Promise.all(Array.from({ length: 10 }, lane))
    }),
  )
  speeds.copy.push(
    await perSecond(perRound, async () => {
      const lines = Array.from({ length: perRound }, (_, index) => {
        const { at, user, dimensions, measures } = sample(index, 1)
        return `${at.toISOString()}\t${user}\t${dimensions.country}\t${dimensions.plan}\t${measures.cents}\t${measures.ms}\n`
      })
      const copy = new CopyIn(`copy ${columns} from stdin`, lines.join(''))
      client.query(copy)
      await copy.done
    }),
  )
}
await client.end()

const onPostgres = openAnalytics({ data, ...limits, events: [event] })
await database.query('truncate footing_analytics.event_order_placed')
await trackAll(onPostgres, asked, 30)
await database.query('vacuum analyze footing_analytics.event_order_placed')
const answers = { PostgreSQL: await questions(onPostgres) }
await Promise.all([analytics.close(), onPostgres.close()])
await data.close()
await database.drop()

const clickhouseUrl = process.env.FOOTING_TEST_CLICKHOUSE_URL
let clickhouse: { readonly speed: number; readonly answers: (typeof answers)['PostgreSQL'] } | undefined
if (clickhouseUrl !== undefined) {
  const store = openAnalytics({ url: clickhouseUrl, ...limits, batchSize: 10_000, maxWaiting: 40_000 })
  const speed = await perSecond(asked, () => trackAll(store, asked, 30))
  clickhouse = { speed, answers: await questions(store) }
  await store.close()
}
await stopOwnServers()

const [port, single, copy] = [median(speeds.port), median(speeds.single), median(speeds.copy)]
const round = (value: number): string =>
  Math.round(value / 100)
    .toString()
    .concat('00')
const page = `# Events per second

Written by \`benchmarks/analytics.ts\`. Medians of ${rounds} rounds that take turns in one run, on two cores that other work shared. The test
server does not wait for the disk, which flatters single inserts more than batches.

| way | events per second | beside single inserts |
|---|---|---|
| one insert for each event, 10 at once, through PgBouncer | ${round(single)} | 1 |
| \`track\` and \`flush\`, batches of 1000, through PgBouncer | ${round(port)} | ${(port / single).toFixed(1)} |
| COPY from this process, without a pooler: the limit | ${round(copy)} | ${(copy / single).toFixed(1)} |

The port reaches ${Math.round((100 * port) / copy)} % of COPY; checking, buffering and the token that makes a batch count once are included.

## Questions over ${asked.toLocaleString('en-US')} events of 30 days

| question | PostgreSQL |${clickhouse === undefined ? '' : ' ClickHouse | PostgreSQL takes |'}
|---|---|${clickhouse === undefined ? '' : '---|---|'}
${Object.entries(answers.PostgreSQL)
  .map(([question, ms]) => {
    const there = clickhouse === undefined ? undefined : new Map(Object.entries(clickhouse.answers)).get(question)
    return `| ${question} | ${ms.toFixed(0)} ms |${there === undefined ? '' : ` ${there.toFixed(0)} ms | ${(ms / there).toFixed(1)} times as long |`}`
  })
  .join('\n')}
${
  clickhouse === undefined
    ? ''
    : `\nClickHouse took ${round(clickhouse.speed)} events per second in batches of 10,000. It was chdb 3.4.0 (ClickHouse 26.7 as a library) behind a
small HTTP server, on the same machine: the order of magnitude counts, not the figure.\n`
}`
writeFileSync(new URL('./analytics.md', import.meta.url), page)
process.stdout.write(page)
