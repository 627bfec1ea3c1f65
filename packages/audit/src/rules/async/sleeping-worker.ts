// async/sleeping-worker: a request or a job that puts its thread to sleep, and with it the worker that runs it.
import type { Detection } from '../../detection/detection.ts'
import { counted } from '../../detection/words.ts'
import { Flag, Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { EntryKind, FunctionId } from '../../graph/contract.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { positional } from '../../survey/expressions.ts'
import { addTo } from '../../survey/grouping.ts'
import { type LibraryCall, libraryCalls } from '../../survey/library-calls.ts'
import { bodyOf, chainTo, functionSite, placeOf, servedBy, WEB } from '../../survey/whereabouts.ts'

const JOBS: readonly EntryKind[] = ['task', 'scheduled']
/** Shorter pauses are nothing that a worker is missed for. */
const LEAST_SECONDS = 1
/** Worker classes in which `time.sleep` lets others run. */
const GREEN = /gevent|eventlet/

export const rule: Rule = {
  id: 'async/sleeping-worker',
  decision: 'async',
  severity: 'medium',
  effort: { minutes: 45, per: 'site' },
  trial: false,
  summary: 'A request or a job sleeps, and the worker that runs it does nothing else meanwhile.',
  judges: { python },
}

interface Pause extends LibraryCall {
  readonly body: FunctionId
  /** Undefined: not written as a number. */
  readonly seconds: number | undefined
}

function python(context: RuleContext): RuleResult {
  const calls = libraryCalls(context, ['time.sleep'])
  const isGreen = context.config.servers.some(({ workerClass }) => GREEN.test(workerClass))
  const byBody = new Map<FunctionId, Pause[]>()
  for (const call of calls) {
    const body = bodyOf(context, call)
    const tree = context.trees[call.module]!
    if (context.program.functionInfo(body).isAsync) continue
    const seconds = secondsOf(tree, positional(tree, call.node, 0))
    if (seconds !== undefined && seconds < LEAST_SECONDS) continue
    // A loop without end that sleeps is a poller with a process or a thread of its own.
    if (isInEndlessLoop(tree, call.node)) continue
    addTo(byBody, body, { ...call, body, seconds })
  }
  return {
    detections: [...byBody.values()].flatMap((pauses) => detection(context, pauses, isGreen) ?? []),
    examined: { count: calls.length, of: 'pauses' },
  }
}

function detection(context: RuleContext, pauses: readonly Pause[], isGreen: boolean): Detection | undefined {
  const first = pauses.reduce((longest, one) => ((one.seconds ?? 0) > (longest.seconds ?? 0) ? one : longest))
  const { body } = first
  const inRequest = !isGreen && servedBy(context, body, WEB) !== undefined
  if (!inRequest && servedBy(context, body, JOBS) === undefined) return undefined
  const place = placeOf(context, first)
  const { entry, chain } = chainTo(context, body, inRequest ? WEB : JOBS, { ...place, label: 'time.sleep' })
  const info = context.program.functionInfo(body)
  const isRetry = isInHandler(context.trees[first.module]!, first.node)
  const routes = context.program.reach.routes(body)
  return {
    place,
    subject: info.name,
    evidence: 'time.sleep',
    message: {
      what: `\`${info.name}\` sleeps${first.seconds === undefined ? '' : ` for ${counted(first.seconds, 'second')}`}${isRetry ? ' before it tries again' : ''}, and \`${entry?.label ?? 'a job'}\` waits with it.`,
      why: inRequest
        ? `A thread or a process of the server is idle and taken meanwhile${routes > 1 ? `; ${counted(routes, 'route')} lead here` : ''}. As many such requests as there are threads, and nobody is served.`
        : 'The worker process is idle and taken meanwhile: with one process a worker, the whole queue waits.',
      do: inRequest
        ? 'Answer, and let a job with a delay do the rest; or poll from the client.'
        : 'End the job and let the queue run it again later (`self.retry(countdown=…)`, `apply_async(countdown=…)`).',
    },
    confidence: chain.length > 8 ? 'possible' : first.confidence,
    severity: isRetry || (!inRequest && (first.seconds ?? 0) < 5) ? 'low' : 'medium',
    chain: chain.length > 2 ? chain : [],
    fanOut: routes,
    related: pauses.filter((one) => one !== first).map((one) => ({ ...placeOf(context, one), label: 'time.sleep' })),
    fixSite: functionSite(context, body),
  }
}

function secondsOf(tree: SyntaxTree, node: number): number | undefined {
  // `0.1 * (attempt + 1)` grows, and stays short.
  if (node >= 0 && tree.kind(node) === Kind.BinOp && tree.kind(node + 1) === Kind.Number)
    return secondsOf(tree, node + 1)
  if (node < 0 || tree.kind(node) !== Kind.Number) return undefined
  return tree.has(node, Flag.INTEGER) ? tree.value(node) : Number(tree.text(node).replaceAll('_', ''))
}

function isInEndlessLoop(tree: SyntaxTree, node: number): boolean {
  for (let at = tree.parent(node); at >= 0 && tree.kind(at) !== Kind.FunctionDef; at = tree.parent(at)) {
    if (tree.kind(at) !== Kind.While) continue
    // `while True`, `while not self.stopped.is_set()`, `while self.running`.
    const test = tree.kind(at + 1)
    if (
      test === Kind.True ||
      test === Kind.Number ||
      test === Kind.UnaryOp ||
      test === Kind.Attribute ||
      test === Kind.Name
    )
      return !endsByItself(tree, at)
  }
  return false
}

/** A return, a break or a raise in the loop: what is waited for comes, or the loop gives up. */
function endsByItself(tree: SyntaxTree, loop: number): boolean {
  for (let at = loop; at < tree.end(loop); at++) {
    const kind = tree.kind(at)
    if (kind === Kind.Return || kind === Kind.Break || kind === Kind.Raise) return true
  }
  return false
}

function isInHandler(tree: SyntaxTree, node: number): boolean {
  for (let at = tree.parent(node); at >= 0 && tree.kind(at) !== Kind.FunctionDef; at = tree.parent(at)) {
    if (tree.kind(at) === Kind.Handler) return true
  }
  return false
}
