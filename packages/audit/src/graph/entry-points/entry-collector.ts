// Gathers the functions that frameworks call, once each per way of being called.
import { Flag, Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { CallGraph } from '../calls/call-graph.ts'
import type { EntryKind, EntryPoint, FunctionId } from '../contract.ts'
import type { TypeInference } from '../inference/type-inference.ts'
import { type TypeId, TypeKind } from '../inference/type-table.ts'

/** Frameworks whose async handlers share one event loop per process. */
const ON_LOOP = new Set([
  'socketio',
  'fastapi',
  'starlette',
  'aiohttp',
  'sanic',
  'quart',
  'litestar',
  'django',
  'ninja',
  'channels',
  'asyncio',
  'apscheduler',
  'twisted',
  'strawberry',
  'ariadne',
])

/** A place that registers a handler that leads nowhere. */
export interface LostRoute {
  readonly module: number
  readonly line: number
  readonly label: string
}

/** What a finder of entry points writes to and asks. */
export class EntryCollector {
  readonly graph: CallGraph
  readonly inference: TypeInference
  readonly entries: EntryPoint[] = []
  /** Routes by the definition node of the router they hang on: `module:node`. */
  readonly routesOf = new Map<string, FunctionId[]>()
  /** Extra arrows that frameworks make: a route runs a dependency that only its router names. */
  readonly extra: { readonly from: FunctionId; readonly to: FunctionId }[] = []
  /** Registrations of routes whose handler could not be followed. */
  readonly lost: LostRoute[] = []
  readonly #seen = new Set<string>()

  constructor(graph: CallGraph) {
    this.graph = graph
    this.inference = graph.inference
  }

  add(kind: EntryKind, framework: string, fn: FunctionId, label: string, module: number, node: number): void {
    const { index } = this.inference
    const tree = index.trees[module]!
    const key = `${kind} ${fn} ${label}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    // Node has one loop a process, for async and plain functions alike.
    const onEventLoop =
      (this.inference.isTypeScript || (this.isAsync(fn) && ON_LOOP.has(framework))) && kind !== 'command'
    this.entries.push({
      kind,
      framework,
      function: fn,
      label,
      place: { path: tree.path, line: tree.line(node) },
      onEventLoop,
    })
  }

  /** Notes a registration that led nowhere, so that the audit can say what it did not see. */
  lose(label: string, module: number, node: number): void {
    const line = this.inference.index.trees[module]!.line(node)
    const key = `lost ${module} ${line} ${label}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.lost.push({ module, line, label })
  }

  isAsync(fn: FunctionId): boolean {
    const { index } = this.inference
    const tree = index.trees[index.scopeModule[fn]!]!
    const definition = index.scopeNode[fn]!
    return tree.kind(definition) === Kind.FunctionDef && tree.has(definition, Flag.ASYNC)
  }

  /** Functions that an expression stands for: a function, a bound method, a partial's function, or nothing. */
  functionsOf(module: number, node: number): readonly FunctionId[] {
    const { table } = this.inference
    const found: FunctionId[] = []
    for (const member of table.members(this.inference.typeOf(module, node))) {
      if (table.kind[member] === TypeKind.Function) found.push(table.a[member]!)
    }
    return found
  }

  /** True when an expression is a thing of a library: what it does is no code of the project. */
  isOutside(module: number, node: number): boolean {
    const { table } = this.inference
    const members = table.members(this.inference.typeOf(module, node))
    return members.some((type) => {
      const kind = table.kind[type]
      return kind === TypeKind.Outside || kind === TypeKind.OutsideInstance || kind === TypeKind.OutsideMethod
    })
  }

  /** Classes that an expression names. */
  classesOf(module: number, node: number): readonly number[] {
    const { table } = this.inference
    return table
      .members(this.inference.typeOf(module, node))
      .filter((type) => table.kind[type] === TypeKind.Class)
      .map((type) => table.a[type]!)
  }

  /** A method of a class or of its bases in the project, or -1. */
  method(classScope: number, name: string): FunctionId {
    const { index, classes, names } = this.inference
    const member = classes.find(classScope, this.inference.nameId(name))
    if (member === undefined || member.onInstance) return -1
    const module = index.scopeModule[member.scope]!
    for (const node of member.nodes)
      if (index.trees[module]!.kind(node) === Kind.FunctionDef) return names.scopeAt(module, node)
    return -1
  }

  /** Library names that describe what an object is: its class, or the library ancestors of its class. */
  kindsOf(type: TypeId): readonly string[] {
    const { table, classes } = this.inference
    const found: string[] = []
    for (const member of table.members(type)) {
      if (table.kind[member] === TypeKind.OutsideInstance || table.kind[member] === TypeKind.Outside) {
        found.push(table.outsideName(table.a[member]!))
      } else if (table.kind[member] === TypeKind.Instance || table.kind[member] === TypeKind.Class) {
        for (const ancestor of classes.ancestors(table.a[member]!)) if (ancestor.scope < 0) found.push(ancestor.outside)
      }
    }
    return found
  }

  /** Text of the first argument or of a keyword of a call when it is a constant string, else ''. */
  textArgument(tree: SyntaxTree, module: number, call: number, place: number, keyword: string): string {
    let at = this.inference.argumentOf(module, call, -1, keyword)
    if (at < 0) at = this.inference.argumentOf(module, call, place, '')
    return at >= 0 && tree.kind(at) === Kind.String && tree.value(at) >= 0 ? tree.text(at) : ''
  }
}
