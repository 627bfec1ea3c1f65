// Who runs whom: the arrows out of each body of code, found when first asked for.
import { Flag, Kind, NODE_WORDS } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { CallId, CallTarget, FunctionId } from '../contract.ts'
import { lastName } from '../inference/last-name.ts'
import type { TypeInference } from '../inference/type-inference.ts'
import { TypeKind } from '../inference/type-table.ts'
import { ScopeKind } from '../source-index.ts'
import { entryOfTarget, resolveCall } from './call-resolution.ts'

/** How a body runs another. */
export const ArrowKind = {
  /** Called; its body runs now, in the same thread. */
  Call: 0,
  /** A coroutine function called: its body runs on the event loop when awaited. */
  Coroutine: 1,
  /** Handed to a framework, a thread, a queue or a variable: it may run later, elsewhere. */
  Reference: 2,
  /** Run by the framework before the body: a dependency provider. */
  Dependency: 3,
} as const

/** An arrow out of a body. `node` is the place in the caller's module. */
export interface Arrow {
  readonly target: FunctionId
  readonly node: number
  readonly kind: number
  readonly sure: boolean
  /** Number of the call, -1 when it is no call (a property, a `with` block, a reference). */
  readonly call: CallId
}

const ITERATING = new Set(
  'list tuple set sorted sum min max any all next enumerate dict frozenset join map filter zip iter extend'.split(' '),
)

/** The arrows between bodies. */
export class CallGraph {
  readonly inference: TypeInference
  readonly #targets: (readonly CallTarget[] | undefined)[]
  readonly #shared = new Map<number, readonly CallTarget[]>()
  readonly #arrows: (readonly Arrow[] | undefined)[]
  /** By name (run-wide number): 1 when some property bears it. */
  readonly #propertyNames: Uint8Array
  /** By name: 1 when some function or import alias bears it. */
  readonly #functionNames: Uint8Array
  readonly #marks: (Marks | undefined)[]
  #incoming: (readonly { readonly from: FunctionId; readonly arrow: Arrow }[])[] | undefined

  constructor(inference: TypeInference) {
    this.inference = inference
    this.#targets = new Array(inference.index.callNode.length)
    this.#arrows = new Array(inference.index.scopeCount)
    this.#propertyNames = propertyNames(inference)
    this.#functionNames = functionNames(inference)
    this.#marks = new Array(inference.index.trees.length)
  }

  moduleOfCall(call: CallId): number {
    return this.inference.index.scopeModule[this.inference.index.callScope[call]!]!
  }

  /** Whether anybody has asked what a call reaches. */
  asked = false

  targets(call: CallId): readonly CallTarget[] {
    this.asked = true
    let targets = this.#targets[call]
    if (targets === undefined) {
      targets = resolveCall(this.inference, this.moduleOfCall(call), this.inference.index.callNode[call]!, this.#shared)
      this.#targets[call] = targets
    }
    return targets
  }

  /** Number of a call by its node, by binary search in its module; -1 when the node is no call. */
  callAt(module: number, node: number): CallId {
    const { firstCall, callNode } = this.inference.index
    let low = firstCall[module]!
    let high = firstCall[module + 1]! - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      if (callNode[middle]! < node) low = middle + 1
      else if (callNode[middle]! > node) high = middle - 1
      else return middle
    }
    return -1
  }

  /** Arrows out of a body, in source order. */
  arrows(fn: FunctionId): readonly Arrow[] {
    let arrows = this.#arrows[fn]
    if (arrows === undefined) {
      arrows = this.#find(fn)
      this.#arrows[fn] = arrows
    }
    return arrows
  }

  /** Arrows into a body. Finds every arrow of the program on first use. */
  incoming(fn: FunctionId): readonly { readonly from: FunctionId; readonly arrow: Arrow }[] {
    if (this.#incoming === undefined) {
      const into: { from: FunctionId; arrow: Arrow }[][] = Array.from(
        { length: this.inference.index.scopeCount },
        () => [],
      )
      for (let from = 0; from < into.length; from++) {
        for (const arrow of this.arrows(from)) into[arrow.target]!.push({ from, arrow })
      }
      this.#incoming = into
    }
    return this.#incoming[fn]!
  }

