// Looks names up as Python does: in the function, the functions around it, the module.
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import { ScopeKind, type SourceIndex } from '../source-index.ts'

/** Above this many bound names a scope gets a map. */
const LINEAR = 16

const NONE: readonly number[] = []

/** Where a name is bound. */
export interface Bound {
  readonly scope: number
  /** Binding nodes in the scope's module, in source order. */
  readonly nodes: readonly number[]
}

/** Look-up of names in the scopes of an index. */
export class ScopeNames {
  readonly #index: SourceIndex
  readonly #maps = new Map<number, Map<number, number[]>>()

  constructor(index: SourceIndex) {
    this.#index = index
  }

  /** Nodes that bind a name directly in a scope. */
  bindingsIn(scope: number, name: number): readonly number[] {
    const { start, name: names, node } = this.#index.bindings
    const from = start[scope]!
    const to = start[scope + 1]!
    if (to - from > LINEAR) return this.#mapOf(scope).get(name) ?? NONE
    let found: number[] | undefined
    for (let i = from; i < to; i++) {
      if (names[i] !== name) continue
      if (found === undefined) found = [node[i]!]
      else found.push(node[i]!)
    }
    return found ?? NONE
  }

  #mapOf(scope: number): Map<number, number[]> {
    let map = this.#maps.get(scope)
    if (map !== undefined) return map
    map = new Map()
    const { start, name, node } = this.#index.bindings
    for (let i = start[scope]!; i < start[scope + 1]!; i++) {
      const nodes = map.get(name[i]!)
      if (nodes === undefined) map.set(name[i]!, [node[i]!])
      else nodes.push(node[i]!)
    }
    this.#maps.set(scope, map)
    return map
  }

  /** Where a name used in a scope is bound; undefined for a builtin or a name from a star import. */
  lookUp(scope: number, name: number): Bound | undefined {
    const { scopeKind, scopeParent, scopeModule, firstScope, trees } = this.#index
    for (let at = scope; at >= 0; at = scopeParent[at]!) {
      if (at !== scope && scopeKind[at] === ScopeKind.Class) continue
      const nodes = this.bindingsIn(at, name)
      if (nodes.length === 0) continue
      if (scopeKind[at] === ScopeKind.Module) return { scope: at, nodes }
      const tree = trees[scopeModule[at]!]!
      const declared = declaration(tree, nodes)
      if (declared === Kind.Global) {
        const module = firstScope[scopeModule[at]!]!
        const global = this.bindingsIn(module, name)
        return { scope: module, nodes: global.length > 0 ? global : nodes }
      }
      if (declared === Kind.Nonlocal) continue
      return { scope: at, nodes }
    }
    return undefined
  }

  /** The scope whose body holds a node. */
  scopeOf(module: number, node: number): number {
    const { firstRun, runNode, runScope } = this.#index
    let low = firstRun[module]!
    let high = firstRun[module + 1]! - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (runNode[middle]! <= node) low = middle
      else high = middle - 1
    }
    return runScope[low]!
  }

  /** The scope that a FunctionDef, ClassDef or Lambda node defines. */
  scopeAt(module: number, definition: number): number {
    const { firstScope, scopeNode } = this.#index
    let low = firstScope[module]!
    let high = firstScope[module + 1]! - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (scopeNode[middle]! < definition) low = middle + 1
      else high = middle
    }
    return low
  }
}

function declaration(tree: SyntaxTree, nodes: readonly number[]): number {
  for (const node of nodes) {
    if (tree.kind(node) !== Kind.Alias) continue
    const kind = tree.kind(tree.parent(node))
    if (kind === Kind.Global || kind === Kind.Nonlocal) return kind
  }
  return 0
}

/**
 * The bindings that may reach a use in the same scope: those before it, back to the nearest one that always runs
 * before it. All of them when none is before (a loop).
 */
export function reachingBindings(tree: SyntaxTree, nodes: readonly number[], use: number): readonly number[] {
  if (nodes.length === 1) return nodes
  const reaching: number[] = []
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!
    const parent = tree.parent(node)
    const comprehension = comprehensionOf(tree, node)
    if (comprehension >= 0) {
      // Visible in its own comprehension only, where it hides everything else.
      if (use > comprehension && use < tree.end(comprehension)) return [node]
      continue
    }
    if (effectiveAt(tree, node, parent) > use) continue
    reaching.push(node)
    if (use < tree.end(blockOf(tree, node))) break
  }
  return reaching.length > 0 ? reaching : nodes.filter((node) => comprehensionOf(tree, node) < 0)
}

/** Node number from which a binding holds: after the whole statement for an assignment, so that `x = f(x)` is right. */
function effectiveAt(tree: SyntaxTree, node: number, parent: number): number {
  let at = parent
  while (tree.kind(at) === Kind.Tuple || tree.kind(at) === Kind.List || tree.kind(at) === Kind.Starred)
    at = tree.parent(at)
  switch (tree.kind(at)) {
    case Kind.Assign:
    case Kind.AnnAssign:
    case Kind.AugAssign:
    case Kind.NamedExpr:
    case Kind.WithItem:
      return tree.end(at)
    case Kind.For:
      return tree.end(tree.child(at, 1))
    default:
      return node
  }
}

/** The list, set, dict or generator expression whose variable a node is, or -1. */
function comprehensionOf(tree: SyntaxTree, node: number): number {
  let at = tree.parent(node)
  while (tree.kind(at) === Kind.Tuple || tree.kind(at) === Kind.List || tree.kind(at) === Kind.Starred)
    at = tree.parent(at)
  return tree.kind(at) === Kind.Comprehension ? tree.parent(at) : -1
}

function blockOf(tree: SyntaxTree, node: number): number {
  for (let at = tree.parent(node); at >= 0; at = tree.parent(at)) {
    switch (tree.kind(at)) {
      case Kind.Body:
      case Kind.Else:
      case Kind.Elif:
      case Kind.Handler:
      case Kind.Finally:
      case Kind.Case:
      case Kind.FunctionDef:
      case Kind.Module:
        // The body of `with` and `try` runs whenever the statement does; so does `finally`.
        if (tree.kind(at) === Kind.Body) {
          const owner = tree.kind(tree.parent(at))
          if (owner === Kind.With || owner === Kind.Try) continue
        }
        if (tree.kind(at) === Kind.Finally) continue
        return at
    }
  }
  return 0
}
