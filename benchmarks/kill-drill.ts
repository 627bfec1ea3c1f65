// Kills everything that the example stands on, one after the other, under writers: what was acknowledged must be there, once.
// Run: node --conditions=@footing/source benchmarks/kill-drill.ts [kills] [seed]   (default 100 kills; about five seconds each)
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createMigrator } from '@footing/core/migrations'
import { findPgBouncer, startEmbeddedPostgres, startPgBouncer } from '@footing/core/servers'
import { provisionDatabase } from '@footing/core/tooling'
import pg from 'pg'
import { app } from '../examples/conduit/src/app.ts'

const [kills = 100, seed = 7] = process.argv.slice(2).map(Number)
const writers = 6
/** Longest time until everything answers again after a kill. */
const patienceMs = 90_000
const longestMs = 25 * 60_000

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'footing-drill-'))
const random = mulberry(seed)
const secrets = {
  TOKEN_SECRET: 'for the drill only: thirty-two characters or more',
  MODULE_KEYS: `drill:${'d'.repeat(40)}`,
}

/** What was told to a writer about one article. */
interface Told {
  readonly title: string
  readonly slug: string | undefined
  readonly comments: string[]
  deletion: 'none' | 'acknowledged' | 'unknown'
}

type Kind = 'postgres' | 'application' | 'module' | 'pooler' | 'backend'
const kinds: readonly Kind[] = ['postgres', 'application', 'module', 'pooler', 'backend']

// Whatever ends the drill ends the processes that it has started; the servers have guards of their own.
const children = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

const world = await begin()
const told: Told[] = []
const unexpected = new Map<string, number>()
const done: Record<Kind, number> = { postgres: 0, application: 0, module: 0, pooler: 0, backend: 0 }
let stopping = false
let failed: unknown
try {
  const tokens = await Promise.all(Array.from({ length: writers }, (_, index) => register(`writer${index}`)))
  const work = tokens.map((token, index) => write(token, index))
  const end = performance.now() + longestMs
  for (let turn = 0; turn < kills && performance.now() < end; turn += 1) {
    await delay(100 + random() * 900)
    const kind = kinds[turn % kinds.length] ?? 'application'
    await world.kill(kind)
    done[kind] += 1
    process.stderr.write(`${turn + 1} of ${kills}: ${kind}\n`)
  }
  stopping = true
  await Promise.all(work)
} catch (error) {
  stopping = true
  failed = error
}
const found = failed === undefined ? await compare() : undefined
await world.end()
rmSync(folder, { recursive: true, force: true })
if (found === undefined) throw failed
const page = report(found)
writeFileSync(new URL('./kill-drill.md', import.meta.url), page)
process.stdout.write(page)
process.exitCode = found.lost + found.back + found.twice + found.miscounted > 0 || unexpected.size > 0 ? 1 : 0

/** Database, pooler, the application and its module identity in a process of its own, and how to kill each. */
async function begin() {
  const program = await findPgBouncer(process.env)
  if (program === undefined) throw new Error('the drill needs PgBouncer')
  const data = join(folder, 'postgres')
  const startDatabase = () => startEmbeddedPostgres({ folder: data, resolveFrom: [import.meta.url] })
  let database = await startDatabase()
  const modules = app.modules.flatMap(({ name, needs, migrations }) =>
    migrations === undefined ? [] : [{ module: name, needs: needs.map((need) => need.name), folder: migrations }],
  )
  await createMigrator({ url: database.url, sources: modules }).up()
  await provisionDatabase(database.url, app)
  const [poolerPort, identityPort, port] = [await freePort(), await freePort(), await freePort()]
  const startPooler = () =>
    startPgBouncer({ program, serverUrl: database.url, folder: join(folder, 'pgbouncer'), port: poolerPort })
  let pooler = await startPooler()
  const env = { ...secrets, DATABASE_URL: pooler.urlFor(database.url), HOST: '127.0.0.1', DRAIN_DELAY_MS: '0' }
  const startModule = () => run({ ...env, PORT: String(identityPort), SERVE_MODULES: 'identity' })
  const startApplication = () => run({ ...env, PORT: String(port), PLACE_IDENTITY: `http://127.0.0.1:${identityPort}` })
  let identity = startModule()
  let application = startApplication()
  const url = `http://127.0.0.1:${port}/api`
  await ready(url)

  const killChild = async (child: ChildProcess) => {
    if (child.exitCode !== null || child.signalCode !== null) note('a process had ended by itself')
    else {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    }
  }
  return {
    url,
    get databaseUrl() {
      return database.url
    },
    async kill(kind: Kind): Promise<void> {
      if (kind === 'postgres') {
        process.kill(
          Number(readFileSync(join(database.dataFolder, 'postmaster.pid'), 'utf8').split('\n')[0]),
          'SIGKILL',
        )
        await delay(random() * 1_000)
        database = await startDatabase()
      } else if (kind === 'pooler') {
        process.kill(pidOf(join(folder, 'pgbouncer', 'pgbouncer.ini')), random() < 0.5 ? 'SIGKILL' : 'SIGTERM')
        await delay(random() * 1_000)
        while (pooler.running()) await delay(20)
        pooler = await startPooler()
      } else if (kind === 'backend') {
        await killBackend(database.url)
      } else if (kind === 'module') {
        await killChild(identity)
        await delay(random() * 1_000)
        identity = startModule()
      } else {
        await killChild(application)
        application = startApplication()
      }
      await ready(url)
    },
    async end(): Promise<void> {
      for (const child of [application, identity]) child.kill('SIGTERM')
      await Promise.all(
        [application, identity].map((child) => (child.exitCode === null ? once(child, 'exit') : undefined)),
      )
      await pooler.stop()
      await database.stop()
    },
  }
}

