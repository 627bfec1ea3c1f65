// The example as a user starts it beside the same routes on other stacks: equal answers first, then rounds in rotating order,
// ratios within each round. Run: npm run bench [-- --write] [--quick]. Linux; needs wrk and python3.
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { findPgBouncer, startPgBouncer } from '@footing/core/servers'
import { type BenchDatabase, fillDatabase, startDatabase } from './peers/database.ts'
import { verifyEqual } from './peers/equal-answers.ts'
import { installPeers } from './peers/installed-peers.ts'
import { load, type Sample } from './peers/load.ts'
import { RunningServer } from './peers/running-server.ts'
import { type Peer, peers, type ScenarioName } from './peers/servers.ts'

const run = promisify(execFile)
const secret = 'for benchmarks only: thirty-two characters or more'
const quick = process.argv.includes('--quick')
const rounds = quick ? 2 : 5
const seconds = 2
const warmSeconds = quick ? 2 : 4
/** Servers on the first core, wrk and PostgreSQL on the second. */
const cores = { server: 0, rest: 1 }

/** What is loaded together: the first name is ours, ratios are of it. */
interface Series {
  readonly title: string
  readonly scenarios: readonly ScenarioName[]
  readonly connections: number
  readonly processes: number
  readonly pinned: boolean
  /** Names of peers; all that serve the route when left out. */
  readonly only?: readonly string[]
}

const rivals = ['footing', 'FastAPI + asyncpg', 'FastAPI + SQLAlchemy, prebuilt']
const alone: readonly Series[] = [
  { title: 'one process on one core', scenarios: ['article', 'list'], connections: 16, processes: 1, pinned: true },
  {
    title: 'one process on one core',
    scenarios: ['tags', 'create'],
    connections: 16,
    processes: 1,
    pinned: true,
    only: [...rivals, 'by hand, prepared'],
  },
]
/** What is always on, or may be: each against the example as it is started. */
const options: Series = {
  title: 'what is on by default, and what may be switched',
  scenarios: ['article'],
  connections: 16,
  processes: 1,
  pinned: true,
  only: ['footing', 'footing, guard off', 'footing, guard that names', 'footing, no log and no metrics'],
}
const twice: Series = {
  title: 'two processes each, nothing pinned but PostgreSQL and wrk',
  scenarios: ['article', 'list'],
  connections: 64,
  processes: 2,
  pinned: false,
  only: ['footing', 'FastAPI + asyncpg'],
}

/** What is wanted: requests per second as a multiple of a rival's at least, processor time per request at most. */
interface Goal {
  readonly rival: string
  readonly scenarios: readonly ScenarioName[]
  readonly rate: number
  readonly cpu?: number
  readonly processes?: number
}

const goals: readonly Goal[] = [
  { rival: 'FastAPI + asyncpg', scenarios: ['article', 'list', 'tags', 'create'], rate: 1.5, cpu: 0.7 },
  { rival: 'FastAPI + asyncpg', scenarios: ['article', 'list'], rate: 1.5, processes: 2 },
  { rival: 'FastAPI + SQLAlchemy, prebuilt', scenarios: ['article', 'list'], rate: 4 },
  { rival: 'NestJS + TypeORM', scenarios: ['article', 'list'], rate: 1.5 },
  { rival: 'Hono + Drizzle', scenarios: ['article', 'list'], rate: 1.5 },
  { rival: 'by hand, prepared', scenarios: ['article', 'list'], rate: 0.85, cpu: 1.25 },
  { rival: 'Fastify + prepared SQL', scenarios: ['article', 'list'], rate: 0.5 },
  { rival: 'footing, guard off', scenarios: ['article'], rate: 0.98, cpu: 1.02 },
  { rival: 'footing, no log and no metrics', scenarios: ['article'], rate: 0.9, cpu: 1.08 },
]

/** Ratios of ours to a rival's within each round. */
interface Compared {
  readonly scenario: ScenarioName
  readonly processes: number
  readonly rival: string
  readonly rate: number
  readonly cpu: number
  readonly p99: number
}

const lines: string[] = []
const compared: Compared[] = []
let nextPort = 5700

await requirePrograms()
const installed = await installPeers((line) => process.stderr.write(`${line}\n`))
const all = peers(installed)
const database = await startDatabase(secret, cores.rest)
try {
  await compareAll(database)
} finally {
  await database.stop()
}
process.stdout.write(`${lines.join('\n')}\n`)
if (process.argv.includes('--write')) await writeFile(new URL('./peers.md', import.meta.url), `${lines.join('\n')}\n`)

