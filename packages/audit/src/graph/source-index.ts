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
  /** Last name of what is called (`execute` of `cursor.execute()`), or -1: what most questions about all calls begin with. */
  readonly callName: Int32Array
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

/** Reads every tree once. Linear in nodes; needs no recursion. */
export function indexSources(trees: readonly SyntaxTree[]): SourceIndex {
  const pass = new IndexingPass(trees)
  for (let module = 0; module < trees.length; module++) pass.read(module)
  return pass.finish()
}

/** A name that is assigned without being declared there. */
interface Rebound {
  readonly scope: number
  readonly name: number
  readonly node: number
}

/** Numbers of scopes as they are found. */
class ScopeList {
  readonly module = new IntList()
  readonly node = new IntList()
  readonly parent = new IntList()
  readonly kind = new IntList()
  readonly name = new IntList()
  /** First parameter of a method (string number), or -1. */
  readonly selfName = new IntList()

  add(module: number, node: number, parent: number, kind: number, name: number): number {
    const id = this.module.length
    this.module.push(module)
    this.node.push(node)
    this.parent.push(parent)
    this.kind.push(kind)
    this.name.push(name)
    this.selfName.push(-1)
    return id
  }
}

/** The pass: what has been gathered so far, and where it stands in the tree that is being read. */
class IndexingPass {
  readonly #trees: readonly SyntaxTree[]
  readonly #scopes = new ScopeList()
  readonly #callNode = new IntList(4096)
  readonly #callScope = new IntList(4096)
  readonly #callName = new IntList(4096)
  readonly #bound = new Gathered()
  readonly #selfSet = new Gathered()
  readonly #attributeSet = new Gathered()
  readonly #results = new Gathered()
  readonly #importModule = new IntList()
  readonly #importNode = new IntList()
  readonly #importScope = new IntList()
  readonly #runNode = new IntList()
  readonly #runScope = new IntList()
  readonly #firstImport: Int32Array
  readonly #firstRun: Int32Array
  readonly #firstScope: Int32Array
  readonly #firstCall: Int32Array

  // The tree that is being read.
  #module = 0
  #nodes: Int32Array = new Int32Array(0)
  #names: Int32Array = new Int32Array(0)
  /** The innermost body around the node, and where it ends. */
  #current = 0
  #currentEnd = 0
  /** The bodies around the node, innermost last. */
  readonly #openScope: number[] = []
  readonly #openEnd: number[] = []
  /** Definitions whose body has not begun yet. */
  readonly #begunNode: number[] = []
  readonly #begunScope: number[] = []
  #rebound: Rebound[] = []

  constructor(trees: readonly SyntaxTree[]) {
    this.#trees = trees
    this.#firstImport = new Int32Array(trees.length + 1)
    this.#firstRun = new Int32Array(trees.length + 1)
    this.#firstScope = new Int32Array(trees.length + 1)
    this.#firstCall = new Int32Array(trees.length + 1)
  }

  /** Reads the tree of a module; modules come in order. */
  read(module: number): void {
    const firstBound = this.#bound.length
    this.#begin(module)
    const { size } = this.#trees[module]!
    const nodes = this.#nodes
    for (let node = 1, word = NODE_WORDS; node < size; node++, word += NODE_WORDS) {
      if (node >= this.#currentEnd) this.#leaveBodies(node)
      this.#readNode(node, word, nodes[word]!)
    }
    if (this.#rebound.length > 0) bindToDeclarations(this.#rebound, this.#bound, firstBound, this.#scopes)
  }

  #begin(module: number): void {
    const { nodes, names, size } = this.#trees[module]!
    this.#module = module
    this.#nodes = nodes
    this.#names = names
    this.#mark(module)
    this.#current = this.#scopes.add(module, 0, -1, ScopeKind.Module, -1)
    this.#currentEnd = size
    this.#openScope.length = 0
    this.#openEnd.length = 0
    this.#begunNode.length = 0
    this.#begunScope.length = 0
    this.#rebound = []
    this.#openBody(this.#current, size, 0)
  }

  /** Notes where the items of a module begin, which is where those of the module before it end. */
  #mark(module: number): void {
    this.#firstCall[module] = this.#callNode.length
    this.#firstImport[module] = this.#importNode.length
    this.#firstRun[module] = this.#runNode.length
    this.#firstScope[module] = this.#scopes.module.length
  }

