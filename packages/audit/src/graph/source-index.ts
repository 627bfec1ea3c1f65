// One linear pass over the syntax of all files: bodies of code, calls, names bound, attributes set, imports, results.
import { Flag, Kind, NO_VALUE, NODE_WORDS } from '../facts/contract.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import { groupByOwner, IntList } from './int-list.ts'

/** What a body of code is; the numbers of `SourceIndex.scopeKind`. */
export const ScopeKind = { Module: 0, Class: 1, Function: 2, Lambda: 3 } as const

/** Items grouped by the scope that owns them; see `groupByOwner`. */
export interface Grouped {
  /** One more entry than there are scopes. */
  readonly start: Int32Array
  /** Name (run-wide string number) of each item, or -1. */
  readonly name: Int32Array
  /** Node of each item in the scope's module. */
  readonly node: Int32Array
}

/** Numbered bodies, calls, bindings and imports of a whole program, in typed arrays. */
export interface SourceIndex {
  readonly trees: readonly SyntaxTree[]
  readonly scopeCount: number
  /** Per scope: module, node of its definition, enclosing scope (-1 for a module), kind, name (string number). */
  readonly scopeModule: Int32Array
  readonly scopeNode: Int32Array
  readonly scopeParent: Int32Array
  readonly scopeKind: Uint8Array
  readonly scopeName: Int32Array
  /** Per module: number of its first scope, which is the module body; one entry more at the end. */
  readonly firstScope: Int32Array
  /** Per module: number of its first call; one entry more at the end. */
  readonly firstCall: Int32Array
  readonly callNode: Int32Array
  readonly callScope: Int32Array
  /** Calls by the scope that contains them (`name` is the call number). */
  readonly callsByScope: { readonly start: Int32Array; readonly order: Int32Array }
  /** Names bound in a scope: Name, FunctionDef, ClassDef, Alias, Param, Handler and pattern nodes. */
  readonly bindings: Grouped
  /** Attributes set on the first parameter of a method (`self.x = …`), by the class. */
  readonly selfStores: Grouped
  /** Every other attribute that is set (`request.state.db = …`), by the function that sets it. */
  readonly attributeStores: Grouped
  /** Return, Yield and YieldFrom nodes by function. */
  readonly results: Grouped
  /** Import and ImportFrom nodes: module, node, scope, in module order. */
  readonly importModule: Int32Array
  readonly importNode: Int32Array
  readonly importScope: Int32Array
  /** Per module: number of its first import statement; one entry more at the end. */
  readonly firstImport: Int32Array
  /**
   * Which body a node lies in, as runs: from `runNode[r]` to the next run's node (or the module's end) it is
   * `runScope[r]`. `firstRun[m]` is the first run of module `m`; one entry more at the end.
   */
  readonly firstRun: Int32Array
  readonly runNode: Int32Array
  readonly runScope: Int32Array
}

const STORES = Flag.STORE

