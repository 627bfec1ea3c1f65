// The wall: 5,000 HTTP requests at once for a Footing application of several processes, on a PostgreSQL that allows 100
// connections. Through PgBouncer all are answered; with the same pools straight to the server most are refused.
// Run: node --conditions=@footing/source benchmarks/connection-wall.ts (needs `ulimit -n` of 12,000 or more)
import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findPgBouncer, startEmbeddedPostgres, startPgBouncer } from '@footing/core/servers'
import pg from 'pg'

const atOnce = 5_000
/** Requests of each connection, one after the other. */
const turns = 3
const processes = 8
const poolSize = 40
const maxConnections = 100
const accounts = 20_000

interface Outcome {
  /** Answers by status, with the code of the error. */
  readonly answers: ReadonlyMap<string, number>
  /** Milliseconds of the requests that were answered with 200, sorted. */
  readonly times: readonly number[]
  readonly seconds: number
  /** Most connections that PostgreSQL had at one moment, our own look included. */
  readonly mostConnections: number
}

requireFiles()
const program = await findPgBouncer(process.env)
if (program === undefined) throw new Error('PgBouncer is not on this machine: apt-get install pgbouncer')
const folder = await mkdtemp(join(tmpdir(), 'footing-wall-'))
const server = await startEmbeddedPostgres({
  folder: join(folder, 'postgres'),
  resolveFrom: [new URL('../packages/cli/package.json', import.meta.url).href],
  settings: { max_connections: String(maxConnections), fsync: 'off', synchronous_commit: 'off' },
})
const pooler = await startPgBouncer({
  program,
  serverUrl: server.url,
  folder: join(folder, 'pgbouncer'),
  settings: { max_client_conn: '6000', default_pool_size: '50', query_wait_timeout: '120' },
})
try {
  await prepare(server.url)
  const ways = [
    { name: `PgBouncer, ${processes} processes × ${poolSize}`, url: pooler.urlFor(server.url), size: poolSize },
    { name: `direct, ${processes} processes × ${poolSize}`, url: server.url, size: poolSize },
    { name: `direct, ${processes} processes × 11, which just fits`, url: server.url, size: 11 },
  ]
  const results: [string, Outcome][] = []
  for (const { name, url, size } of ways) {
    const outcome = await measure(url, size)
    // It would keep its connections, which the ways without it have to themselves.
    await pooler.stop()
    results.push([name, outcome])
    console.log(rowOf(name, outcome))
  }
  await report(results, pooler.version)
} finally {
  await pooler.stop()
  await server.stop()
  await rm(folder, { recursive: true, force: true })
}

function requireFiles(): void {
  const limit = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim()
  if (limit !== 'unlimited' && Number(limit) < 12_000) {
    throw new Error(`This needs 12,000 open files and this shell allows ${limit}: run "ulimit -n 20000" first`)
  }
}

async function prepare(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('create schema wall')
  await client.query('create table wall.account (id int primary key, balance int not null default 0)')
  await client.query('insert into wall.account (id) select n from generate_series(0, $1) n', [accounts])
  await client.query('vacuum analyze wall.account')
  await client.end()
}

async function measure(url: string, size: number): Promise<Outcome> {
  const workers = await Promise.all(Array.from({ length: processes }, () => startWorker(url, size)))
  const watching = watchConnections(server.url)
  const agents = workers.map(() => new Agent({ keepAlive: true, maxSockets: atOnce }))
  const answers = new Map<string, number>()
  const times: number[] = []
  const one = async (number: number): Promise<void> => {
    const at = number % workers.length
    for (let turn = 0; turn < turns; turn += 1) {
      const started = performance.now()
      const answer = await post(agents[at], workers[at]?.port ?? 0, (number * 7 + turn * 131) % accounts)
      answers.set(answer, (answers.get(answer) ?? 0) + 1)
      if (answer === '200') times.push(performance.now() - started)
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: atOnce }, (_, number) => one(number)))
  const seconds = (performance.now() - started) / 1000
  for (const agent of agents) agent.destroy()
  const mostConnections = await watching.stop()
  await Promise.all(workers.map(({ child }) => stopWorker(child)))
  return { answers, times: times.toSorted((a, b) => a - b), seconds, mostConnections }
}

