// Branches of a function that one call of it closes: `if save:` when the call says `save=False`, or leaves a default of False.
import { Flag, Kind, Op, ParamKind, paramKind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { Arrow } from '../../graph/calls/call-graph.ts'
import type { FunctionId } from '../../graph/contract.ts'
import type { AnalysedProgram } from '../../graph/program/build-program.ts'
import { ScopeKind } from '../../graph/source-index.ts'

/** Body nodes of the called function, with their ends, that this call does not enter. */
export type ClosedBranches = ReadonlyMap<number, number>

const NONE: ClosedBranches = new Map()

/** A test of a function on one of its parameters. */
interface FlagTest {
  readonly name: string
  /** Value of the parameter with which the branch is entered. */
  readonly opens: boolean
  readonly branch: number
  /** Nodes after the branch that are not reached when it is entered and leaves: `if not deep: return`; -1 for none. */
  readonly rest: number
  readonly restEnd: number
}

const testsOf = new WeakMap<SyntaxTree, Map<number, readonly FlagTest[]>>()

/** The tests of a function on names, each with what it decides about; found once. */
function flagTests(tree: SyntaxTree, fn: number): readonly FlagTest[] {
  const known = testsOf.get(tree) ?? new Map<number, readonly FlagTest[]>()
  testsOf.set(tree, known)
  const before = known.get(fn)
  if (before !== undefined) return before
  const tests: FlagTest[] = []
  for (let at = fn; at < tree.end(fn); at++) {
    if (tree.kind(at) !== Kind.If || tree.enclosingFunction(at) !== fn) continue
    const negated = tree.kind(at + 1) === Kind.UnaryOp && tree.value(at + 1) === Op.Not
    const test = negated ? at + 2 : at + 1
    if (tree.kind(test) !== Kind.Name) continue
    const branch = tree.childOf(at, Kind.Body)
    const last = tree.lastChild(branch)
    const leaves = tree.kind(last) === Kind.Return || tree.kind(last) === Kind.Raise
    const next = leaves && tree.end(at) === tree.end(branch) ? tree.nextSibling(at) : -1
    tests.push({
      name: tree.text(test),
      opens: !negated,
      branch,
      rest: next,
      restEnd: next < 0 ? -1 : tree.end(tree.parent(at)),
    })
  }
  known.set(fn, tests)
  return tests
}

/** The branches that the call behind an arrow closes by constants; empty when there are none or the call is not plain. */
export function closedBranches({ index }: AnalysedProgram, body: FunctionId, arrow: Arrow): ClosedBranches {
  if (index.scopeKind[arrow.target] !== ScopeKind.Function) return NONE
  const tree = index.trees[index.scopeModule[arrow.target]!]!
  const fn = index.scopeNode[arrow.target]!
  const tests = flagTests(tree, fn)
  if (tests.length === 0) return NONE
  const caller = index.trees[index.scopeModule[body]!]!
  if (caller.kind(arrow.node) !== Kind.Call) return NONE
  const given = flags(caller, arrow.node, tree, fn)
  const closed = new Map<number, number>()
  for (const { branch, name, opens, rest, restEnd } of tests) {
    const value = given.get(name)
    if (value === undefined || isRebound(tree, fn, name)) continue
    if (value !== opens) closed.set(branch, tree.end(branch))
    else if (rest >= 0) closed.set(rest, restEnd)
  }
  return closed
}

/** Whether a node lies in one of the closed branches. */
export function isUnder(closed: ClosedBranches, node: number): boolean {
  for (const [from, end] of closed) if (node >= from && node < end) return true
  return false
}

/** Parameters whose truth this call settles: given by keyword, or left at their default. */
function flags(caller: SyntaxTree, call: number, tree: SyntaxTree, fn: number): ReadonlyMap<string, boolean> {
  const settled = new Map<string, boolean>()
  const keywords = new Map<string, number>()
  let positionals = 0
  for (let at = caller.nextSibling(call + 1); at >= 0; at = caller.nextSibling(at)) {
    const kind = caller.kind(at)
    if (kind === Kind.Starred || (kind === Kind.Keyword && caller.text(at) === '')) return settled
    if (kind === Kind.Keyword) keywords.set(caller.text(at), at + 1)
    else positionals++
  }
  // The call does not write a method's first parameter; where it does (`Class.method(self)`) a default is missed, no more.
  let position = tree.kind(tree.scope(fn)) === Kind.ClassDef ? -1 : 0
  for (let at = tree.firstChild(fn); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) !== Kind.Param) continue
    const kind = paramKind(tree.flags(at))
    const named = keywords.get(tree.text(at))
    if (named !== undefined) settle(settled, tree.text(at), caller, named)
    else if (kind === ParamKind.KeywordOnly || position >= positionals) {
      if (tree.has(at, Flag.HAS_DEFAULT)) settle(settled, tree.text(at), tree, tree.lastChild(at))
    }
    if (kind === ParamKind.Positional || kind === ParamKind.PositionalOnly) position++
  }
  return settled
}

function settle(settled: Map<string, boolean>, name: string, tree: SyntaxTree, value: number): void {
  const kind = tree.kind(value)
  if (kind === Kind.True) settled.set(name, true)
  else if (kind === Kind.False || kind === Kind.None) settled.set(name, false)
}

function isRebound(tree: SyntaxTree, fn: number, name: string): boolean {
  for (let at = fn; at < tree.end(fn); at++) {
    if (tree.kind(at) === Kind.Name && tree.has(at, Flag.STORE) && tree.text(at) === name) return true
  }
  return false
}
