// The example's hot routes beside the same routes written by hand on bare Fastify and Kysely: same SQL, same validation,
// same PostgreSQL behind PgBouncer, both in processes of their own, in turns, in one run. Two figures for each: requests
// per second, and processor time of the server per request, which busy neighbours disturb less.
// Run: node --conditions=@footing/source benchmarks/conduit.ts [--json]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { openDataSource } from '@footing/core/data'
import { createTestDatabase, stopOwnServers } from '@footing/core/testing'
import autocannon from 'autocannon'
import { app } from '../examples/conduit/src/app.ts'
import { migrationSources } from '../examples/conduit/src/specification/running-conduit.ts'
import { startByHand } from './conduit-by-hand.ts'

const secret = 'for benchmarks only: thirty-two characters or more'
const password = 'correct horse battery'
const rounds = 5
const articles = 5000

const servers = {
  'by hand': (databaseUrl: string) => startByHand(databaseUrl, secret),
  footing: async (databaseUrl: string) => {
    const env = { NODE_ENV: 'production', DATABASE_URL: databaseUrl, TOKEN_SECRET: secret }
    return (await app.start({ env, host: '127.0.0.1', port: 0 })).port ?? 0
  },
} as const
type ServerName = keyof typeof servers

/** One route under load. `amount` requests a round over `connections` connections. */
interface Scenario {
  readonly name: string
  readonly path: string
  readonly method?: 'GET' | 'POST'
  readonly body?: object
  readonly amount: number
  readonly connections: number
}

const scenarios: readonly Scenario[] = [
  { name: 'list articles', path: '/api/articles', amount: 400, connections: 16 },
  { name: 'one article', path: '/api/articles/article-77', amount: 800, connections: 16 },
  {
    name: 'create article',
    path: '/api/articles',
    method: 'POST',
    body: {
      article: {
        title: 'Written [<id>]',
        description: 'About it',
        body: 'word '.repeat(200),
        tagList: ['new', 'load'],
      },
    },
    amount: 300,
    connections: 16,
  },
  {
    name: 'log in',
    path: '/api/users/login',
    method: 'POST',
    body: { user: { email: 'writer-1@example.com', password } },
    amount: 16,
    connections: 4,
  },
]

interface Sample {
  readonly perSecond: number
  readonly cpuMicros: number
  readonly p99: number
}

async function serve(name: ServerName): Promise<void> {
  const port = await servers[name](process.env.BENCHMARK_DATABASE ?? '')
  process.on('message', () => process.send?.(process.cpuUsage()))
  process.on('disconnect', () => process.exit(0))
  process.send?.({ port })
}

interface Server {
  readonly name: ServerName
  readonly port: number
  cpu(): Promise<number>
  stop(): void
}

async function spawn(name: ServerName, databaseUrl: string): Promise<Server> {
  const env = { ...process.env, BENCHMARK_DATABASE: databaseUrl }
  const child = fork(import.meta.filename, ['--serve', name], { execArgv: ['--conditions=@footing/source'], env })
  // The child sends exactly these two messages: its port, then its processor time whenever it is asked.
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  const cpu = async () => {
    child.send('cpu')
    const [usage] = (await once(child, 'message')) as [NodeJS.CpuUsage]
    return usage.user + usage.system
  }
  return { name, port, cpu, stop: () => child.disconnect() }
}

/** Fills the database through the application's own ports where it matters, and with SQL where it is only bulk. */
async function prepare(databaseUrl: string): Promise<string> {
  const env = { DATABASE_URL: databaseUrl, TOKEN_SECRET: secret }
  const running = await app.start({ env, profile: 'test', host: '127.0.0.1', port: 0 })
  const account = { username: 'writer-1', email: 'writer-1@example.com', password }
  const { token } = await running.ports.identity.register(account)
  await running.stop()
  const data = openDataSource({ url: databaseUrl })
  const db = data.forModule('content')
  for (const statement of [
    `insert into identity.account (username, email, password_hash)
     select 'writer-' || n, 'writer-' || n || '@example.com', 'none' from generate_series(2, 200) n`,
    `insert into content.article (slug, title, description, body, author_id, tag_list)
     select 'article-' || n, 'Article ' || n, 'About ' || n, repeat('word ', 200), 1 + n % 200, array['tag-' || n % 10]
     from generate_series(1, ${articles}) n`,
    'insert into content.article_tag (tag, article_id) select unnest(tag_list), id from content.article',
    `insert into content.tally (kind, subject, slot, articles)
     select 'all', '', id % 16, count(*) from content.article group by 3
     union all select 'author', author_id::text, id % 16, count(*) from content.article group by 2, 3`,
    'analyze',
  ]) {
    await db.query(statement)
  }
  await data.close()
  return token
}

