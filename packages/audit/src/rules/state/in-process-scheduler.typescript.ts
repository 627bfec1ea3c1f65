// in-process-scheduler in TypeScript: jobs of node-cron, cron, croner, node-schedule and Nest, and long timers.

import type { Detection } from '../../detection/detection.ts'
import { listed } from '../../detection/words.ts'
import { Kind } from '../../facts/contract.ts'
import type { Place } from '../../facts/place.ts'
import type { FunctionId, ModuleId } from '../../graph/contract.ts'
import type { AnalysedProgram } from '../../graph/program/build-program.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { handedFunction, waitsForSomething } from '../../survey/async-work.ts'
import { positional } from '../../survey/expressions.ts'
import { addTo } from '../../survey/grouping.ts'
import { numberOf } from '../../survey/object-literal.ts'
import { isWebPackage, serverModules } from '../../survey/server-code.ts'
import { surveyOf } from '../../survey/survey.ts'
import { bodyOf, isProduct, placeOf } from '../../survey/whereabouts.ts'
import { isElected } from './elected.ts'

/** Jobs that look after their own process: each process needs them. */
const HOUSEKEEPING =
  /flush|heartbeat|metric|monitor|refresh|watch|listen|keep_?alive|ping|poll|beat|reload|health|probe|gauge|stat(?:s|istics)|connection|evict|prune|expire|cache|memory/i
/** A shorter period is a poll, which each process may do. */
const LONG_MS = 60_000

interface Job {
  readonly place: Place
  readonly module: ModuleId
  readonly what: string
}

/** Jobs that every copy of a web process runs, one finding for each file that sets them up. */
export function typescript(context: RuleContext): RuleResult {
  const jobs = [...libraryJobs(context), ...timers(context)]
  const byModule = new Map<ModuleId, Job[]>()
  const server = serverModules(context)
  for (const job of jobs) {
    if (server.has(job.module) && isWebPackage(context, job.place.path)) addTo(byModule, job.module, job)
  }
  return {
    detections: [...byModule].map(([module, found]) => detection(context, module, found)),
    examined: { count: jobs.length, of: 'schedulers' },
  }
}

function libraryJobs(context: RuleContext): Job[] {
  const { program } = context
  const found: Job[] = []
  const seen = new Set<string>()
  for (const entry of program.entries) {
    if (entry.kind !== 'scheduled' || entry.framework === 'footing' || entry.label.startsWith('Timeout ')) continue
    const info = program.functionInfo(entry.function)
    const { module } = info
    const key = `${entry.place.path}:${entry.place.line}`
    if (!isProduct(program.modules[module]!) || seen.has(key)) continue
    const name = info.name.split('.').at(-1)!
    if (HOUSEKEEPING.test(name) && !waitsForSomething(context, entry.function)) continue
    if (runsInWorker(context, entry.function)) continue
    seen.add(key)
    found.push({ place: entry.place, module: moduleAt(program, entry.place, module), what: entry.label })
  }
  return found
}

const WORKER = /worker|should_?run|scheduler|leader|primary/i

/** The whole job stands under `if (this.isWorker)`: a web process has the timer and does nothing. */
function runsInWorker({ program, trees }: RuleContext, fn: FunctionId): boolean {
  // Programs are only ever built by buildProgram, which makes this class.
  const definition = (program as AnalysedProgram).index.scopeNode[fn]!
  const tree = trees[program.functionInfo(fn).module]!
  const body = tree.childOf(definition, Kind.Body)
  if (body < 0 || tree.childCount(body) !== 1 || tree.kind(body + 1) !== Kind.If) return false
  const test = body + 2
  for (let at = test; at < tree.end(test); at++) {
    const kind = tree.kind(at)
    if ((kind === Kind.Name || kind === Kind.Attribute) && WORKER.test(tree.text(at))) return true
  }
  return false
}

/** The file where a job is registered, which may be another than that of its function. */
function moduleAt(program: RuleContext['program'], place: Place, fallback: ModuleId): ModuleId {
  return program.modules.find((module) => module.path === place.path)?.id ?? fallback
}

/** `setInterval(async () => …, 5 * 60_000)` of a minute or more, around work that waits for something. */
function timers(context: RuleContext): Job[] {
  const found: Job[] = []
  for (const site of surveyOf(context).callsNamed('setInterval')) {
    const tree = context.trees[site.module]!
    const period = positional(tree, site.node, 1)
    const work = positional(tree, site.node, 0)
    if (work < 0 || (numberOf(tree, period) ?? 0) < LONG_MS) continue
    const fn = handedFunction(context, { module: site.module, node: work })
    if (fn === undefined || !waitsForSomething(context, fn)) continue
    const around = context.program.functionInfo(bodyOf(context, site)).name
    if (HOUSEKEEPING.test(`${wordsOf(context, fn)} ${around}`)) continue
    found.push({ place: placeOf(context, site), module: site.module, what: 'setInterval' })
  }
  return found
}

const wordsOf = ({ program }: RuleContext, fn: FunctionId): string =>
  program
    .callsIn(fn)
    .map((call) => program.callInfo(call).text)
    .join(' ')

function detection(context: RuleContext, module: ModuleId, jobs: readonly Job[]): Detection {
  const led = isElected(context, module)
  const first = jobs[0]!
  const names = [...new Set(jobs.map((job) => `\`${job.what}\``))]
  return {
    place: first.place,
    subject: context.program.modules[module]!.name,
    evidence: 'jobs in the web process',
    message: {
      what: `${listed(names)} ${names.length === 1 ? 'runs' : 'run'} inside the web process.`,
      why: led
        ? 'A lock or a setting seems to leave the jobs to one process; they still compete with requests for its event loop and stop with it.'
        : 'With a second replica every job runs twice, and a deployment stops jobs half-way.',
      do: led
        ? 'Fine for small jobs; move heavy ones to a worker process.'
        : 'Let a queue keep the schedule (BullMQ job schedulers, pg-boss), run it in one worker process, or take a lock in the database before each job.',
    },
    confidence: 'probable',
    severity: led ? 'info' : 'low',
    related: jobs.slice(1, 6).map((job) => ({ ...job.place, label: job.what })),
  }
}
