// What a function waits for: itself, or through the project's own functions that it calls in every run, a few steps down.
import type { ChainStep } from '../detection/detection.ts'
import { Kind } from '../facts/contract.ts'
import type { Confidence } from '../facts/place.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import type { CallId, Effect, FunctionId } from '../graph/contract.ts'
import type { RuleContext } from '../rule/rule.ts'
import { definitionOf, queriesByIteration } from './what-it-is.ts'

/** A place that waits, with the way to it. */
export interface Waiting {
  /** `requests.get`, `django.db.models.QuerySet.get`. */
  readonly name: string
  readonly confidence: Confidence
  readonly steps: readonly ChainStep[]
}

/** Whether an effect (or, for libraries that give promises, a full name) is one that is asked for. */
export type WaitTest = (effect: Effect | undefined, name: string) => boolean

/** The first wait of a kind in a function, or at most `depth` calls below it. */
export function waitsBelow(context: RuleContext, fn: FunctionId, test: WaitTest, depth: number): Waiting | undefined {
  return search(context, fn, test, depth, new Set())
}

/** The wait that one call leads to. */
export function waitOfCall(
  context: RuleContext,
  call: CallId,
  test: WaitTest,
  depth: number,
  seen = new Set<FunctionId>(),
): Waiting | undefined {
  const direct = directWait(context, call, test)
  if (direct !== undefined || depth === 0) return direct
  const { program } = context
  const targets = program.targetsOf(call).filter(({ function: fn, confidence }) => fn >= 0 && confidence !== 'possible')
  if (targets.length !== 1) return undefined
  const found = search(context, targets[0]!.function, test, depth - 1, seen)
  if (found === undefined) return undefined
  const { module, line, text } = program.callInfo(call)
  const step = { path: program.modules[module]!.path, line, label: `${text}()` }
  return { ...found, confidence: 'probable', steps: [step, ...found.steps] }
}

function search(
  context: RuleContext,
  fn: FunctionId,
  test: WaitTest,
  depth: number,
  seen: Set<FunctionId>,
): Waiting | undefined {
  if (seen.has(fn)) return undefined
  seen.add(fn)
  const { program } = context
  const { kind } = program.functionInfo(fn)
  if (kind !== 'function' && kind !== 'lambda') return undefined
  const { module, node } = definitionOf(context, fn)
  const tree = context.trees[module]!
  const iterated = test('database', 'iteration') ? queriesByIteration(context, fn) : undefined
  if (iterated !== undefined) {
    const step = { path: tree.path, line: tree.line(iterated), label: 'iteration of a query' }
    return { name: 'iteration of a query', confidence: 'probable', steps: [step] }
  }
  for (const call of program.callsIn(fn)) {
    if (isOffTheWay(tree, program.callNode(call), node)) continue
    const found = waitOfCall(context, call, test, depth, seen)
    if (found !== undefined) return found
  }
  return undefined
}

function directWait({ program }: RuleContext, call: CallId, test: WaitTest): Waiting | undefined {
  const { module, line } = program.callInfo(call)
  const path = program.modules[module]!.path
  const effect = program.effectOf(call)
  if (effect !== undefined) {
    if (effect.confidence === 'possible' || !test(effect.effect, effect.name)) return undefined
    return { name: effect.name, confidence: effect.confidence, steps: [{ path, line, label: effect.name }] }
  }
  const target = program
    .targetsOf(call)
    .find(({ external, confidence }) => external !== '' && confidence !== 'possible' && test(undefined, external))
  if (target === undefined) return undefined
  return { name: target.external, confidence: target.confidence, steps: [{ path, line, label: target.external }] }
}

/** In a handler or under a condition: not every run gets there. */
function isOffTheWay(tree: SyntaxTree, node: number, fn: number): boolean {
  for (let at = tree.parent(node); at > fn; at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.Handler || kind === Kind.If || kind === Kind.Elif || kind === Kind.IfExp) return true
  }
  return false
}
