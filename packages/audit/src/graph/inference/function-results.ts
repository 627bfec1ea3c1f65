// What calling a function of the project gives, with its async, generator and decorator nature applied.
import { Flag, Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import { decoratorsOf, PLAIN_DECORATORS } from './function-traits.ts'
import { lastName } from './last-name.ts'
import type { TypeInference } from './type-inference.ts'
import { type TypeId, TypeKind, UNKNOWN } from './type-table.ts'

const NOT_ASKED = -1
const IN_PROGRESS = -2
/** Results of one function that are looked at. */
const MAX_RESULTS = 12

const CONTEXT_DECORATORS = new Set(['contextmanager', 'asynccontextmanager'])

/** Results of functions; remembers each. */
export class FunctionResults {
  readonly #types: TypeInference
  readonly #known: Int32Array
  readonly #offloading = new Map<number, boolean>()

  constructor(types: TypeInference) {
    this.#types = types
    this.#known = new Int32Array(types.index.scopeCount).fill(NOT_ASKED)
  }

  /** What calling a function gives. */
  of(scope: number): TypeId {
    const { questions } = this.#types
    const known = this.#known[scope]!
    if (known >= 0) return known
    if (known === IN_PROGRESS || questions.isTooDeep) {
      questions.circles++
      return UNKNOWN
    }
    this.#known[scope] = IN_PROGRESS
    questions.enter()
    const result = this.#infer(scope)
    questions.leave()
    this.#known[scope] = result
    return result
  }

  /** A method that gives back its own class gives the receiver's class. */
  received(scope: number, result: TypeId, receiver: TypeId): TypeId {
    const { table, functions } = this.#types
    if (receiver === UNKNOWN || result === UNKNOWN) return result
    const owner = functions.ownerOf(scope)
    if (owner < 0 || table.kind[result] !== TypeKind.Instance || table.a[result] !== owner) return result
    const kind = table.kind[receiver]
    if (kind === TypeKind.Instance) return table.a[receiver] === owner ? result : receiver
    return kind === TypeKind.Class ? table.make(TypeKind.Instance, table.a[receiver]!) : result
  }

  #infer(scope: number): TypeId {
    const { index } = this.#types
    const module = index.scopeModule[scope]!
    const tree = index.trees[module]!
    const definition = index.scopeNode[scope]!
    return tree.kind(definition) === Kind.Lambda
      ? this.#ofLambda(scope, module, tree, definition)
      : this.#ofDefinition(scope, module, tree, definition)
  }

  #ofLambda(scope: number, module: number, tree: SyntaxTree, definition: number): TypeId {
    const { table, shapes } = this.#types
    const last = tree.lastChild(definition)
    const hasBody = tree.kind(last) === Kind.Body
    const value = hasBody ? this.#returned(scope, module, tree) : this.#types.typeOf(module, last)
    return tree.has(definition, Flag.ASYNC) ? table.wrap(TypeKind.Awaitable, shapes.awaitedOrSelf(value)) : value
  }

  #ofDefinition(scope: number, module: number, tree: SyntaxTree, definition: number): TypeId {
    const { table, dialect } = this.#types
    const isAsync = tree.has(definition, Flag.ASYNC)
    const isGenerator = tree.has(definition, Flag.GENERATOR)
    const result = isGenerator
      ? this.#generated(scope, module, tree, definition, isAsync)
      : this.#declaredOrReturned(scope, module, tree, definition)
    const whole = isAsync && !isGenerator ? table.wrap(TypeKind.Awaitable, dialect.settled(result)) : result
    return this.#decorated(scope, module, tree, definition, whole)
  }

  #declared(module: number, tree: SyntaxTree, definition: number): TypeId {
    const returns = tree.childOf(definition, Kind.Returns)
    return returns < 0 ? UNKNOWN : this.#types.annotations.declared(module, returns + 1)
  }

  #declaredOrReturned(scope: number, module: number, tree: SyntaxTree, definition: number): TypeId {
    const declared = this.#declared(module, tree, definition)
    return declared === UNKNOWN ? this.#returned(scope, module, tree) : declared
  }

  #isStream(type: TypeId): boolean {
    const kind = this.#types.table.kind[type]
    return kind === TypeKind.Iterator || kind === TypeKind.AsyncIterator
  }

  /** A generator gives what it declares, or a stream of what it yields. */
  #generated(scope: number, module: number, tree: SyntaxTree, definition: number, isAsync: boolean): TypeId {
    const { table } = this.#types
    const declared = this.#declared(module, tree, definition)
    const isStream = this.#isStream(declared)
    if (declared !== UNKNOWN && !isStream) return table.wrap(TypeKind.Iterator, declared)
    if (isStream && table.a[declared] !== UNKNOWN) return declared
    return table.wrap(isAsync ? TypeKind.AsyncIterator : TypeKind.Iterator, this.#yielded(scope, module, tree))
  }

  #returned(scope: number, module: number, tree: SyntaxTree): TypeId {
    const { start, node } = this.#types.index.results
    const found: TypeId[] = []
    for (let i = start[scope]!; i < start[scope + 1]! && found.length < MAX_RESULTS; i++) {
      const value = tree.firstChild(node[i]!)
      if (value >= 0 && tree.kind(node[i]!) === Kind.Return) found.push(this.#types.typeOf(module, value))
    }
    return this.#types.table.union(found)
  }

  #yielded(scope: number, module: number, tree: SyntaxTree): TypeId {
    const { start, node } = this.#types.index.results
    const found: TypeId[] = []
    for (let i = start[scope]!; i < start[scope + 1]! && found.length < MAX_RESULTS; i++) {
      const kind = tree.kind(node[i]!)
      const value = tree.firstChild(node[i]!)
      if (value < 0) continue
      if (kind === Kind.Yield) found.push(this.#types.typeOf(module, value))
      else if (kind === Kind.YieldFrom) {
        found.push(this.#types.shapes.element(module, this.#types.typeOf(module, value), false))
      }
    }
    return this.#types.table.union(found)
  }

  #decorated(scope: number, module: number, tree: SyntaxTree, definition: number, result: TypeId): TypeId {
    const { table } = this.#types
    let decorated = result
    for (const decorator of decoratorsOf(tree, definition)) {
      if (CONTEXT_DECORATORS.has(lastName(tree, decorator)) && this.#isStream(decorated)) {
        decorated = table.wrap(TypeKind.Context, table.a[decorated]!)
      }
    }
    if (this.isOffloading(scope, module, tree, definition) && table.kind[decorated] !== TypeKind.Awaitable) {
      decorated = table.wrap(TypeKind.Awaitable, decorated)
    }
    return decorated
  }

  /** Whether a decorator turns a sync function into one that runs elsewhere: `@sync_to_async`, or a project's own. */
  isOffloading(scope: number, module: number, tree: SyntaxTree, definition: number): boolean {
    const known = this.#offloading.get(scope)
    if (known !== undefined) return known
    this.#offloading.set(scope, false)
    let offloads = false
    if (!tree.has(definition, Flag.ASYNC)) {
      for (const decorator of decoratorsOf(tree, definition)) {
        if (PLAIN_DECORATORS.has(lastName(tree, decorator))) continue
        const isCall = tree.kind(decorator) === Kind.Call
        const type = this.#types.typeOf(module, isCall ? decorator + 1 : decorator)
        if (this.#turnsAsync(type, isCall)) offloads = true
      }
    }
    this.#offloading.set(scope, offloads)
    return offloads
  }

  /** A decorator that gives back an async function, so that the decorated sync one is called from inside it. */
  #turnsAsync(decorator: TypeId, isFactory: boolean): boolean {
    const { table, index, libraryTypes } = this.#types
    if (table.kind[decorator] === TypeKind.Outside) {
      return libraryTypes.entryOf(table.outsideName(table.a[decorator]!))?.offloads ?? false
    }
    if (table.kind[decorator] !== TypeKind.Function) return false
    let result = this.of(table.a[decorator]!)
    if (isFactory && table.kind[result] === TypeKind.Function) result = this.of(table.a[result]!)
    if (table.kind[result] !== TypeKind.Function) return false
    const scope = table.a[result]!
    const tree = index.trees[index.scopeModule[scope]!]!
    const definition = index.scopeNode[scope]!
    return tree.has(definition, Flag.ASYNC) && tree.kind(definition) === Kind.FunctionDef
  }
}
