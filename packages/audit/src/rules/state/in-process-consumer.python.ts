// in-process-consumer in Python: threads and pools that start-up sets going, whose work never ends.
import type { Detection } from '../../detection/detection.ts'
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { EntryKind, FunctionId } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { webWorkers } from '../../survey/deployment.ts'
import { type Start, threadStarts } from '../../survey/thread-starts.ts'
import { definitionOf } from '../../survey/what-it-is.ts'
import { bodyOf, chainTo, functionSite, isProduct, placeOf, subjectOf } from '../../survey/whereabouts.ts'

const STARTUP: readonly EntryKind[] = ['startup']
const ROUTES: readonly EntryKind[] = ['route', 'websocket']
/** Loops that look after their own process: each process needs one. */
const HOUSEKEEPING =
  /heartbeat|metric|tracing|drain|exporter|telemetry|watchdog|keep_?alive|flush_?logs?|log_?(?:flush|writer)|gauge|profil|memory_?monitor|signal|shutdown|reload|file_?watch/i

/** One finding for each function that sets such work going. */
export function python(context: RuleContext): RuleResult {
  const { program } = context
  const serves = program.entries.some(
    ({ kind, function: fn }) => ROUTES.includes(kind) && isProduct(program.modules[program.functionInfo(fn).module]!),
  )
  const starts = serves ? threadStarts(context) : []
  const byBody = new Map<FunctionId, Start>()
  for (const start of starts) {
    const body = bodyOf(context, start)
    if (byBody.has(body) || !program.reach.isReachable(body, STARTUP)) continue
    if (start.isJoinedHere || !isEndless(context, start)) continue
    byBody.set(body, start)
  }
  return {
    detections: [...byBody].map(([body, start]) => detection(context, body, start)),
    examined: { count: starts.length, of: 'threads and pools' },
  }
}

/** What is started loops without end, or is a method whose classes are not known here: a consumer of some kind. */
function isEndless(context: RuleContext, { work, name }: Start): boolean {
  if (HOUSEKEEPING.test(name)) return false
  if (work.length === 0) return false
  return work.some(
    (fn) =>
      !HOUSEKEEPING.test(context.program.functionInfo(fn).name) &&
      (loops(context, fn) || isDeclared(context, fn) || calledLoops(context, fn)),
  )
}

function calledLoops(context: RuleContext, fn: FunctionId): boolean {
  return context.program
    .callsIn(fn)
    .some((call) =>
      context.program
        .targetsOf(call)
        .some(({ function: inner, confidence }) => inner >= 0 && confidence !== 'possible' && loops(context, inner)),
    )
}

/** `while True`, `while not self.stopped.is_set()`, `while self.running`. */
function loops(context: RuleContext, fn: FunctionId): boolean {
  const { module, node } = definitionOf(context, fn)
  const tree = context.trees[module]!
  for (let at = node; at < tree.end(node); at++) {
    if (tree.kind(at) !== Kind.While) continue
    const test = tree.kind(at + 1)
    if (
      test === Kind.True ||
      test === Kind.Number ||
      test === Kind.UnaryOp ||
      test === Kind.Attribute ||
      test === Kind.Name
    )
      return true
  }
  return false
}

/** A method that only declares what subclasses do: `raise NotImplementedError`, `pass`. */
function isDeclared(context: RuleContext, fn: FunctionId): boolean {
  const { module, node } = definitionOf(context, fn)
  const tree: SyntaxTree = context.trees[module]!
  const body = tree.childOf(node, Kind.Body)
  if (body < 0) return false
  for (let at = tree.firstChild(body); at >= 0; at = tree.nextSibling(at)) {
    const kind = tree.kind(at)
    if (kind !== Kind.Pass && kind !== Kind.Raise && !(kind === Kind.Expr && tree.kind(at + 1) === Kind.String))
      return false
  }
  return true
}

const LEADER = /leader|process_?lock|scheduler_?lock|advisory|redlock|single_?(?:instance|worker)|is_primary_worker/i

function isLed({ trees }: RuleContext, module: number): boolean {
  const tree = trees[module]!
  for (const name of tree.names) {
    const text = tree.strings.text(name)
    if (text.length < 60 && LEADER.test(text)) return true
  }
  return false
}

function detection(context: RuleContext, body: FunctionId, start: Start): Detection {
  const place = placeOf(context, start)
  const { chain } = chainTo(context, body, STARTUP, { ...place, label: start.what })
  const workers = webWorkers(context)
  const led = isLed(context, start.module)
  return {
    place,
    subject: subjectOf(context, start),
    evidence: `${start.what}: ${start.name}`,
    message: {
      what: `\`${subjectOf(context, start)}\` starts ${start.what} for \`${start.name}\` inside the web process, and it never ends.`,
      why: `${workers.processes !== undefined && workers.processes > 1 ? `Each of ${workers.what}` : 'Each worker and each replica'} runs it: what it does is done several times or competed for; it takes the processor from requests, and a deployment cuts it off in the middle.`,
      do: 'Run it in a process of its own (a worker role, the same image with another command), one of it, with its own health check.',
    },
    confidence: 'probable',
    severity: led || workers.processes === 1 ? 'info' : 'medium',
    chain: chain.length > 2 ? chain : [],
    related: workers.place === undefined ? [] : [{ ...workers.place, label: workers.what }],
    fixSite: functionSite(context, body),
  }
}