async function compareAll({ url }: BenchDatabase): Promise<void> {
  const load = loadavg()
    .map((share) => share.toFixed(1))
    .join(', ')
  lines.push(
    '# The example beside other stacks',
    '',
    'Written by `npm run bench -- --write`; what is compared, and how far to trust it: [peers/README.md](peers/README.md).',
    `Node ${process.version}, ${cpus().length} processors (${cpus()[0]?.model.trim()}), load before the run ${load}.`,
    `${rounds} rounds of ${seconds} s after one of ${warmSeconds} s that is thrown away. Medians; ratios are medians of those within a round, with the least and the largest.`,
    '',
  )
  const env = { DATABASE_URL: url, TOKEN_SECRET: secret }
  const ours = peerNamed('footing')
  const filling = await started([withoutArticles(ours)], env, 1, false)
  const token = await register(filling[0]?.[0])
  await fillDatabase(url)
  await stopAll(filling)
  const stacks = all.filter(({ name }) => name === 'footing' || !options.only?.includes(name))
  const servers = await started(stacks, env, 1, true, true)
  try {
    for (const [first] of servers.slice(1)) {
      const own = servers[0]?.[0]
      if (own !== undefined && first !== undefined) await verifyEqual(own, first, peerNamed(first.name).serves, token)
    }
    lines.push(
      'Every server was asked each route that it serves first, and all answers were equal, field by field.',
      '',
    )
    for (const series of alone) await compareSeries(series, servers, token)
    await memoryOf(servers)
  } finally {
    await stopAll(servers)
  }
  const ownOnes = await started(chosen(options), env, 1, true)
  try {
    await compareSeries(options, ownOnes, token)
  } finally {
    await stopAll(ownOnes)
  }
  const pair = await started(chosen(twice), env, twice.processes, false)
  try {
    await compareSeries(twice, pair, token)
  } finally {
    await stopAll(pair)
  }
  await comparePoolers(url, token)
  reportGoals()
}

function chosen({ only = [] }: Series): readonly Peer[] {
  return all.filter(({ name }) => only.includes(name))
}

function peerNamed(wanted: string): Peer {
  const found = all.find(({ name }) => name === wanted)
  if (found === undefined) throw new Error(`There is no peer called ${wanted}.`)
  return found
}

/** Before there are articles the usual question is answered with 404; the tags answer always. */
function withoutArticles(peer: Peer): Peer {
  return { ...peer, readyPath: '/api/tags' }
}

type Group = readonly RunningServer[]

async function started(
  wanted: readonly Peer[],
  env: Readonly<Record<string, string>>,
  processes: number,
  pinned: boolean,
  told = false,
): Promise<readonly Group[]> {
  const groups: Group[] = []
  if (told) lines.push('| server | start, s of CPU | memory idle, MB |', '|---|---|---|')
  try {
    for (const peer of wanted) {
      const group: RunningServer[] = []
      groups.push(group)
      for (let index = 0; index < processes; index += 1) {
        group.push(await RunningServer.start(peer, nextPort++, env, pinned ? cores.server : undefined))
      }
      const usage = await group[0]?.usage()
      if (told && usage !== undefined)
        lines.push(`| ${peer.name} | ${usage.cpu.toFixed(2)} | ${usage.memory.toFixed(0)} |`)
    }
  } catch (error) {
    await stopAll(groups)
    throw error
  }
  if (told) lines.push('')
  return groups
}

async function stopAll(groups: readonly Group[]): Promise<void> {
  await Promise.all(groups.flat().map((server) => server.stop()))
}

async function register(server: RunningServer | undefined): Promise<string> {
  const user = { username: 'writer-1', email: 'writer-1@example.com', password: 'correct horse battery' }
  const response = await fetch(`${server?.url}/api/users`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user }),
  })
  // The example's own answer to a registration.
  const answer = (await response.json()) as { readonly user: { readonly token: string } }
  return answer.user.token
}

async function compareSeries(series: Series, servers: readonly Group[], token: string): Promise<void> {
  for (const scenario of series.scenarios) {
    const groups = servers.filter(([first]) => {
      const name = first?.name ?? ''
      return (series.only?.includes(name) ?? true) && peerNamed(name).serves.includes(scenario)
    })
    const samples = new Map<string, Sample[]>(groups.map((group) => [group[0]?.name ?? '', []]))
    const loads: number[] = []
    for (let round = 0; round <= rounds; round += 1) {
      loads.push(loadavg()[0] ?? 0)
      // In another order each time, so that whatever drifts meets all alike; back and forth, so that nobody has the same
      // neighbour in every round.
      const turns = groups.map((_, turn) => groups[(turn + round) % groups.length] ?? [])
      for (const group of round % 2 === 0 ? turns : turns.toReversed()) {
        const { connections } = series
        const turnLoad = { scenario, connections, seconds: round === 0 ? warmSeconds : seconds, token }
        const sample = await load(group, { ...turnLoad, core: series.pinned ? cores.rest : undefined })
        if (round > 0) samples.get(group[0]?.name ?? '')?.push(sample)
      }
    }
    reportSeries(series, scenario, samples, loads)
  }
}

