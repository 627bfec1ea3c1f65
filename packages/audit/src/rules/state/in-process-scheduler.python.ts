// in-process-scheduler in Python: a scheduler that starts inside each web process, so every job runs once per worker.

import type { Detection } from '../../detection/detection.ts'
import { Flag, Kind } from '../../facts/contract.ts'
import type { Confidence } from '../../facts/place.ts'
import type { EntryKind, FunctionId, ModuleId } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { type WorkerCount, webWorkers } from '../../survey/deployment.ts'
import { calleeName, isUnderMainGuard, positional } from '../../survey/expressions.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { taskStarts } from '../../survey/task-starts.ts'
import { definitionOf } from '../../survey/what-it-is.ts'
import { bodyOf, isProduct, placeOf, subjectOf, WEB } from '../../survey/whereabouts.ts'
import { isElected } from './elected.ts'

const IN_WEB: readonly EntryKind[] = [...WEB, 'startup']
const SCHEDULERS: Readonly<Record<string, RegExp>> = {
  BackgroundScheduler: /^apscheduler\./,
  AsyncIOScheduler: /^apscheduler\./,
  AsyncScheduler: /^apscheduler\./,
  TornadoScheduler: /^apscheduler\./,
  APScheduler: /^flask_apscheduler\./,
  Rocketry: /^rocketry/,
  run_pending: /^schedule\./,
}

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const workers = webWorkers(context)
  const found = [...schedulers(context), ...loops(context)]
  return {
    detections:
      workers.processes === 1
        ? []
        : found.filter((item) => item.inWeb).map((item) => detection(context, item, workers)),
    examined: { count: found.length, of: 'schedulers' },
  }
}

/** Loops that look after their own process: each process needs one. */
const HOUSEKEEPING =
  /flush|heartbeat|metrics?|monitor|refresh|watch|listen|keep_?alive|log_|ping|publish|poll|beat|reload|health|persist|record|consume/i

/** The loop that elects the one process which works: each process needs one, and it works off nothing itself. */
const ELECTION = /(?:^|[._])(?:lock|leader\w*|elect\w*)(?:_|$)/i

interface Scheduler extends Site {
  readonly what: string
  readonly confidence: Confidence
  readonly inWeb: boolean
}

function schedulers(context: RuleContext): Scheduler[] {
  const { program, trees } = context
  const found: Scheduler[] = []
  for (const [name, library] of Object.entries(SCHEDULERS)) {
    for (const site of surveyOf(context).callsNamed(name)) {
      if (!isProduct(program.modules[site.module]!)) continue
      const tree = trees[site.module]!
      if (!library.test(program.nameOf(site.module, site.node + 1)) || isUnderMainGuard(tree, site.node)) continue
      found.push({
        ...site,
        what: name === 'run_pending' ? 'schedule' : name,
        confidence: 'probable',
        inWeb: runsInWeb(context, site),
      })
    }
  }
  return found
}

/** `create_task(poll())` at start-up, directly or through the house, where `poll` is `while True: … await asyncio.sleep(…)`. */
function loops(context: RuleContext): Scheduler[] {
  const { program } = context
  const found: Scheduler[] = []
  for (const start of taskStarts(context)) {
    if (!program.reach.isReachable(bodyOf(context, start), ['startup'])) continue
    const [target] = start.work
    if (target === undefined) continue
    const { name } = program.functionInfo(target)
    if (HOUSEKEEPING.test(name) || ELECTION.test(name)) continue
    if (![target, ...asyncFunctionsIn(context, target)].some((fn) => isPeriodic(context, fn))) continue
    found.push({ ...start, what: name, confidence: 'probable', inWeb: true })
  }
  return found
}

/** `run_interval(60, check)` gives an async function that is written inside it. */
function asyncFunctionsIn(context: RuleContext, fn: FunctionId): FunctionId[] {
  const { program, trees } = context
  if (program.functionInfo(fn).isAsync) return []
  const { module, node } = definitionOf(context, fn)
  const tree = trees[module]!
  const found: FunctionId[] = []
  for (let at = node + 1; at < tree.end(node); at++) {
    if (tree.kind(at) === Kind.FunctionDef && tree.has(at, Flag.ASYNC)) found.push(program.functionAt(module, at))
  }
  return found
}

/** An endless loop that sleeps a minute or more, or an interval that is no small constant. */
function isPeriodic({ program, trees }: RuleContext, fn: FunctionId): boolean {
  const info = program.functionInfo(fn)
  const tree = trees[info.module]!
  for (const call of program.callsIn(fn)) {
    const node = program.callNode(call)
    if (calleeName(tree, node) !== 'sleep' || tree.ancestor(node, Kind.While) < 0) continue
    const pause = positional(tree, node, 0)
    if (pause < 0) continue
    if (tree.kind(pause) !== Kind.Number || Number(tree.value(pause)) >= 60) return true
  }
  return false
}

/** Reached from start-up or a request, or made while a module is imported that such code needs. */
function runsInWeb(context: RuleContext, site: Site): boolean {
  const { program } = context
  const body = bodyOf(context, site)
  if (program.functionInfo(body).kind !== 'module') return program.reach.isReachable(body, IN_WEB)
  return startedByWeb(context, site.module)
}

function startedByWeb({ program }: RuleContext, module: ModuleId): boolean {
  const web = new Set(
    program.entries
      .filter((entry) => IN_WEB.includes(entry.kind))
      .map((entry) => program.functionInfo(entry.function).module),
  )
  if (web.has(module)) return true
  return program.imports.importersOf(module).some((edge) => edge.tier !== 'type-only' && web.has(edge.from))
}

function detection(context: RuleContext, item: Scheduler, workers: WorkerCount): Detection {
  const isLed = isElected(context, item.module)
  const known = workers.processes !== undefined
  return {
    place: placeOf(context, item),
    subject: subjectOf(context, item),
    evidence: item.what,
    message: {
      what: `\`${item.what}\` runs inside the web process.`,
      why: isLed
        ? 'One worker is elected to run it, so jobs run once; they still compete with requests for the same processor and stop with the web process.'
        : known
          ? `With ${workers.what} every job runs in each of them, and a deployment stops jobs half-way.`
          : 'With a second worker or replica every job runs twice, and a deployment stops jobs half-way.',
      do: isLed
        ? 'Fine for small jobs; move heavy ones to a worker process.'
        : 'Run the schedule in one process of its own (Celery beat, a worker role, a cron container), or take a leader lock before each job.',
    },
    confidence: item.confidence,
    severity: isLed ? 'info' : known ? 'medium' : 'low',
    related: workers.place === undefined ? [] : [{ ...workers.place, label: workers.what }],
  }
}
