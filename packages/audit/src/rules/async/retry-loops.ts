// Loops without end that try something until it succeeds: `while True` around a `try` that only success leaves.
import { Flag, Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { CallId } from '../../graph/contract.ts'
import type { RuleContext } from '../../rule/rule.ts'
import { servedCode } from '../../survey/served-code.ts'
import { bodyOf, SERVING } from '../../survey/whereabouts.ts'
import type { Retries, Retry } from './retries.ts'

const LEAVES: ReadonlySet<number> = new Set([Kind.Return, Kind.Break])

/** Endless retry loops that requests or jobs run. */
export function endlessLoops(context: RuleContext): Retries {
  const endless: Retry[] = []
  let examined = 0
  for (const module of servedCode(context)) {
    const tree = context.trees[module]!
    for (let node = 1; node < tree.size; node++) {
      if (tree.kind(node) !== Kind.While || !isAlways(tree, node + 1)) continue
      examined++
      const attempt = attemptIn(tree, node)
      if (attempt < 0 || !callsOut(context, module, attempt)) continue
      if (!context.program.reach.isReachable(bodyOf(context, { module, node }), [...SERVING, 'scheduled'])) continue
      endless.push({
        module,
        node,
        by: 'a loop that only success leaves',
        kind: 'loop',
        remedy: 'Count the attempts and raise the last failure; wait longer after each.',
        confidence: 'probable',
      })
    }
  }
  return { endless, examined }
}

const isAlways = (tree: SyntaxTree, test: number): boolean =>
  tree.kind(test) === Kind.True ||
  (tree.kind(test) === Kind.Number && tree.has(test, Flag.INTEGER) && tree.value(test) !== 0)

/** The `try` of the loop that success leaves and failure does not; -1 when something else ends the loop. */
function attemptIn(tree: SyntaxTree, loop: number): number {
  const body = tree.childOf(loop, Kind.Body)
  let attempt = -1
  for (let at = tree.firstChild(body); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) === Kind.Try && attempt < 0) attempt = at
    // Whatever else leaves the loop may be the count of attempts.
    else if (leaves(tree, at)) return -1
  }
  if (attempt < 0) return -1
  let succeeds = false
  let handlers = 0
  for (let at = tree.firstChild(attempt); at >= 0; at = tree.nextSibling(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.Handler) {
      handlers++
      if (leaves(tree, at) || !isBroad(tree, at)) return -1
    } else if (kind === Kind.Finally) {
      if (leaves(tree, at)) return -1
    } else if (leaves(tree, at)) succeeds = true
  }
  return succeeds && handlers > 0 && neverRaisesAfterCount(tree, attempt) ? attempt : -1
}

/** `except Exception`, a bare `except`, `catch`: every failure, not "the queue is empty". */
function isBroad(tree: SyntaxTree, handler: number): boolean {
  const first = tree.firstChild(handler)
  if (first < 0 || tree.kind(first) === Kind.Body) return true
  return /^(?:Exception|BaseException|\w*(?:Error|Timeout\w*|RequestException|HTTPError))$/.test(
    tree.dotted(first).split('.').at(-1) ?? '',
  )
}

/** A comparison inside of the attempt may count it: `if attempt > 5: raise`. */
function neverRaisesAfterCount(tree: SyntaxTree, attempt: number): boolean {
  for (let at = attempt; at < tree.end(attempt); at++) {
    if (tree.kind(at) !== Kind.Raise) continue
    for (let up = tree.parent(at); up > attempt; up = tree.parent(up)) {
      if ((tree.kind(up) === Kind.If || tree.kind(up) === Kind.Elif) && tree.kind(up + 1) === Kind.Compare) return false
    }
  }
  return true
}

/** A return, a raise or a break of this loop, functions and loops within left out where it is a break. */
function leaves(tree: SyntaxTree, node: number): boolean {
  for (let at = node; at < tree.end(node); at++) {
    const kind = tree.kind(at)
    if (kind === Kind.FunctionDef || kind === Kind.Lambda || kind === Kind.ClassDef) {
      at = tree.end(at) - 1
      continue
    }
    if (kind === Kind.Raise) return true
    if (!LEAVES.has(kind)) continue
    if (kind === Kind.Return || !isOfInnerLoop(tree, at, node)) return true
  }
  return false
}

function isOfInnerLoop(tree: SyntaxTree, node: number, limit: number): boolean {
  for (let at = tree.parent(node); at >= limit; at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.For || kind === Kind.While || kind === Kind.Match) return true
  }
  return false
}

/** The attempt calls another machine, itself or through one function of the project. */
function callsOut(context: RuleContext, module: number, attempt: number): boolean {
  const { program } = context
  const tree = context.trees[module]!
  for (let at = attempt; at < tree.end(attempt); at++) {
    if (tree.kind(at) !== Kind.Call) continue
    const call = program.callAt(module, at)
    if (call < 0) continue
    if (isOutgoing(context, call)) return true
    for (const { function: fn, confidence } of program.targetsOf(call)) {
      if (fn >= 0 && confidence !== 'possible' && program.callsIn(fn).some((inner) => isOutgoing(context, inner)))
        return true
    }
  }
  return false
}

const OUT: ReadonlySet<string> = new Set(['network', 'vendor', 'database'])
const OUT_BY_NAME = /^(?:fetch|axios|got|node-fetch|undici)(?:\.|$)|^(?:httpx\.AsyncClient|aiohttp\.ClientSession)\./

function isOutgoing({ program }: RuleContext, call: CallId): boolean {
  const effect = program.effectOf(call)
  if (effect !== undefined) return OUT.has(effect.effect)
  return OUT_BY_NAME.test(program.externalOf(call))
}