/** Reads every tree once. Linear in nodes; needs no recursion. */
export function indexSources(trees: readonly SyntaxTree[]): SourceIndex {
  const scopeModule = new IntList()
  const scopeNode = new IntList()
  const scopeParent = new IntList()
  const scopeKind = new IntList()
  const scopeName = new IntList()
  const callNode = new IntList(4096)
  const callScope = new IntList(4096)
  const bound = new Gathered()
  const selfSet = new Gathered()
  const attributeSet = new Gathered()
  const results = new Gathered()
  const importModule = new IntList()
  const importNode = new IntList()
  const importScope = new IntList()
  const firstImport = new Int32Array(trees.length + 1)
  const firstRun = new Int32Array(trees.length + 1)
  const runNode = new IntList()
  const runScope = new IntList()
  const firstScope = new Int32Array(trees.length + 1)
  const firstCall = new Int32Array(trees.length + 1)
  // The bodies around the current node, and definitions whose Body has not begun yet.
  const openScope: number[] = []
  const openEnd: number[] = []
  const begunNode: number[] = []
  const begunScope: number[] = []
  /** First parameter of a method (string number), or -1. */
  const selfName = new IntList()

  const addScope = (module: number, node: number, parent: number, kind: number, name: number): number => {
    const id = scopeModule.length
    scopeModule.push(module)
    scopeNode.push(node)
    scopeParent.push(parent)
    scopeKind.push(kind)
    scopeName.push(name)
    selfName.push(-1)
    return id
  }

  for (let module = 0; module < trees.length; module++) {
    const tree = trees[module]!
    const { nodes, names, size } = tree
    firstCall[module] = callNode.length
    firstImport[module] = importNode.length
    firstRun[module] = runNode.length
    firstScope[module] = addScope(module, 0, -1, ScopeKind.Module, -1)
    openScope.length = 1
    openEnd.length = 1
    begunNode.length = 0
    begunScope.length = 0
    openScope[0] = firstScope[module]!
    openEnd[0] = size
    let current = openScope[0]!
    let currentEnd = size
    const firstBound = bound.length
    const rebound: Rebound[] = []
    runNode.push(0)
    runScope.push(current)
    for (let node = 1, word = NODE_WORDS; node < size; node++, word += NODE_WORDS) {
      if (node >= currentEnd) {
        do {
          openScope.pop()
          openEnd.pop()
          current = openScope[openScope.length - 1]!
          currentEnd = openEnd[openEnd.length - 1]!
        } while (node >= currentEnd)
        runNode.push(node)
        runScope.push(current)
      }
      const head = nodes[word]!
      switch (head & 127) {
        case Kind.FunctionDef: {
          const name = names[nodes[word + 4]!]!
          bound.add(current, name, node)
          begunNode.push(node)
          begunScope.push(addScope(module, node, current, ScopeKind.Function, name))
          break
        }
        case Kind.ClassDef: {
          const name = names[nodes[word + 4]!]!
          bound.add(current, name, node)
          begunNode.push(node)
          begunScope.push(addScope(module, node, current, ScopeKind.Class, name))
          break
        }
        case Kind.Lambda: {
          const scope = addScope(module, node, current, ScopeKind.Lambda, -1)
          begunNode.push(node)
          begunScope.push(scope)
          openScope.push(scope)
          openEnd.push(nodes[word + 2]!)
          current = scope
          currentEnd = nodes[word + 2]!
          runNode.push(node + 1)
          runScope.push(scope)
          break
        }
        case Kind.Body: {
          const parent = nodes[word + 3]!
          const kind = nodes[parent * NODE_WORDS]! & 127
          if (kind === Kind.FunctionDef || kind === Kind.ClassDef) {
            while (begunNode[begunNode.length - 1] !== parent) {
              begunNode.pop()
              begunScope.pop()
            }
            begunNode.pop()
            current = begunScope.pop()!
            currentEnd = nodes[word + 2]!
            openScope.push(current)
            openEnd.push(currentEnd)
            runNode.push(node + 1)
            runScope.push(current)
          }
          break
        }
        case Kind.Param: {
          const parent = nodes[word + 3]!
          let at = begunNode.length - 1
          while (at >= 0 && begunNode[at] !== parent) at--
          if (at < 0) break
          const scope = begunScope[at]!
          const name = names[nodes[word + 4]!]!
          bound.add(scope, name, node)
          const owner = scopeParent.at(scope)
          if (selfName.at(scope) === -1 && owner >= 0 && scopeKind.at(owner) === ScopeKind.Class)
            selfName.set(scope, name)
          break
        }
        case Kind.Name:
          if (((head >>> 7) & STORES) === 0) break
          if (((head >>> 7) & Flag.REBOUND) === 0) bound.add(current, names[nodes[word + 4]!]!, node)
          else rebound.push({ scope: current, name: names[nodes[word + 4]!]!, node })
          break
        case Kind.Attribute:
          if (((head >>> 7) & STORES) !== 0) {
            const name = names[nodes[word + 4]!]!
            const object = nodes[word + NODE_WORDS]!
            if ((object & 127) === Kind.Name) {
              // A closure inside a method may set the attribute too, so the enclosing functions are searched.
              const objectName = names[nodes[word + NODE_WORDS + 4]!]!
              let scope = current
              while (scope >= 0 && selfName.at(scope) !== objectName) scope = scopeParent.at(scope)
              if (scope >= 0) {
                selfSet.add(scopeParent.at(scope), name, node)
                break
              }
            }
            attributeSet.add(current, name, node)
          }
          break
        case Kind.Call:
          callNode.push(node)
          callScope.push(current)
          break
        case Kind.Import:
        case Kind.ImportFrom:
          importModule.push(module)
          importNode.push(node)
          importScope.push(current)
          break
        case Kind.Alias: {
          const parent = nodes[nodes[word + 3]! * NODE_WORDS]! & 127
          const name =
            parent === Kind.Global || parent === Kind.Nonlocal
              ? names[nodes[word + 4]!]!
              : aliasName(tree, node, parent === Kind.Import)
          if (name >= 0) bound.add(current, name, node)
          break
        }
        case Kind.Handler:
        case Kind.MatchAs:
        case Kind.MatchStar:
          if (nodes[word + 4] !== NO_VALUE) bound.add(current, names[nodes[word + 4]!]!, node)
          break
        case Kind.Return:
        case Kind.Yield:
        case Kind.YieldFrom:
          results.add(current, -1, node)
          break
      }
    }
    if (rebound.length > 0) bindToDeclarations(rebound, bound, firstBound, scopeParent, scopeKind)
  }
  firstScope[trees.length] = scopeModule.length
  firstCall[trees.length] = callNode.length
  firstImport[trees.length] = importNode.length
  firstRun[trees.length] = runNode.length
  const count = scopeModule.length
  const callScopes = callScope.toArray()
  return {
    trees,
    scopeCount: count,
    scopeModule: scopeModule.toArray(),
    scopeNode: scopeNode.toArray(),
    scopeParent: scopeParent.toArray(),
    scopeKind: Uint8Array.from(scopeKind.toArray()),
    scopeName: scopeName.toArray(),
    firstScope,
    firstCall,
    callNode: callNode.toArray(),
    callScope: callScopes,
    callsByScope: groupByOwner(callScopes, count),
    bindings: bound.group(count),
    selfStores: selfSet.group(count),
    attributeStores: attributeSet.group(count),
    results: results.group(count),
    importModule: importModule.toArray(),
    importNode: importNode.toArray(),
    importScope: importScope.toArray(),
    firstImport,
    firstRun,
    runNode: runNode.toArray(),
    runScope: runScope.toArray(),
  }
}

