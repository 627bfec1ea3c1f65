// The drill kill-worker on the example: four processes, two hundred kills; writes kill-worker.md.
// Run: node benchmarks/kill-worker.ts [budget] [seed], or with a file that --history wrote, to make the page of its runs.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Times {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** What this page reads of a drill's report. */
interface Report {
  readonly outcome: string
  readonly startedAt: string
  readonly tookMs: number
  readonly repeat: string
  readonly versions: readonly string[]
  readonly load: {
    readonly clients: number
    readonly sent: number
    readonly done: number
    readonly refused: number
    readonly unknown: number
  }
  readonly verdicts: readonly {
    readonly claim: string
    readonly outcome: string
    readonly promise: string
    readonly evidence: string
    readonly met?: { readonly what: string; readonly times: number; readonly floor: number }
  }[]
  readonly faults: readonly { readonly kind: string; readonly target: string }[]
  readonly recovery: readonly { readonly fault: string; readonly until: string; readonly times: Times }[]
  readonly latency: readonly { readonly phase: string; readonly times: Times }[]
  readonly leftovers: Readonly<Record<string, number>>
}

const [first = '20m', seed = '1302'] = process.argv.slice(2)
const root = fileURLToPath(new URL('..', import.meta.url))
const reports = existsSync(first) ? runsOf(first) : await drill(first)
const [report] = reports
if (report === undefined) throw new Error(`${first} has no run`)
const page = `${pageOf(report)}${othersOf(reports.slice(1))}`
writeFileSync(new URL('./kill-worker.md', import.meta.url), page)
process.stdout.write(page)
process.exitCode = report.outcome === 'held' ? 0 : 1

async function drill(budget: string): Promise<readonly Report[]> {
  const folder = mkdtempSync(join(tmpdir(), 'footing-kill-worker-'))
  const history = join(folder, 'drills.jsonl')
  const what = ['drill', 'kill-worker', 'benchmarks/drilled-conduit.ts', '--kills', '200', '--workers', '3']
  const args = ['packages/cli/bin/footing.js', ...what, '--seed', seed, '--budget', budget, '--history', history]
  try {
    await once(spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] }), 'exit')
    return runsOf(history)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The runs of a file, the newest first. */
function runsOf(history: string): readonly Report[] {
  const lines = readFileSync(history, 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as Report).toReversed() // written by the drill
}

function othersOf(runs: readonly Report[]): string {
  if (runs.length === 0) return ''
  const rows = runs.map(({ startedAt, faults, verdicts }) => {
    const kills = faults.filter(({ kind }) => kind === 'kill').length
    const told = verdicts.map(({ outcome, claim, evidence, met }) => {
      const times = met === undefined ? '' : `; ${met.times} ${met.what}`
      return `**${outcome}** \`${claim}\`: ${evidence}${times}`
    })
    return `| ${startedAt.slice(0, 16).replace('T', ' ')} | ${kills} | ${told.join('<br>')} |`
  })
  return `\nEarlier runs:\n\n| started | kills | verdicts |\n|---|---|---|\n${rows.join('\n')}\n`
}

function pageOf({ load, verdicts, faults, recovery, latency, leftovers, versions, tookMs, repeat }: Report): string {
  const counts = [...Map.groupBy(faults, ({ kind }) => kind)].map(([kind, all]) => `${all.length} ${kind}`).join(', ')
  const web = faults.filter(({ kind, target }) => kind === 'kill' && target.startsWith('web')).length
  const times = ({ p50, p99, max, count }: Times) => `${p50} ms | ${p99} ms | ${max} ms | ${count}`
  return `# Workers are killed

\`${repeat.replace('kill-worker ', 'kill-worker benchmarks/drilled-conduit.ts ')}\` runs the example with a module that adds jobs: one process
that answers and three workers, on PostgreSQL behind PgBouncer in transaction mode. ${load.clients} clients ask for changes; each is stored
together with its job or its event. [The page about drills](../docs/drills.md) says how it is known what was lost.

${Math.round(tookMs / 1000)} s on ${cpus().length} cores that other work shared, which makes times long and verdicts no weaker. ${versions.join(', ')}.

| | |
|---|---|
| faults | ${counts}; ${web} of the kills met the process that answers |
| operations | ${load.sent}: ${load.done} acknowledged, ${load.refused} rolled back by plan, ${load.unknown} without an answer, each resolved at the end |
| left over | ${Object.entries(leftovers)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ')} |

| verdict | guarantee | evidence | dangerous moment met |
|---|---|---|---|
${verdicts
  .map(
    ({ outcome, promise, evidence, met }) =>
      `| **${outcome}** | ${promise} | ${evidence} | ${met === undefined ? '' : `${met.times} ${met.what} (at least ${met.floor})`} |`,
  )
  .join('\n')}

| until things went on | p50 | p99 | max | of |
|---|---|---|---|---|
${recovery.map(({ fault, until, times: one }) => `| ${fault}: ${until} | ${times(one)} |`).join('\n')}

| time to an acknowledgement | p50 | p99 | max | of |
|---|---|---|---|---|
${latency.map(({ phase, times: one }) => `| ${phase} | ${times(one)} |`).join('\n')}
`
}
