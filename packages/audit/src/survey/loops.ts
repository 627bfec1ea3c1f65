// The loop that a node runs in, with what changes from turn to turn: `for`, comprehensions, `rows.map(row => …)`.
import { Flag, Kind } from '../facts/contract.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import { argumentCount, calleeName } from './expressions.ts'

/** A loop around a node. */
export interface Loop {
  /** The For, the comprehension's expression, or the call of `map`. */
  readonly node: number
  /** What it goes through. */
  readonly iterable: number
  /** Names (run-wide numbers) that are bound anew in each turn. */
  readonly bound: ReadonlySet<number>
}

const COMPREHENSIONS: ReadonlySet<number> = new Set([Kind.ListComp, Kind.SetComp, Kind.GeneratorExp, Kind.DictComp])
const EACH = /^(?:map|forEach|flatMap|filter|some|every|reduce)$/
/** Iterables that are many things at once, or a count of attempts. */
const BATCHES = /chunk|batch|page|window|slice|bucket|attempt|retr|group/i

/** The innermost loop whose turns run the node, in the same function (or in the callback of `map`); undefined for none. */
export function loopAround(tree: SyntaxTree, node: number): Loop | undefined {
  for (let at = node, up = tree.parent(at); up >= 0; at = up, up = tree.parent(up)) {
    const kind = tree.kind(up)
    if (kind === Kind.For && tree.kind(at) === Kind.Body)
      return { node: up, iterable: tree.child(up, 1), bound: boundIn(tree, up) }
    if (COMPREHENSIONS.has(kind)) {
      const first = tree.childOf(up, Kind.Comprehension)
      const iterable = first < 0 ? -1 : tree.child(first, 1)
      if (iterable >= 0 && !(node >= iterable && node < tree.end(iterable)))
        return { node: up, iterable, bound: boundIn(tree, up) }
    }
    if (kind === Kind.Lambda) return eachAround(tree, up)
    if (kind === Kind.FunctionDef || kind === Kind.ClassDef) return undefined
  }
  return undefined
}

/** `rows.map(async (row) => …)`: the callback runs once for each. */
function eachAround(tree: SyntaxTree, lambda: number): Loop | undefined {
  const call = tree.parent(lambda)
  if (tree.kind(call) !== Kind.Call || tree.kind(call + 1) !== Kind.Attribute || !EACH.test(tree.text(call + 1)))
    return undefined
  if (tree.nextSibling(call + 1) !== lambda) return undefined
  return { node: call, iterable: call + 2, bound: boundIn(tree, lambda) }
}

function boundIn(tree: SyntaxTree, loop: number): ReadonlySet<number> {
  const names = new Set<number>()
  for (let at = loop; at < tree.end(loop); at++) {
    const kind = tree.kind(at)
    if (kind === Kind.Name && tree.has(at, Flag.STORE)) names.add(tree.name(at))
    else if (kind === Kind.Param) {
      names.add(tree.name(at))
      // `({ id }) => …`
      for (let part = at; part < tree.end(at); part++)
        if (tree.kind(part) === Kind.PatternProperty && tree.value(part) >= 0) names.add(tree.name(part))
    }
  }
  return names
}

/** Whether the expression of a node has a name that the loop binds. */
export function dependsOn(tree: SyntaxTree, node: number, { bound }: Loop): boolean {
  for (let at = node; at < tree.end(node); at++) {
    if (tree.kind(at) === Kind.Name && bound.has(tree.name(at))) return true
  }
  return false
}

/** Whether a loop goes through few or many at once: a literal, a range, batches. */
export function isFewTurns(tree: SyntaxTree, { iterable }: Loop): boolean {
  const kind = tree.kind(iterable)
  if (kind === Kind.Tuple || kind === Kind.List || kind === Kind.Set || kind === Kind.Dict) return true
  for (let at = iterable; at < tree.end(iterable); at++) {
    const part = tree.kind(at)
    if (part === Kind.Call && calleeName(tree, at) === 'range')
      return argumentCount(tree, at) === 3 || isConstantRange(tree, at)
    if ((part === Kind.Name || part === Kind.Attribute) && BATCHES.test(tree.text(at))) return true
  }
  return false
}

function isConstantRange(tree: SyntaxTree, call: number): boolean {
  const last = tree.lastChild(call)
  return (
    tree.kind(last) === Kind.Number || (tree.kind(last) === Kind.Name && /retr|attempt|tries/i.test(tree.text(last)))
  )
}