async function load(server: Server, scenario: Scenario, token: string): Promise<Sample> {
  const { path, method = 'GET', body, amount, connections } = scenario
  const before = await server.cpu()
  const result = await autocannon({
    url: `http://127.0.0.1:${server.port}${path}`,
    method,
    amount,
    connections,
    headers: { authorization: `Token ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body), idReplacement: true }),
  })
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${server.name}, ${scenario.name}: ${result.non2xx} bad answers, ${result.errors} errors`)
  }
  return {
    perSecond: amount / result.duration,
    cpuMicros: ((await server.cpu()) - before) / amount,
    p99: result.latency.p99,
  }
}

interface Row {
  readonly route: string
  readonly byHand: Sample
  readonly footing: Sample
  /** Requests per second of Footing as a share of those by hand. */
  readonly share: number
  /** The same from processor time. */
  readonly cpuShare: number
}

const median = (values: readonly number[]) => values.toSorted((left, right) => left - right)[values.length >> 1] ?? 0

function medianOf(samples: readonly Sample[]): Sample {
  const of = (key: keyof Sample) => median(samples.map((sample) => sample[key]))
  return { perSecond: of('perSecond'), cpuMicros: of('cpuMicros'), p99: of('p99') }
}

async function compareOne(byHand: Server, footing: Server, scenario: Scenario, token: string): Promise<Row> {
  const samples = { byHand: [] as Sample[], footing: [] as Sample[] }
  for (let round = -1; round < rounds; round++) {
    // The first round warms both up; then they take turns in going first.
    const [first, second] = round % 2 === 0 ? ([byHand, footing] as const) : ([footing, byHand] as const)
    const taken = new Map<Server, Sample>()
    for (const server of [first, second]) taken.set(server, await load(server, scenario, token))
    const [one, other] = [taken.get(byHand), taken.get(footing)]
    if (round < 0 || one === undefined || other === undefined) continue
    samples.byHand.push(one)
    samples.footing.push(other)
  }
  // Shares are taken within each round, because what disturbs one disturbs its neighbour.
  const shares = samples.byHand.map((one, round) => (samples.footing[round]?.perSecond ?? 0) / one.perSecond)
  const cpuShares = samples.byHand.map((one, round) => one.cpuMicros / (samples.footing[round]?.cpuMicros ?? 0))
  return {
    route: scenario.name,
    byHand: medianOf(samples.byHand),
    footing: medianOf(samples.footing),
    share: median(shares),
    cpuShare: median(cpuShares),
  }
}

async function compare(): Promise<readonly Row[]> {
  const database = await createTestDatabase({ migrations: migrationSources(app) })
  const running: Server[] = []
  try {
    const token = await prepare(database.url)
    const byHand = await spawn('by hand', database.url)
    running.push(byHand)
    const footing = await spawn('footing', database.url)
    running.push(footing)
    const rows: Row[] = []
    for (const scenario of scenarios) rows.push(await compareOne(byHand, footing, scenario, token))
    return rows
  } finally {
    for (const server of running) server.stop()
    await database.drop()
    await stopOwnServers()
  }
}

function tableOf(rows: readonly Row[]): string {
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`
  const cells = rows.map(({ route, byHand, footing, share, cpuShare }) => [
    route,
    `${byHand.perSecond.toFixed(0)}/s, ${byHand.cpuMicros.toFixed(0)} µs, ${byHand.p99} ms`,
    `${footing.perSecond.toFixed(0)}/s, ${footing.cpuMicros.toFixed(0)} µs, ${footing.p99} ms`,
    percent(share),
    percent(cpuShare),
  ])
  const header = ['route', 'by hand (req/s, CPU per request, p99)', 'Footing', 'req/s', 'per CPU second']
  return [header, header.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

const serveIndex = process.argv.indexOf('--serve')
if (serveIndex >= 0) {
  await serve(process.argv[serveIndex + 1] as ServerName) // started by `spawn` with one of the names
} else {
  const rows = await compare()
  process.stdout.write(`${process.argv.includes('--json') ? JSON.stringify(rows) : tableOf(rows)}\n`)
}