function run(env: Readonly<Record<string, string>>): ChildProcess {
  const command = join(root, 'packages/cli/bin/footing.js')
  const child = spawn(process.execPath, [command, 'start', 'examples/conduit'], {
    cwd: root,
    env: { PATH: process.env.PATH, NODE_OPTIONS: '--conditions=@footing/source', ...env },
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

/** The process whose command line has this file. The guard that started it has it too, and is its parent. */
function pidOf(file: string): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const own = pids.filter((pid) => {
    try {
      const [name = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return name.endsWith('pgbouncer') && args.includes(file)
    } catch {
      return false
    }
  })
  const [pid] = own
  if (pid === undefined) throw new Error('the pooler was not found among the processes')
  return Number(pid)
}

/** One connection that works: ended politely, or by a signal, which makes PostgreSQL recover as a whole. */
async function killBackend(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  const { rows } = await client.query<{ pid: number }>(
    "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() order by random() limit 1",
  )
  const [backend] = rows
  if (backend !== undefined) {
    if (random() < 0.5) await client.query('select pg_terminate_backend($1)', [backend.pid])
    else process.kill(backend.pid, 'SIGKILL')
  }
  await client.end().catch(() => undefined)
}

/** Both processes, the pooler and the database answer: a profile goes through all of them. */
async function ready(url: string): Promise<void> {
  const end = performance.now() + patienceMs
  for (;;) {
    const status = await fetch(`${url}/profiles/nobody-of-that-name`, { signal: AbortSignal.timeout(3_000) }).then(
      (answer) => answer.status,
      () => 0,
    )
    if (status === 404) return
    if (performance.now() > end) throw new Error(`not ready ${patienceMs} ms after a kill: last answer ${status}`)
    await delay(50)
  }
}

async function register(username: string): Promise<string> {
  const answer = await send('POST', '/users', undefined, {
    user: { username, email: `${username}@example.com`, password: 'correct horse battery' },
  })
  if (answer?.status !== 201) throw new Error(`${username} could not be registered`)
  return (answer.body as { readonly user: { readonly token: string } }).user.token
}

/** The answer; undefined when nobody knows whether it was done. */
async function send(method: string, path: string, token: string | undefined, body?: object) {
  try {
    const answer = await fetch(world.url + path, {
      method,
      signal: AbortSignal.timeout(20_000),
      headers: {
        ...(token === undefined ? {} : { authorization: `Token ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (answer.status >= 500) return undefined
    return { status: answer.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) }
  } catch {
    return undefined
  }
}

async function write(token: string, writer: number): Promise<void> {
  const own: Told[] = []
  for (let step = 0; !stopping; step += 1) {
    // Kills are drilled here, not speed.
    await delay(40)
    const chance = random()
    const target = own[Math.floor(random() * own.length)]
    if (target === undefined || chance < 0.5) await publish(token, `drill ${seed} ${writer} ${step}`, own)
    else if (chance < 0.8) await comment(token, target, `comment ${writer} ${step}`)
    else if (chance < 0.9)
      await expectStatus([200], await send('POST', `/articles/${target.slug}/favorite`, token), target)
    else await remove(token, target, own)
  }
}

async function publish(token: string, title: string, own: Told[]): Promise<void> {
  const article = { title, description: 'd', body: 'b', tagList: ['drill', title.slice(-1)] }
  const answer = await send('POST', '/articles', token, { article })
  const slug = answer?.status === 201 ? (answer.body as { article: { slug: string } }).article.slug : undefined
  if (answer !== undefined && slug === undefined) note(`publish ${answer.status}`)
  const entry: Told = { title, slug, comments: [], deletion: 'none' }
  told.push(entry)
  if (slug !== undefined) own.push(entry)
}

async function comment(token: string, target: Told, text: string): Promise<void> {
  const answer = await send('POST', `/articles/${target.slug}/comments`, token, { comment: { body: text } })
  if (answer?.status === 201 || answer?.status === 200) target.comments.push(text)
  else expectStatus([], answer, target)
}

async function remove(token: string, target: Told, own: Told[]): Promise<void> {
  own.splice(own.indexOf(target), 1)
  const answer = await send('DELETE', `/articles/${target.slug}`, token)
  target.deletion = answer?.status === 204 ? 'acknowledged' : 'unknown'
  expectStatus([204], answer, target)
}

function expectStatus(good: readonly number[], answer: { readonly status: number } | undefined, target: Told): void {
  if (answer === undefined || good.includes(answer.status) || target.deletion !== 'none') return
  note(`${answer.status} for an article that is there`)
}

function note(what: string): void {
  unexpected.set(what, (unexpected.get(what) ?? 0) + 1)
}

async function compare() {
  const client = new pg.Client({ connectionString: world.databaseUrl })
  await client.connect()
  const rows = async <Row extends object>(text: string) => (await client.query<Row>(text)).rows
  const titles = await rows<{ title: string; count: number }>(
    'select title, count(*)::int as count from content.article group by title',
  )
  const stored = new Map(titles.map(({ title, count }) => [title, count]))
  const comments = new Map(
    (
      await rows<{ body: string; count: number }>(
        'select body, count(*)::int as count from content.comment group by body',
      )
    ).map(({ body, count }) => [body, count]),
  )
  const acknowledged = told.filter(({ slug }) => slug !== undefined)
  const kept = acknowledged.filter(({ deletion }) => deletion === 'none')
  const deleted = acknowledged.filter(({ deletion }) => deletion === 'acknowledged')
  const said = kept.flatMap((entry) => entry.comments)
  const [totals] = await rows<{ wrong: number }>(
    `select (case when (select coalesce(sum(articles), 0) from content.tally where kind = 'all') = (select count(*) from content.article) then 0 else 1 end
       + (select count(*) from content.article a where favorites_count <> (select count(*) from content.favorite f where f.article_id = a.id))
       + (select count(*) from (select subject, sum(articles) as n from content.tally where kind = 'tag' group by subject) t
           where t.n <> (select count(*) from content.article_tag g where g.tag = t.subject)))::int as wrong`,
  )
  await client.end()
  return {
    articles: kept.length,
    comments: said.length,
    deletions: deleted.length,
    unknown: told.length - acknowledged.length,
    lost: kept.filter(({ title }) => !stored.has(title)).length + said.filter((text) => !comments.has(text)).length,
    back: deleted.filter(({ title }) => stored.has(title)).length,
    twice: [...stored.values(), ...comments.values()].filter((count) => count > 1).length,
    miscounted: totals?.wrong ?? 1,
  }
}

function report(result: NonNullable<typeof found>): string {
  const total = Object.values(done).reduce((sum, count) => sum + count, 0)
  const list = kinds.map((kind) => `${done[kind]} ${kind}`).join(', ')
  const surprises = [...unexpected].map(([what, count]) => `${what} (${count})`).join('; ')
  return `# Everything is killed

\`node --conditions=@footing/source benchmarks/kill-drill.ts ${kills} ${seed}\` runs the example as production does: PostgreSQL, PgBouncer in
transaction mode, the application, and its module identity in a process of its own. Six writers publish, comment, mark and delete
while one of them after the other is killed at a random moment: the server, the application and the module by SIGKILL, the pooler by
SIGKILL or SIGTERM, single backends by SIGKILL or \`pg_terminate_backend\`.

| | |
|---|---|
| kills | ${total}: ${list} |
| acknowledged and to be kept | ${result.articles} articles, ${result.comments} comments |
| acknowledged deletions | ${result.deletions} |
| publications refused with 5xx or without an answer | ${result.unknown}: there once or not at all |
| lost | **${result.lost}** |
| come back | **${result.back}** |
| stored twice | **${result.twice}** |
| counters that differ from the rows | **${result.miscounted}** |
| answers and ends that nobody expected | ${surprises === '' ? 'none' : surprises} |

An answer of 5xx or a broken connection counts as unknown. After each kill everything answered again within ${patienceMs / 1000} s, or the
drill would have failed.
`
}

function mulberry(start: number): () => number {
  let state = start >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