  #find(fn: FunctionId): readonly Arrow[] {
    const { index } = this.inference
    const module = index.scopeModule[fn]!
    const tree = index.trees[module]!
    const arrows: Arrow[] = []
    const { start, order } = index.callsByScope
    for (let i = start[fn]!; i < start[fn + 1]!; i++) this.#callArrows(module, tree, order[i]!, arrows)
    if (index.scopeKind[fn] !== ScopeKind.Module) this.#bodyArrows(fn, module, tree, arrows)
    for (const target of this.dependenciesOf(fn)) {
      arrows.push({ target, node: index.scopeNode[fn]!, call: -1, kind: ArrowKind.Dependency, sure: true })
    }
    return arrows.sort((a, b) => a.node - b.node)
  }

  #callArrows(module: number, tree: SyntaxTree, call: CallId, arrows: Arrow[]): void {
    const { inference } = this
    const node = inference.index.callNode[call]!
    for (const target of this.targets(call)) {
      if (target.function < 0) continue
      for (const body of this.bodiesOf(target.function)) {
        const kind = target.confidence === 'possible' ? ArrowKind.Reference : this.#kindOfCall(module, tree, node, body)
        arrows.push({ target: body, node, call, kind, sure: target.confidence === 'definite' })
      }
    }
    for (let at = tree.nextSibling(node + 1); at >= 0; at = tree.nextSibling(at)) {
      const value = tree.kind(at) === Kind.Keyword ? at + 1 : at
      const kind = tree.kind(value)
      // Only a name that some function or import bears can be a function; anything else is not worth a question.
      if (kind === Kind.Name || kind === Kind.Attribute) {
        if (this.#functionNames[tree.name(value)] !== 1) continue
      } else if (kind !== Kind.Lambda) continue
      const type = inference.typeOf(module, value)
      for (const member of inference.table.members(type)) {
        if (inference.table.kind[member] !== TypeKind.Function) continue
        arrows.push({
          target: inference.table.a[member]!,
          node: value,
          call: -1,
          kind: ArrowKind.Reference,
          sure: false,
        })
      }
    }
  }

  /** What runs when a function or class is called: the function, or the constructor's methods. */
  bodiesOf(target: FunctionId): readonly FunctionId[] {
    const { index, classes, names } = this.inference
    if (index.scopeKind[target] !== ScopeKind.Class) return [target]
    const found: FunctionId[] = []
    for (const name of ['__new__', '__init__', '__post_init__']) {
      const member = classes.find(target, this.inference.nameId(name))
      if (member === undefined || member.onInstance) continue
      const module = index.scopeModule[member.scope]!
      for (const node of member.nodes) {
        if (index.trees[module]!.kind(node) === Kind.FunctionDef) found.push(names.scopeAt(module, node))
      }
    }
    return found
  }

  #kindOfCall(module: number, tree: SyntaxTree, node: number, body: FunctionId): number {
    const { index } = this.inference
    const otherModule = index.scopeModule[body]!
    const other = index.trees[otherModule]!
    const definition = index.scopeNode[body]!
    // Flags of a Python lambda are never set.
    if (other.has(definition, Flag.ASYNC)) return ArrowKind.Coroutine
    if (other.kind(definition) !== Kind.FunctionDef) return ArrowKind.Call
    if (this.inference.results.isOffloading(body, otherModule, other, definition)) return ArrowKind.Reference
    // An awaited call of a decorated sync function: the decorator has made something else of it.
    if (!this.inference.isTypeScript && tree.isAwaited(node) && this.inference.functions.hasChangingDecorator(body))
      return ArrowKind.Reference
    if (other.has(definition, Flag.GENERATOR) && !this.#isIterated(module, tree, node, body)) return ArrowKind.Reference
    return ArrowKind.Call
  }

  /** Whether a call of a generator function also runs it: in a loop, a `with`, or an argument of list(), sum() … */
  #isIterated(module: number, tree: SyntaxTree, node: number, _body: FunctionId): boolean {
    const parent = tree.parent(node)
    switch (tree.kind(parent)) {
      case Kind.For:
      case Kind.Comprehension:
      case Kind.WithItem:
      case Kind.YieldFrom:
      case Kind.Starred:
        return true
      case Kind.Call:
        return ITERATING.has(lastName(tree, parent + 1))
      case Kind.Assign: {
        // `rows = load()` and a loop over `rows` in the same body.
        const target = tree.firstChild(parent)
        if (tree.kind(target) !== Kind.Name) return false
        const scope = this.inference.names.scopeOf(module, node)
        const name = tree.name(target)
        const last = tree.end(this.inference.index.scopeNode[scope]!)
        for (let at = tree.end(parent); at < last; at++) {
          if (tree.kind(at) !== Kind.Name || tree.name(at) !== name) continue
          const use = tree.kind(tree.parent(at))
          if (use === Kind.For || use === Kind.Comprehension) return true
        }
        return false
      }
      default:
        return false
    }
  }

  /** Places of a module that run code without a call: properties read, `with` blocks, definitions; by one raw pass. */
  #marksOf(module: number): Marks {
    let marks = this.#marks[module]
    if (marks !== undefined) return marks
    const { nodes, names, size } = this.inference.index.trees[module]!
    const found: number[] = []
    const properties = this.#propertyNames
    for (let node = 1, word = NODE_WORDS; node < size; node++, word += NODE_WORDS) {
      const head = nodes[word]!
      switch (head & 127) {
        case Kind.Attribute:
          // Flags STORE and DEL are the lowest two.
          if (((head >>> 7) & 3) === 0 && properties[names[nodes[word + 4]!]!] === 1) found.push(node)
          break
        case Kind.WithItem:
        case Kind.FunctionDef:
        case Kind.Lambda:
        case Kind.For:
        case Kind.Comprehension:
          found.push(node)
      }
    }
    marks = Int32Array.from(found)
    this.#marks[module] = marks
    return marks
  }

  /** Loops and comprehensions of a body, those of nested functions left out. */
  loopsIn(fn: FunctionId): number[] {
    const { index, names } = this.inference
    const module = index.scopeModule[fn]!
    const tree = index.trees[module]!
    const definition = index.scopeNode[fn]!
    const marks = this.#marksOf(module)
    const end = tree.end(definition)
    const found: number[] = []
    for (let i = firstFrom(marks, definition); i < marks.length && marks[i]! < end; i++) {
      const kind = tree.kind(marks[i]!)
      if (kind !== Kind.For && kind !== Kind.Comprehension) continue
      if (names.scopeOf(module, marks[i]!) === fn) found.push(marks[i]!)
    }
    return found
  }

  /** Properties that are read, `with` blocks over the project's own managers, functions defined inside. */
  #bodyArrows(fn: FunctionId, module: number, tree: SyntaxTree, arrows: Arrow[]): void {
    const { inference } = this
    const { table, names, index } = inference
    const definition = index.scopeNode[fn]!
    const marks = this.#marksOf(module)
    const end = tree.end(definition)
    for (let i = firstFrom(marks, definition + 1); i < marks.length && marks[i]! < end; i++) {
      const node = marks[i]!
      const kind = tree.kind(node)
      if (kind === Kind.For || kind === Kind.Comprehension) continue
      if (kind === Kind.FunctionDef || kind === Kind.Lambda) {
        const scope = names.scopeAt(module, node)
        if (index.scopeParent[scope] === fn)
          arrows.push({ target: scope, node, call: -1, kind: ArrowKind.Reference, sure: true })
        continue
      }
      if (names.scopeOf(module, node) !== fn) continue
      if (kind === Kind.Attribute) {
        const object = inference.typeOf(module, node + 1)
        if (object === 0) continue
        for (const member of table.members(object)) {
          if (table.kind[member] !== TypeKind.Instance) continue
          const property = this.#propertyOf(table.a[member]!, tree.name(node))
          if (property >= 0) arrows.push({ target: property, node, call: -1, kind: ArrowKind.Call, sure: false })
        }
        continue
      }
      const isAsync = tree.has(tree.parent(node), Flag.ASYNC)
      for (const member of table.members(inference.typeOf(module, node + 1))) {
        if (table.kind[member] !== TypeKind.Instance) continue
        for (const text of isAsync ? ['__aenter__', '__aexit__'] : ['__enter__', '__exit__']) {
          const found = inference.memberOf(module, member, inference.nameId(text), text)
          if (table.kind[found] !== TypeKind.Function) continue
          const kindOf = isAsync ? ArrowKind.Coroutine : ArrowKind.Call
          arrows.push({ target: table.a[found]!, node: node + 1, call: -1, kind: kindOf, sure: false })
        }
      }
    }
  }

  #propertyOf(classScope: number, name: number): FunctionId {
    const { classes, index, names } = this.inference
    const member = classes.find(classScope, name)
    if (member === undefined || member.onInstance) return -1
    const module = index.scopeModule[member.scope]!
    for (const node of member.nodes) {
      if (index.trees[module]!.kind(node) !== Kind.FunctionDef) continue
      const scope = names.scopeAt(module, node)
      if (this.inference.functions.isProperty(scope)) return scope
    }
    return -1
  }

  /** Providers named in a function's parameters: the framework runs them before the body. */
  dependenciesOf(fn: FunctionId): readonly FunctionId[] {
    const { index } = this.inference
    const module = index.scopeModule[fn]!
    const tree = index.trees[module]!
    const definition = index.scopeNode[fn]!
    if (tree.kind(definition) !== Kind.FunctionDef) return []
    const found: FunctionId[] = []
    for (let at = tree.firstChild(definition); at >= 0 && tree.kind(at) !== Kind.Body; at = tree.nextSibling(at)) {
      if (tree.kind(at) === Kind.Param && tree.end(at) > at + 1)
        found.push(...this.providersIn(module, at, tree.end(at)))
    }
    return found
  }

  /** Functions that `Depends(…)` names between two nodes of a module, following annotation aliases. */
  providersIn(module: number, from: number, to: number): readonly FunctionId[] {
    const { inference } = this
    const tree = inference.index.trees[module]!
    const found: FunctionId[] = []
    for (let node = from; node < to; node++) {
      const kind = tree.kind(node)
      if (kind === Kind.Call) {
        const provider = inference.dependencies.providerOf(module, tree, node)
        if (provider >= 0) this.#addProvider(module, provider, found)
      } else if (kind === Kind.Name && tree.kind(tree.parent(node)) === Kind.Param && !isDefault(tree, node)) {
        const place = inference.definitionOf(module, node)
        if (place === undefined) continue
        const other = inference.index.trees[place.module]!
        const statement = other.parent(place.node)
        if (other.kind(place.node) !== Kind.Name) continue
        if (other.kind(statement) !== Kind.Assign && other.kind(statement) !== Kind.TypeAlias) continue
        if (place.module === module && statement <= node && node < other.end(statement)) continue
        for (let at = statement; at < other.end(statement); at++) {
          const provider = inference.dependencies.providerOf(place.module, other, at)
          if (provider >= 0) this.#addProvider(place.module, provider, found)
        }
      }
    }
    return found
  }

  #addProvider(module: number, provider: number, found: FunctionId[]): void {
    const { inference } = this
    for (const member of inference.table.members(inference.typeOf(module, provider))) {
      const kind = inference.table.kind[member]
      if (kind === TypeKind.Function) found.push(inference.table.a[member]!)
      else if (kind === TypeKind.Class) found.push(...this.bodiesOf(inference.table.a[member]!))
      else if (kind === TypeKind.Instance) {
        const call = inference.memberOf(module, member, inference.nameId('__call__'), '__call__')
        if (inference.table.kind[call] === TypeKind.Function) found.push(inference.table.a[call]!)
      }
    }
  }

  /** Whether a call hands functions to a thread, a process or a queue. */
  isOffload(call: CallId): boolean {
    return this.targets(call).some(
      (t) => t.external !== '' && entryOfTarget(this.inference, t.external)?.offloads === true,
    )
  }
}

