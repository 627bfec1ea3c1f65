// Whether the body around a node makes something once for its process: memoised, behind a test whether it is there, or at import.
import { compareOp, Flag, Kind, Op } from '../facts/contract.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import type { RuleContext } from '../rule/rule.ts'
import type { Site } from './survey.ts'

const MEMOISERS =
  /^(?:lru_cache|cache|cached|cached_property|memoi[sz]ed?|singleton|alru_cache|ttl_cache|timed_lru_cache|once)$/
const RESOURCES = /^(?:resource|fixture|asynccontextmanager|on_event|before_app_first_request|before_first_request)$/

/** Whether what a node makes is kept for later calls, so that it is made once (or once for each key). */
export function isMadeOnce({ trees }: RuleContext, { module, node }: Site): boolean {
  const tree = trees[module]!
  const fn = tree.enclosingFunction(node)
  if (fn < 0) return true
  if (hasDecorator(tree, fn, MEMOISERS) || hasDecorator(tree, fn, RESOURCES)) return true
  const later = keptLater(tree, node, fn)
  if (later >= 0 && asksFor(tree, fn, later)) return true
  const kept = keptUnder(tree, node)
  // `self.client = make()`: kept with its object; in a constructor, with each new one.
  return kept >= 0 && (asksFor(tree, fn, kept) || isAssignedOutside(tree, node))
}

function hasDecorator(tree: SyntaxTree, fn: number, names: RegExp): boolean {
  if (tree.kind(fn) !== Kind.FunctionDef) return false
  for (let at = tree.firstChild(fn); at >= 0 && tree.kind(at) === Kind.Decorator; at = tree.nextSibling(at)) {
    const callee = tree.kind(at + 1) === Kind.Call ? at + 2 : at + 1
    if ((tree.kind(callee) === Kind.Name || tree.kind(callee) === Kind.Attribute) && names.test(tree.text(callee)))
      return true
  }
  return false
}

/** Name of what the made thing is assigned to: `pool` of `pool = …`, `self.pool = …`, `pools[key] = …`; -1 for none. */
function keptUnder(tree: SyntaxTree, node: number): number {
  let at = node
  for (let steps = 0; steps < 6; steps++) {
    const parent = tree.parent(at)
    const kind = tree.kind(parent)
    if (kind === Kind.Assign || kind === Kind.AnnAssign || kind === Kind.NamedExpr) {
      let target = parent + 1
      while (tree.kind(target) === Kind.Subscript) target++
      return tree.kind(target) === Kind.Name || tree.kind(target) === Kind.Attribute ? tree.name(target) : -1
    }
    if (kind === Kind.Body || kind === Kind.Expr || kind === Kind.Return) break
    at = parent
  }
  // `pools.set(key, make())`
  const call = tree.parent(node)
  if (
    tree.kind(call) === Kind.Call &&
    tree.kind(call + 1) === Kind.Attribute &&
    /^(?:set|setdefault)$/.test(tree.text(call + 1))
  ) {
    const kind = tree.kind(call + 2)
    return kind === Kind.Name || kind === Kind.Attribute ? tree.name(call + 2) : -1
  }
  return -1
}

/** `const pool = make(); pools.set(key, pool)`: name of what the local is put into; -1 for none. */
function keptLater(tree: SyntaxTree, node: number, fn: number): number {
  const statement = tree.statement(node)
  const kind = tree.kind(statement)
  if ((kind !== Kind.Assign && kind !== Kind.AnnAssign) || tree.kind(statement + 1) !== Kind.Name) return -1
  const local = tree.name(statement + 1)
  for (let at = tree.end(statement); at < tree.end(fn); at++) {
    const use = tree.kind(at)
    if (use === Kind.Call && tree.kind(at + 1) === Kind.Attribute && /^(?:set|setdefault)$/.test(tree.text(at + 1))) {
      const last = tree.lastChild(at)
      if (tree.kind(last) === Kind.Name && tree.name(last) === local) return nameAt(tree, at + 2)
    }
    if (use !== Kind.Assign) continue
    const value = tree.lastChild(at)
    if (tree.kind(value) !== Kind.Name || tree.name(value) !== local) continue
    let target = at + 1
    while (tree.kind(target) === Kind.Subscript) target++
    return nameAt(tree, target)
  }
  return -1
}

function nameAt(tree: SyntaxTree, node: number): number {
  const kind = tree.kind(node)
  return kind === Kind.Name || kind === Kind.Attribute ? tree.name(node) : -1
}

/** The function asks for the name before: `if pool is None`, `if not pool`, `key in pools`, `pools.get(key)`, `pools.has(key)`, `pool ??= …`. */
function asksFor(tree: SyntaxTree, fn: number, name: number): boolean {
  for (let at = fn; at < tree.end(fn); at++) {
    const kind = tree.kind(at)
    const isTest =
      kind === Kind.If || kind === Kind.Elif || kind === Kind.IfExp || kind === Kind.BoolOp || kind === Kind.UnaryOp
    if (isTest && mentions(tree, kind === Kind.IfExp ? tree.child(at, 1) : at + 1, name)) return true
    if (kind === Kind.Compare) {
      const op = compareOp(tree.value(at), 0)
      if ((op === Op.In || op === Op.NotIn || op === Op.Is || op === Op.IsNot) && mentions(tree, at, name)) return true
    }
    if (kind === Kind.Attribute && /^(?:get|has)$/.test(tree.text(at)) && named(tree, at + 1, name)) return true
  }
  return false
}

const named = (tree: SyntaxTree, node: number, name: number): boolean => {
  const kind = tree.kind(node)
  return (kind === Kind.Name || kind === Kind.Attribute) && tree.name(node) === name
}

function mentions(tree: SyntaxTree, node: number, name: number): boolean {
  for (let at = node; at < tree.end(node); at++) if (named(tree, at, name)) return true
  return false
}

/** `this.pool = …` or a name of the module: it outlives the call. */
function isAssignedOutside(tree: SyntaxTree, node: number): boolean {
  const statement = tree.statement(node)
  const kind = tree.kind(statement)
  if (kind !== Kind.Assign && kind !== Kind.AnnAssign) return false
  const target = statement + 1
  if (tree.kind(target) === Kind.Attribute) return true
  if (tree.kind(target) !== Kind.Name) return false
  if (tree.has(target, Flag.REBOUND)) return true
  // `global pool` in Python.
  const fn = tree.enclosingFunction(node)
  for (let at = fn; at < tree.end(fn); at++) {
    if (tree.kind(at) !== Kind.Global) continue
    for (let alias = tree.firstChild(at); alias >= 0; alias = tree.nextSibling(alias))
      if (tree.name(alias) === tree.name(target)) return true
  }
  return false
}
