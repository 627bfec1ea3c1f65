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

/**
 * Whether each turn of the loop runs the node anew with something of its own: not a few turns that the code names, not a search
 * that ends with the node, and not a count of attempts or steps, whose turns ask for what the turn before has left.
 */
export function isRepeated(tree: SyntaxTree, node: number, loop: Loop): boolean {
  if (isFewTurns(tree, loop) || leavesAfter(tree, node, loop.node)) return false
  return dependsOn(tree, node, isCounted(tree, loop) ? { ...loop, bound: boundByTurn(tree, loop) } : loop)
}

/** Whether the expression of a node has a name that the loop binds. */
function dependsOn(tree: SyntaxTree, node: number, { bound }: Loop): boolean {
  for (let at = node; at < tree.end(node); at++) {
    if (tree.kind(at) === Kind.Name && bound.has(tree.name(at))) return true
  }
  return false
}

/** Whether a loop goes through few or many at once: a literal, a range, batches. */
function isFewTurns(tree: SyntaxTree, { iterable }: Loop): boolean {
  const kind = tree.kind(iterable)
  if (kind === Kind.Tuple || kind === Kind.List || kind === Kind.Set || kind === Kind.Dict) return true
  if (kind === Kind.Name && isConstantList(tree, iterable)) return true
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

/** A name that is bound once in the file, to a literal list, and never added to: `KINDS = ("a", "b")`. */
function isConstantList(tree: SyntaxTree, name: number): boolean {
  let value = -1
  for (let at = 0; at < tree.size; at++) {
    const kind = tree.kind(at)
    if (kind === Kind.Param && tree.name(at) === tree.name(name)) return false
    if (kind !== Kind.Name || tree.name(at) !== tree.name(name)) continue
    // `kinds.append(…)`, `kinds.push(…)`
    if (tree.kind(tree.parent(at)) === Kind.Attribute && isCallee(tree, tree.parent(at))) return false
    if (!tree.has(at, Flag.STORE)) continue
    const statement = tree.parent(at)
    const isGiven = tree.kind(statement) === Kind.Assign || tree.kind(statement) === Kind.AnnAssign
    if (value >= 0 || !isGiven) return false
    value = tree.lastChild(statement)
  }
  const kind = value < 0 ? -1 : tree.kind(value)
  if (kind !== Kind.Tuple && kind !== Kind.List && kind !== Kind.Set) return false
  // An empty list waits to be filled.
  return tree.firstChild(value) >= 0 && tree.childOf(value, Kind.Starred) < 0
}

const isCallee = (tree: SyntaxTree, node: number): boolean => {
  const call = tree.parent(node)
  return tree.kind(call) === Kind.Call && call + 1 === node
}

/**
 * What follows a node in its turn leaves the loop, so it runs once: `if x == wanted: row = get(x); return row`, and a search that
 * ends with the first that is found: `row = get(x); if row: return row`.
 */
function leavesAfter(tree: SyntaxTree, node: number, loop: number): boolean {
  if (tree.kind(loop) !== Kind.For) return false
  let isInInnerLoop = false
  let statement = tree.statement(node)
  for (let isOwn = true; statement > loop; isOwn = false) {
    if (tree.kind(statement) === Kind.While) isInInnerLoop = true
    if (isOwn && isLeaving(tree.kind(statement), false)) return true
    for (let next = tree.nextSibling(statement); next >= 0; next = tree.nextSibling(next)) {
      const kind = tree.kind(next)
      if (isLeaving(kind, isInInnerLoop)) return true
      if (kind === Kind.Continue) return false
      if (isOwn && kind === Kind.If && next === tree.nextSibling(statement) && hasLeavingBranch(tree, next)) return true
    }
    const block = tree.parent(statement)
    if (block <= loop || tree.parent(block) === loop) return false
    statement = tree.statement(block)
  }
  return false
}

const isLeaving = (kind: number, isInInnerLoop: boolean): boolean =>
  kind === Kind.Return || kind === Kind.Raise || (kind === Kind.Break && !isInInnerLoop)

function hasLeavingBranch(tree: SyntaxTree, test: number): boolean {
  const body = tree.childOf(test, Kind.Body)
  for (let at = tree.firstChild(body); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) === Kind.Break || tree.kind(at) === Kind.Return) return true
  }
  return false
}

/** `for step in range(limit)`: turns are counted, nothing is gone through. */
function isCounted(tree: SyntaxTree, { iterable }: Loop): boolean {
  return tree.kind(iterable) === Kind.Call && tree.dotted(iterable + 1) === 'range'
}

/** Names that a turn binds from its own element: the loop's variable, and what is made of it. */
function boundByTurn(tree: SyntaxTree, { node }: Loop): ReadonlySet<number> {
  const names = new Set<number>()
  const takeTargets = (from: number, end: number): void => {
    for (let at = from; at < end; at++)
      if (tree.kind(at) === Kind.Name && tree.has(at, Flag.STORE)) names.add(tree.name(at))
  }
  if (tree.kind(node) === Kind.For) takeTargets(node + 1, tree.end(node + 1))
  else
    for (let at = node; at < tree.end(node); at++)
      if (tree.kind(at) === Kind.Comprehension) takeTargets(at + 1, tree.end(at + 1))
  for (let at = node; at < tree.end(node); at++) {
    if (tree.kind(at) !== Kind.Assign) continue
    const value = tree.lastChild(at)
    // `rows[i]`, `offset + i`; the result of a call that is only told the number is no element.
    if (tree.kind(value) !== Kind.Subscript && tree.kind(value) !== Kind.BinOp) continue
    for (let part = value; part < tree.end(value); part++) {
      if (tree.kind(part) === Kind.Name && names.has(tree.name(part))) {
        takeTargets(at + 1, value)
        break
      }
    }
  }
  return names
}