function isDefault(tree: SyntaxTree, node: number): boolean {
  const parameter = tree.parent(node)
  return tree.has(parameter, Flag.HAS_DEFAULT) && tree.lastChild(parameter) === node
}

/** Nodes of interest of one module, ascending. */
type Marks = Int32Array

/** First place in an ascending list whose value is at least `from`. */
function firstFrom(list: Int32Array, from: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (list[middle]! < from) low = middle + 1
    else high = middle
  }
  return low
}

function propertyNames(inference: TypeInference): Uint8Array {
  const { index } = inference
  const names = new Uint8Array(index.trees[0]?.strings.size ?? 0)
  for (let scope = 0; scope < index.scopeCount; scope++) {
    if (
      index.scopeKind[scope] === ScopeKind.Function &&
      inference.ownerOf(scope) >= 0 &&
      inference.functions.isProperty(scope)
    ) {
      names[index.scopeName[scope]!] = 1
    }
  }
  return names
}

function functionNames(inference: TypeInference): Uint8Array {
  const { index } = inference
  const names = new Uint8Array(index.trees[0]?.strings.size ?? 0)
  for (let scope = 0; scope < index.scopeCount; scope++) {
    if (index.scopeKind[scope] === ScopeKind.Function) names[index.scopeName[scope]!] = 1
  }
  const { name, node, start } = index.bindings
  for (let scope = 0; scope < index.scopeCount; scope++) {
    const tree = index.trees[index.scopeModule[scope]!]!
    for (let i = start[scope]!; i < start[scope + 1]!; i++) {
      const kind = tree.kind(node[i]!)
      if (kind === Kind.Alias) names[name[i]!] = 1
    }
  }
  return names
}