function reportSeries(
  { title, connections, processes }: Series,
  scenario: ScenarioName,
  samples: ReadonlyMap<string, readonly Sample[]>,
  loads: readonly number[],
): void {
  const own = samples.get('footing') ?? []
  lines.push(
    `## ${scenario}, ${connections} connections, ${title}`,
    '',
    `Load of the machine, ours included: ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}.`,
    '',
    '| server | req/s | p50 ms | p99 ms | CPU µs/req | footing ÷ it, req/s | footing ÷ it, CPU/req | footing ÷ it, p99 |',
    '|---|---|---|---|---|---|---|---|',
  )
  for (const [name, taken] of samples) {
    const of = (key: keyof Sample) => median(taken.map((sample) => sample[key]))
    const ratios = (key: keyof Sample) => own.map((sample, round) => sample[key] / (taken[round]?.[key] ?? Number.NaN))
    const [rate, cpu, p99] = [ratios('perSecond'), ratios('cpuMicros'), ratios('p99Ms')]
    compared.push({ scenario, processes, rival: name, rate: median(rate), cpu: median(cpu), p99: median(p99) })
    const cells = [
      of('perSecond').toFixed(0),
      of('p50Ms').toFixed(2),
      of('p99Ms').toFixed(2),
      of('cpuMicros').toFixed(0),
    ]
    lines.push(`| ${[name, ...cells, spread(rate), spread(cpu), spread(p99)].join(' | ')} |`)
  }
  lines.push('')
}

async function memoryOf(servers: readonly Group[]): Promise<void> {
  lines.push('| server | memory after the load, MB |', '|---|---|')
  for (const [first] of servers) {
    if (first !== undefined) lines.push(`| ${first.name} | ${(await first.usage()).memory.toFixed(0)} |`)
  }
  lines.push('')
}

/** Through PgBouncer as the machine has it, and through a newer one where FOOTING_NEWER_PGBOUNCER says where it is. */
async function comparePoolers(url: string, token: string): Promise<void> {
  const programs = [await findPgBouncer(process.env), process.env.FOOTING_NEWER_PGBOUNCER]
  for (const [index, program] of programs.entries()) {
    if (program === undefined) {
      lines.push(
        `Not compared: ${index === 0 ? 'this machine has no PgBouncer' : 'FOOTING_NEWER_PGBOUNCER is not set'}.`,
        '',
      )
      continue
    }
    const folder = join(installed.node, `pooler-${process.pid}-${index}`)
    const keepsNames = index === 1
    const settings = { default_pool_size: '10', ...(keepsNames ? { max_prepared_statements: '200' } : {}) }
    const pooler = await startPgBouncer({ program, serverUrl: url, folder, settings, temporary: true })
    const env = { DATABASE_URL: pooler.urlFor(url), TOKEN_SECRET: secret, STATEMENT_CACHE: keepsNames ? '100' : '0' }
    const pair = await started(chosen(twice), env, 1, true)
    try {
      const title = `one process, through PgBouncer ${pooler.version}, which ${keepsNames ? 'keeps' : 'does not keep'} names`
      await compareSeries(
        { ...twice, title, scenarios: ['article'], connections: 16, processes: 1, pinned: true },
        pair,
        token,
      )
    } finally {
      await stopAll(pair)
      await pooler.stop()
    }
  }
}

function reportGoals(): void {
  lines.push(
    '## Goals',
    '',
    '| against | route | processes | req/s, goal | req/s | CPU/req, goal | CPU/req | p99 | reached |',
    '|---|---|---|---|---|---|---|---|---|',
  )
  for (const { rival, scenarios, rate, cpu, processes = 1 } of goals) {
    for (const scenario of scenarios) {
      const found = compared.find(
        (each) => each.rival === rival && each.scenario === scenario && each.processes === processes,
      )
      if (found === undefined) continue
      const reached = found.rate >= rate && (cpu === undefined || found.cpu <= cpu)
      const cells = [
        rival,
        scenario,
        processes,
        `≥ ${rate}`,
        found.rate.toFixed(2),
        cpu === undefined ? '' : `≤ ${cpu}`,
        found.cpu.toFixed(2),
      ]
      lines.push(`| ${[...cells, found.p99.toFixed(2), reached ? 'yes' : '**no**'].join(' | ')} |`)
    }
  }
  lines.push('')
}

async function requirePrograms(): Promise<void> {
  for (const [program, advice] of [
    ['wrk', 'apt-get install wrk'],
    ['taskset', 'apt-get install util-linux'],
    ['python3', 'apt-get install python3 python3-venv'],
  ] as const) {
    const found = await run('which', [program]).catch(() => undefined)
    if (found === undefined)
      throw new Error(
        `${program} is not in ${process.env.PATH?.split(delimiter).length ?? 0} folders of PATH: ${advice}`,
      )
  }
}

function spread(ratios: readonly number[]): string {
  return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}