/** A name that is assigned without being declared there. */
interface Rebound {
  readonly scope: number
  readonly name: number
  readonly node: number
}

/** Gives assignments of one module to the scopes that declare their names; an unknown name is one of the module. */
function bindToDeclarations(
  rebound: readonly Rebound[],
  bound: Gathered,
  firstBound: number,
  scopeParent: IntList,
  scopeKind: IntList,
): void {
  const wanted = new Set(rebound.map(({ name }) => name))
  const declared = new Map<number, Set<number>>()
  for (let i = firstBound; i < bound.length; i++) {
    const name = bound.nameAt(i)
    if (!wanted.has(name)) continue
    const scopes = declared.get(name)
    if (scopes === undefined) declared.set(name, new Set([bound.ownerAt(i)]))
    else scopes.add(bound.ownerAt(i))
  }
  for (const { scope, name, node } of rebound) {
    let at = scope
    while (scopeParent.at(at) >= 0 && (scopeKind.at(at) === ScopeKind.Class || declared.get(name)?.has(at) !== true)) {
      at = scopeParent.at(at)
    }
    bound.add(at, name, node)
  }
}

/** Name that an import alias binds (string number): after `as`, else the first segment of `import a.b`; -1 for a star. */
function aliasName(tree: SyntaxTree, alias: number, isPlainImport: boolean): number {
  const as = tree.firstChild(alias)
  if (as >= 0) return tree.name(as)
  const text = tree.text(alias)
  if (text === '*') return -1
  const dot = isPlainImport ? text.indexOf('.') : -1
  return dot < 0 ? tree.name(alias) : tree.strings.id(text.slice(0, dot))
}

/** Triples of owner, name and node while they are gathered. */
class Gathered {
  readonly #owner = new IntList()
  readonly #name = new IntList()
  readonly #node = new IntList()

  add(owner: number, name: number, node: number): void {
    this.#owner.push(owner)
    this.#name.push(name)
    this.#node.push(node)
  }

  get length(): number {
    return this.#owner.length
  }

  ownerAt(item: number): number {
    return this.#owner.at(item)
  }

  nameAt(item: number): number {
    return this.#name.at(item)
  }

  group(ownerCount: number): Grouped {
    const { start, order } = groupByOwner(this.#owner.toArray(), ownerCount)
    const name = new Int32Array(order.length)
    const node = new Int32Array(order.length)
    for (let i = 0; i < order.length; i++) {
      name[i] = this.#name.at(order[i]!)
      node[i] = this.#node.at(order[i]!)
    }
    return { start, name, node }
  }
}
