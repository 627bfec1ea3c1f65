// Loads a server with wrk, and says how many requests it answered, how fast, and what each cost.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { RunningServer } from './running-server.ts'
import { type ScenarioName, scenarios } from './servers.ts'

const run = promisify(execFile)

/** What one turn showed. */
export interface Sample {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Processor time of the server for one request, in microseconds. */
  readonly cpuMicros: number
}

/** One turn of load. */
export interface Load {
  readonly scenario: ScenarioName
  readonly connections: number
  readonly seconds: number
  readonly token: string
  /** Core that wrk runs on; anywhere when left out. */
  readonly core?: number | undefined
}

let made = 0

/** Loads all processes of one server at once. */
export async function load(servers: readonly RunningServer[], turn: Load): Promise<Sample> {
  const folder = await mkdtemp(join(tmpdir(), 'footing-wrk-'))
  try {
    const script = join(folder, 'load.lua')
    await writeFile(script, scriptFor(turn))
    const before = await cpuOf(servers)
    const connections = Math.max(1, Math.floor(turn.connections / servers.length))
    const pin = turn.core === undefined ? [] : ['taskset', '-c', String(turn.core)]
    const outputs = await Promise.all(
      servers.map(({ url }) => {
        const wrk = ['wrk', '-t1', `-c${connections}`, `-d${turn.seconds}s`, '--timeout', '20s', '-s', script]
        const [program = '', ...args] = [...pin, ...wrk, `${url}${scenarios[turn.scenario].path}`]
        return run(program, args)
      }),
    )
    const used = (await cpuOf(servers)) - before
    // The script below prints exactly this.
    const parts = outputs.map(({ stdout }) => JSON.parse(stdout.slice(stdout.indexOf('JSON') + 4)) as Part)
    const bad = parts.reduce((sum, part) => sum + part.bad, 0)
    if (bad > 0) throw new Error(`${servers[0]?.name}, ${turn.scenario}: ${bad} bad answers`)
    return {
      perSecond: parts.reduce((sum, { n, us }) => sum + n / (us / 1e6), 0),
      p50Ms: Math.max(...parts.map(({ p50 }) => p50)) / 1000,
      p99Ms: Math.max(...parts.map(({ p99 }) => p99)) / 1000,
      cpuMicros: (used * 1e6) / parts.reduce((sum, { n }) => sum + n, 0),
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

interface Part {
  readonly n: number
  readonly us: number
  readonly p50: number
  readonly p99: number
  readonly bad: number
}

async function cpuOf(servers: readonly RunningServer[]): Promise<number> {
  const usages = await Promise.all(servers.map((server) => server.usage()))
  return usages.reduce((sum, { cpu }) => sum + cpu, 0)
}

function scriptFor({ scenario, token }: Load): string {
  made += 1
  const create = scenarios[scenario].creates
    ? `wrk.method='POST'
wrk.headers['content-type']='application/json'
wrk.headers['authorization']='Token ${token}'
local n = 0
function request()
  n = n + 1
  return wrk.format(nil, nil, nil, '{"article":{"title":"Written ${Date.now()} ${made} ' .. n .. '","description":"About it","body":"' .. string.rep('word ', 200) .. '","tagList":["new","load"]}}')
end`
    : ''
  return `${create}
function done(summary, latency)
  local e = summary.errors
  io.write('JSON' .. string.format('{"n":%d,"us":%d,"p50":%d,"p99":%d,"bad":%d}', summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`
}