  #readNode(node: number, word: number, head: number): void {
    switch (head & 127) {
      case Kind.FunctionDef:
        this.#define(node, word, ScopeKind.Function)
        break
      case Kind.ClassDef:
        this.#define(node, word, ScopeKind.Class)
        break
      case Kind.Lambda:
        this.#lambda(node, word)
        break
      case Kind.Body:
        this.#body(node, word)
        break
      case Kind.Param:
        this.#parameter(node, word)
        break
      case Kind.Name:
        if (((head >>> 7) & Flag.STORE) !== 0) this.#storeName(node, word, head)
        break
      case Kind.Attribute:
        if (((head >>> 7) & Flag.STORE) !== 0) this.#storeAttribute(node, word)
        break
      case Kind.Call:
        this.#call(node, word + NODE_WORDS)
        break
      case Kind.Import:
      case Kind.ImportFrom:
        this.#importModule.push(this.#module)
        this.#importNode.push(node)
        this.#importScope.push(this.#current)
        break
      case Kind.Alias:
        this.#alias(node, word)
        break
      case Kind.Handler:
      case Kind.MatchAs:
      case Kind.MatchStar:
        if (this.#nodes[word + 4] !== NO_VALUE) this.#bound.add(this.#current, this.#nameAt(word), node)
        break
      case Kind.Return:
      case Kind.Yield:
      case Kind.YieldFrom:
        this.#results.add(this.#current, -1, node)
        break
    }
  }

