// endless-retry in Python: Celery's max_retries=None, tenacity and backoff without a stop, loops that swallow every failure.
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { RuleContext } from '../../rule/rule.ts'
import { argumentCount, calleeName, keyword, positional } from '../../survey/expressions.ts'
import { servedCode } from '../../survey/served-code.ts'
import type { Retries, Retry } from './retries.ts'
import { endlessLoops } from './retry-loops.ts'

const TASK_LIMIT = 'Give `max_retries` a number with `retry_backoff=True`, and report what has used them up.'
const STOP = 'Say when to stop: `stop=stop_after_attempt(5)` with `wait=wait_exponential(max=60)`.'

/** Everything that is tried again without end. */
export function python(context: RuleContext): Retries {
  const endless: Retry[] = []
  let examined = 0
  for (const module of servedCode(context)) {
    const tree = context.trees[module]!
    const ids = ['max_retries', 'retry', 'on_exception', 'on_predicate', 'autoretry_for'].map((name) =>
      tree.strings.id(name),
    )
    if (!ids.some((id) => tree.mentions(id))) continue
    for (let node = 1; node < tree.size; node++) {
      if (tree.kind(node) !== Kind.Decorator) continue
      const found = decorated(context, module, tree, node)
      if (found === undefined) continue
      examined++
      if (found !== 'limited') endless.push(found)
    }
  }
  const loops = endlessLoops(context)
  return {
    endless: [...endless, ...loops.endless].sort((a, b) => a.module - b.module || a.node - b.node),
    examined: examined + loops.examined,
  }
}

/** A decorator that tries the function again; undefined when it is none. */
function decorated(
  context: RuleContext,
  module: number,
  tree: SyntaxTree,
  node: number,
): Retry | 'limited' | undefined {
  const isCall = tree.kind(node + 1) === Kind.Call
  const callee = isCall ? node + 2 : node + 1
  const kind = tree.kind(callee)
  if (kind !== Kind.Name && kind !== Kind.Attribute) return undefined
  const place = { module, node: node + 1 }
  if (isCall) {
    const limit = keyword(tree, node + 1, 'max_retries')
    const retries = keyword(tree, node + 1, 'autoretry_for') >= 0 || callsRetry(tree, tree.parent(node))
    if (limit >= 0 && retries) {
      if (!mayBeNone(tree, limit)) return 'limited'
      return { ...place, by: '`max_retries=None`', kind: 'task', remedy: TASK_LIMIT, confidence: 'definite' }
    }
  }
  const name = tree.text(callee)
  if (name !== 'retry' && name !== 'on_exception' && name !== 'on_predicate') return undefined
  const full = context.program.nameOf(module, callee)
  if (/^tenacity\.(?:\w+\.)?retry$/.test(full)) {
    const stop = isCall ? keyword(tree, node + 1, 'stop') : -1
    if (isCall && (tree.childOf(node + 1, Kind.Keyword) < 0 ? argumentCount(tree, node + 1) > 0 : false))
      return 'limited'
    const isEndless = stop < 0 || tree.dotted(stop).endsWith('stop_never')
    if (isCall && hasUnpacked(tree, node + 1)) return 'limited'
    return isEndless
      ? { ...place, by: 'tenacity without `stop`', kind: 'decorator', remedy: STOP, confidence: 'definite' }
      : 'limited'
  }
  if (/^backoff\./.test(full) && isCall) {
    const isLimited = keyword(tree, node + 1, 'max_tries') >= 0 || keyword(tree, node + 1, 'max_time') >= 0
    if (isLimited || hasUnpacked(tree, node + 1)) return 'limited'
    return {
      ...place,
      by: '`backoff` without `max_tries`',
      kind: 'decorator',
      remedy: 'Give `max_tries` or `max_time`.',
      confidence: 'definite',
    }
  }
  if (/^retrying\./.test(full)) {
    const isLimited =
      isCall && ['stop_max_attempt_number', 'stop_max_delay', 'stop'].some((one) => keyword(tree, node + 1, one) >= 0)
    if (isLimited) return 'limited'
    return {
      ...place,
      by: '`retrying` without a stop',
      kind: 'decorator',
      remedy: 'Give `stop_max_attempt_number` and a wait that grows.',
      confidence: 'definite',
    }
  }
  return undefined
}

/** `None`, or `1 if settings.DEBUG else None`: in production it is the latter. */
function mayBeNone(tree: SyntaxTree, node: number): boolean {
  if (tree.kind(node) === Kind.None) return true
  if (tree.kind(node) !== Kind.IfExp) return false
  return tree.kind(tree.child(node, 0)) === Kind.None || tree.kind(tree.child(node, 2)) === Kind.None
}

function callsRetry(tree: SyntaxTree, fn: number): boolean {
  for (let at = fn; at < tree.end(fn); at++) {
    if (tree.kind(at) === Kind.Call && calleeName(tree, at) === 'retry' && tree.kind(at + 1) === Kind.Attribute)
      return true
  }
  return false
}

function hasUnpacked(tree: SyntaxTree, call: number): boolean {
  for (let at = tree.nextSibling(call + 1); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) === Kind.Keyword && tree.value(at) < 0) return true
  }
  return positional(tree, call, 0) < 0 && tree.childOf(call, Kind.Starred) >= 0
}