async function startWorker(url: string, size: number): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(new URL('./connection-wall-worker.ts', import.meta.url), {
    env: { ...process.env, DATABASE_URL: url, DATABASE_POOL_SIZE: String(size) },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [message] = await once(child, 'message')
  return { child, port: message.port }
}

async function stopWorker(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.send('stop')
  await ended
}

/** Status, and the code when it is an error: `503 data-too-many-connections`. */
function post(agent: Agent | undefined, port: number, id: number): Promise<string> {
  return new Promise((resolve) => {
    const sent = request({ agent, port, host: '127.0.0.1', method: 'POST', path: `/v1/accounts/${id}` }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () => {
        const code = response.statusCode === 200 ? undefined : /"code":"([\w-]+)"/.exec(body)?.[1]
        resolve(code === undefined ? String(response.statusCode) : `${response.statusCode} ${code}`)
      })
    })
    sent.once('error', (error: NodeJS.ErrnoException) => resolve(`no answer: ${error.code}`))
    sent.end()
  })
}

function watchConnections(url: string): { stop(): Promise<number> } {
  const client = new pg.Client({ connectionString: url })
  const ended = new AbortController()
  let most = 0
  const watching = (async () => {
    await client.connect()
    while (!ended.signal.aborted) {
      const { rows } = await client.query(
        `select count(*)::int as n from pg_stat_activity where backend_type = 'client backend'`,
      )
      most = Math.max(most, rows[0].n)
      await delay(50)
    }
    await client.end()
  })()
  return {
    async stop() {
      ended.abort()
      await watching
      return most
    },
  }
}

function rowOf(name: string, { answers, times, seconds, mostConnections }: Outcome): string {
  const good = answers.get('200') ?? 0
  const refused = [...answers].filter(([answer]) => answer !== '200')
  const others = refused.length === 0 ? 'none' : refused.map(([answer, count]) => `${count} × ${answer}`).join(', ')
  const at = (share: number): string =>
    times.length === 0
      ? '–'
      : `${Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0)} ms`
  return `| ${name} | ${good} | ${others} | ${at(0.5)} | ${at(0.99)} | ${Math.round(good / seconds)} | ${mostConnections} |`
}

async function report(results: readonly (readonly [string, Outcome])[], version: string): Promise<void> {
  const text = `# The connection wall

\`node --conditions=@footing/source benchmarks/connection-wall.ts\` sends ${atOnce.toLocaleString('en')} HTTP requests at the same moment, each over a
connection of its own and ${turns} times one after the other, to a Footing application of ${processes} processes. Each request is a
transaction that changes a row and reads it. PostgreSQL allows ${maxConnections} connections (\`max_connections\`). Load, application, PgBouncer
and PostgreSQL share the ${cpus().length} cores of one machine, so times compare the ways with each other and nothing else.
The time limits of requests (10 s) and of the wait for a connection (5 s) are raised to a minute and more: the question is who is
refused, not who is late.

One run, PgBouncer ${version}, Node ${process.versions.node}, PostgreSQL 18.4, \`DATABASE_POOL_SIZE\` as named, PgBouncer with
\`default_pool_size = 50\`.

| way | answered | refused | p50 | p99 | answered/s | most connections on PostgreSQL |
|---|---|---|---|---|---|---|
${results.map(([name, outcome]) => rowOf(name, outcome)).join('\n')}

What it says: ${processes} processes with pools of ${poolSize} want ${processes * poolSize} connections and the server has ${maxConnections - 3} for applications. Straight to the server
whoever comes late is refused (\`data-too-many-connections\`, from PostgreSQL's "too many clients already"). Through PgBouncer the same
application with the same pools gets every request answered over at most 50 connections. Pools that are small enough to fit do as
well, until somebody starts a ninth process: start-up does that sum and warns (\`DATABASE_PROCESSES\`).
`
  await writeFile(new URL('./connection-wall.md', import.meta.url), text)
}