  #call(node: number, callee: number): void {
    const kind = this.#nodes[callee]! & 127
    this.#callNode.push(node)
    this.#callScope.push(this.#current)
    this.#callName.push(kind === Kind.Name || kind === Kind.Attribute ? this.#nameAt(callee) : -1)
  }

  #nameAt(word: number): number {
    return this.#names[this.#nodes[word + 4]!]!
  }

  #openBody(scope: number, end: number, firstNode: number): void {
    this.#openScope.push(scope)
    this.#openEnd.push(end)
    this.#current = scope
    this.#currentEnd = end
    this.#runNode.push(firstNode)
    this.#runScope.push(scope)
  }

  #leaveBodies(node: number): void {
    do {
      this.#openScope.pop()
      this.#openEnd.pop()
      this.#current = this.#openScope[this.#openScope.length - 1]!
      this.#currentEnd = this.#openEnd[this.#openEnd.length - 1]!
    } while (node >= this.#currentEnd)
    this.#runNode.push(node)
    this.#runScope.push(this.#current)
  }

  #define(node: number, word: number, kind: number): void {
    const name = this.#nameAt(word)
    this.#bound.add(this.#current, name, node)
    this.#begunNode.push(node)
    this.#begunScope.push(this.#scopes.add(this.#module, node, this.#current, kind, name))
  }

  /** A lambda has no Body of its own unless it is one of TypeScript: its parameters and its value lie in it. */
  #lambda(node: number, word: number): void {
    const scope = this.#scopes.add(this.#module, node, this.#current, ScopeKind.Lambda, -1)
    this.#begunNode.push(node)
    this.#begunScope.push(scope)
    this.#openBody(scope, this.#nodes[word + 2]!, node + 1)
  }

  #body(node: number, word: number): void {
    const parent = this.#nodes[word + 3]!
    const kind = this.#nodes[parent * NODE_WORDS]! & 127
    if (kind !== Kind.FunctionDef && kind !== Kind.ClassDef) return
    while (this.#begunNode[this.#begunNode.length - 1] !== parent) {
      this.#begunNode.pop()
      this.#begunScope.pop()
    }
    this.#begunNode.pop()
    this.#openBody(this.#begunScope.pop()!, this.#nodes[word + 2]!, node + 1)
  }

  #parameter(node: number, word: number): void {
    const parent = this.#nodes[word + 3]!
    const at = this.#begunNode.lastIndexOf(parent)
    if (at < 0) return
    const { parent: parents, kind, selfName } = this.#scopes
    const scope = this.#begunScope[at]!
    const name = this.#nameAt(word)
    this.#bound.add(scope, name, node)
    const owner = parents.at(scope)
    if (selfName.at(scope) === -1 && owner >= 0 && kind.at(owner) === ScopeKind.Class) selfName.set(scope, name)
  }

  #storeName(node: number, word: number, head: number): void {
    const name = this.#nameAt(word)
    if (((head >>> 7) & Flag.REBOUND) === 0) this.#bound.add(this.#current, name, node)
    else this.#rebound.push({ scope: this.#current, name, node })
  }

  #storeAttribute(node: number, word: number): void {
    const name = this.#nameAt(word)
    const object = word + NODE_WORDS
    const { parent, selfName } = this.#scopes
    if ((this.#nodes[object]! & 127) === Kind.Name) {
      // A closure inside a method may set the attribute too, so the enclosing functions are searched.
      const objectName = this.#nameAt(object)
      let scope = this.#current
      while (scope >= 0 && selfName.at(scope) !== objectName) scope = parent.at(scope)
      if (scope >= 0) {
        this.#selfSet.add(parent.at(scope), name, node)
        return
      }
    }
    this.#attributeSet.add(this.#current, name, node)
  }

  #alias(node: number, word: number): void {
    const statement = this.#nodes[this.#nodes[word + 3]! * NODE_WORDS]! & 127
    const name =
      statement === Kind.Global || statement === Kind.Nonlocal
        ? this.#nameAt(word)
        : aliasName(this.#trees[this.#module]!, node, statement === Kind.Import)
    if (name >= 0) this.#bound.add(this.#current, name, node)
  }

  /** Everything in its final form. */
  finish(): SourceIndex {
    this.#mark(this.#trees.length)
    const { module, node, parent, kind, name } = this.#scopes
    const count = module.length
    const callScope = this.#callScope.toArray()
    return {
      trees: this.#trees,
      scopeCount: count,
      scopeModule: module.toArray(),
      scopeNode: node.toArray(),
      scopeParent: parent.toArray(),
      scopeKind: Uint8Array.from(kind.toArray()),
      scopeName: name.toArray(),
      firstScope: this.#firstScope,
      firstCall: this.#firstCall,
      callNode: this.#callNode.toArray(),
      callScope,
      callName: this.#callName.toArray(),
      callsByScope: groupByOwner(callScope, count),
      bindings: this.#bound.group(count),
      selfStores: this.#selfSet.group(count),
      attributeStores: this.#attributeSet.group(count),
      results: this.#results.group(count),
      importModule: this.#importModule.toArray(),
      importNode: this.#importNode.toArray(),
      importScope: this.#importScope.toArray(),
      firstImport: this.#firstImport,
      firstRun: this.#firstRun,
      runNode: this.#runNode.toArray(),
      runScope: this.#runScope.toArray(),
    }
  }
}

/** Gives assignments of one module to the scopes that declare their names; an unknown name is one of the module. */
function bindToDeclarations(
  rebound: readonly Rebound[],
  bound: Gathered,
  firstBound: number,
  { parent, kind }: ScopeList,
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
    while (parent.at(at) >= 0 && (kind.at(at) === ScopeKind.Class || declared.get(name)?.has(at) !== true)) {
      at = parent.at(at)
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
