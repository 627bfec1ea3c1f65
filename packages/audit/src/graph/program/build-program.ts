// Puts the program together: index, modules, imports, calls, entry points and reach, each computed when asked.
import type { Manifests } from '../../extract/manifests/contract.ts'
import { Flag, Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import { CallGraph } from '../calls/call-graph.ts'
import { costOf } from '../calls/call-resolution.ts'
import type { CallId, CallInfo, FunctionId, FunctionInfo, ImportGraph, Module, ModuleId, Program } from '../contract.ts'
import { divideIntoPackages } from '../imports/domain-packages.ts'
import { buildImportGraph } from '../imports/import-graph.ts'
import { type ModuleMap, mapModules } from '../imports/module-map.ts'
import { mapTypeScriptModules } from '../imports/typescript-module-map.ts'
import { TypeInference } from '../inference/type-inference.ts'
import { type TypeId, TypeKind } from '../inference/type-table.ts'
import { indexLibraries, LIBRARIES, NODE_LIBRARIES } from '../libraries/library-index.ts'
import { indexSources, ScopeKind, type SourceIndex } from '../source-index.ts'
import { type Entries, findEntryPoints } from './find-entry-points.ts'
import { ReachIndex } from './reach.ts'

/** What is needed besides the trees to see where imports of TypeScript lead. */
export interface TypeScriptSurroundings {
  /** Every file of the audited tree. */
  readonly paths: readonly string[]
  readonly manifests: Manifests
}

/**
 * Builds the program of trees of one language, in the order in which they come (sort them by path: reports follow it).
 * With surroundings the trees are TypeScript and JavaScript, without they are Python.
 */
export function buildProgram(trees: readonly SyntaxTree[], around?: TypeScriptSurroundings): AnalysedProgram {
  return new AnalysedProgram(trees, around)
}

/** A program with the parts that this package's own rules use beyond the contract. */
export class AnalysedProgram implements Program {
  readonly index: SourceIndex
  readonly inference: TypeInference
  readonly graph: CallGraph
  readonly packages: Program['packages']
  #modules: readonly Module[]
  #imports: ImportGraph | undefined
  #entries: Entries | undefined
  #reach: ReachIndex | undefined
  #coverage: Program['coverage'] | undefined

  constructor(trees: readonly SyntaxTree[], around?: TypeScriptSurroundings) {
    this.index = indexSources(trees)
    const own = trees.map((tree) => tree.path)
    const map = around === undefined ? mapModules(own) : mapTypeScriptModules(own, around.paths, around.manifests)
    this.inference = new TypeInference(
      this.index,
      map,
      indexLibraries(around === undefined ? LIBRARIES : NODE_LIBRARIES),
    )
    this.graph = new CallGraph(this.inference)
    const roles = map.language === 'python' ? productTests(map, () => this.imports) : map.roles
    const { packages, of } = divideIntoPackages({ ...map, roles })
    this.packages = packages
    this.#modules = trees.map((tree, id) => ({
      id,
      path: tree.path,
      name: map.names[id]!,
      domain: of[id]!,
      role: roles[id]!,
      isPackage: map.isPackage[id]!,
    }))
  }

  get modules(): readonly Module[] {
    return this.#modules
  }

  /** Says what modules are for when more is known than their paths tell. Before any rule has looked. */
  setRoles(roles: ReadonlyMap<ModuleId, Module['role']>): void {
    if (roles.size === 0) return
    this.#modules = this.#modules.map((module) => ({ ...module, role: roles.get(module.id) ?? module.role }))
  }

  get imports(): ImportGraph {
    this.#imports ??= buildImportGraph(this.index, this.inference.modules)
    return this.#imports
  }

  get entries(): Program['entries'] {
    return this.#found().entries
  }

  /** Registrations of routes that lead nowhere. */
  get lostRoutes(): Entries['lost'] {
    return this.#found().lost
  }

  #found(): Entries {
    this.#entries ??= findEntryPoints(this.graph)
    return this.#entries
  }

  get reach(): ReachIndex {
    this.#reach ??= new ReachIndex(this.graph, this.#found())
    return this.#reach
  }

  get functionCount(): number {
    return this.index.scopeCount
  }

  get callCount(): number {
    return this.index.callNode.length
  }

  functionInfo(fn: FunctionId): FunctionInfo {
    const module = this.index.scopeModule[fn]!
    const tree = this.index.trees[module]!
    const node = this.index.scopeNode[fn]!
    const isFunction = tree.kind(node) === Kind.FunctionDef || tree.kind(node) === Kind.Lambda
    const body = node === 0 ? 0 : tree.childOf(node, Kind.Body)
    const kinds = ['module', 'class', 'function', 'lambda'] as const
    return {
      id: fn,
      module,
      kind: kinds[this.index.scopeKind[fn]!]!,
      name: this.qualifiedName(fn),
      line: node === 0 ? 1 : tree.line(node),
      endLine: body >= 0 ? tree.value(body) : tree.line(node),
      isAsync: isFunction && tree.has(node, Flag.ASYNC),
      isGenerator: isFunction && tree.has(node, Flag.GENERATOR),
      owner: this.inference.ownerOf(fn),
    }
  }

  /** `Orders.create`, `<module>`, `view.<lambda>`. */
  qualifiedName(fn: FunctionId): string {
    const parts: string[] = []
    for (let at = fn; at >= 0 && this.index.scopeKind[at] !== ScopeKind.Module; at = this.index.scopeParent[at]!) {
      const tree = this.index.trees[this.index.scopeModule[at]!]!
      parts.push(this.#ownName(at, tree))
    }
    return parts.length === 0 ? '<module>' : parts.reverse().join('.')
  }

  #ownName(scope: FunctionId, tree: SyntaxTree): string {
    const node = this.index.scopeNode[scope]!
    const isLambda = this.index.scopeKind[scope] === ScopeKind.Lambda
    if (!this.inference.isTypeScript) return isLambda ? '<lambda>' : tree.text(node)
    if (isLambda) return keyBefore(tree, node) || '<function>'
    return tree.text(node) === '__init__' ? 'constructor' : tree.text(node)
  }

  /** `shop.orders.views:Orders.create`. */
  fullName(fn: FunctionId): string {
    return `${this.modules[this.index.scopeModule[fn]!]!.name}:${this.qualifiedName(fn)}`
  }

  callInfo(call: CallId): CallInfo {
    const caller = this.index.callScope[call]!
    const module = this.index.scopeModule[caller]!
    const tree = this.index.trees[module]!
    const node = this.index.callNode[call]!
    return {
      id: call,
      module,
      caller,
      line: lineOfCall(tree, node),
      awaited: tree.isAwaited(node),
      text: writtenCallee(tree, node + 1),
    }
  }

  callNode(call: CallId): number {
    return this.index.callNode[call]!
  }

  callsIn(fn: FunctionId): readonly CallId[] {
    const { start, order } = this.index.callsByScope
    return Array.from(order.subarray(start[fn]!, start[fn + 1]!))
  }

  callRange(module: ModuleId): readonly [number, number] {
    return [this.index.firstCall[module]!, this.index.firstCall[module + 1]!]
  }

  targetsOf(call: CallId) {
    return this.graph.targets(call)
  }

  externalOf(call: CallId): string {
    for (const target of this.graph.targets(call)) if (target.external !== '') return target.external
    return ''
  }

  effectOf(call: CallId) {
    return costOf(this.inference, this.graph.targets(call))
  }

  callersOf(fn: FunctionId): readonly CallId[] {
    return this.graph.incoming(fn).flatMap(({ arrow }) => (arrow.call >= 0 ? [arrow.call] : []))
  }

  functionAt(module: ModuleId, scope: number): FunctionId {
    return scope === 0 ? this.index.firstScope[module]! : this.inference.names.scopeAt(module, scope)
  }

  callAt(module: ModuleId, call: number): CallId {
    return this.graph.callAt(module, call)
  }

  nameOf(module: ModuleId, expression: number): string {
    const tree = this.index.trees[module]!
    const kind = tree.kind(expression)
    if (kind === Kind.Name || kind === Kind.Attribute) {
      const place = this.inference.definitionOf(module, expression)
      // A variable at the top of a module has a name of its own, whatever it holds.
      if (place !== undefined && this.index.trees[place.module]!.kind(place.node) === Kind.Name) {
        const scope = this.inference.names.scopeOf(place.module, place.node)
        if (this.index.scopeKind[scope] === ScopeKind.Module) {
          return `${this.modules[place.module]!.name}:${this.index.trees[place.module]!.text(place.node)}`
        }
      }
    }
    for (const type of this.inference.table.members(this.inference.typeOf(module, expression))) {
      const name = this.#nameOfType(type)
      if (name !== '') return name
    }
    return ''
  }

  #nameOfType(type: TypeId): string {
    const { table } = this.inference
    switch (table.kind[type]) {
      case TypeKind.Outside:
      case TypeKind.OutsideMethod:
        return table.outsideName(table.a[type]!)
      case TypeKind.Function:
      case TypeKind.Class: {
        const fn = table.a[type]!
        return this.fullName(fn)
      }
      case TypeKind.Module:
        return this.modules[table.a[type]!]!.name
      default:
        return ''
    }
  }

  instanceOf(module: ModuleId, expression: number): readonly string[] {
    const { table, classes } = this.inference
    const found: string[] = []
    for (const type of table.members(this.inference.typeOf(module, expression))) {
      if (table.kind[type] === TypeKind.OutsideInstance) found.push(table.outsideName(table.a[type]!))
      else if (table.kind[type] === TypeKind.Instance) {
        for (const ancestor of classes.ancestors(table.a[type]!)) {
          if (ancestor.scope < 0) found.push(ancestor.outside)
          else found.push(this.fullName(ancestor.scope))
        }
      }
    }
    return found
  }

  isOffloaded(call: CallId): boolean {
    return this.graph.isOffload(call)
  }

  get coverage(): Program['coverage'] {
    if (this.#coverage === undefined) {
      let resolved = 0
      for (let call = 0; call < this.callCount; call++) if (this.graph.targets(call).length > 0) resolved++
      this.#coverage = { calls: this.callCount, resolved }
    }
    return this.#coverage
  }
}

const TEST_NAME = /(?:^|\/)(?:test_[^/]*|[^/]*_tests?)\.py$/
const TEST_FOLDER = /(?:^|\/)tests?\/|(?:^|\/)conftest\.py$/

/** Roles with those of `test_*.py` corrected that product code imports: such a file tests nothing, it has tests as its subject. */
function productTests(map: ModuleMap, imports: () => ImportGraph): readonly Module['role'][] {
  const suspects = map.paths.flatMap((path, id) =>
    map.roles[id] === 'test' && TEST_NAME.test(path) && !TEST_FOLDER.test(path) ? [id] : [],
  )
  if (suspects.length === 0) return map.roles
  const roles = [...map.roles]
  // A product test may import another one; each round settles one step of such a chain.
  for (let changed = true; changed; ) {
    changed = false
    for (const id of suspects) {
      if (roles[id] !== 'test') continue
      const isUsed = imports()
        .importersOf(id)
        .some(({ from, tier }) => tier !== 'type-only' && roles[from] === 'code')
      if (!isUsed) continue
      roles[id] = 'code'
      changed = true
    }
  }
  return roles
}

/** The key that a function of an object literal stands under, '' for any other. */
function keyBefore(tree: SyntaxTree, node: number): string {
  const parent = tree.parent(node)
  if (tree.kind(parent) !== Kind.Dict) return ''
  let key = -1
  for (let at = tree.firstChild(parent); at >= 0 && at !== node; at = tree.nextSibling(at)) key = at
  return key >= 0 && tree.kind(key) === Kind.String && tree.value(key) >= 0 ? tree.text(key) : ''
}

/** Line of the method's name in a chain over several lines, else of the call. */
export function lineOfCall(tree: SyntaxTree, node: number): number {
  return tree.kind(node + 1) === Kind.Attribute ? tree.value(node) : tree.line(node)
}

/** Callee as written, calls shown as `()`, at most 80 characters. */
export function writtenCallee(tree: SyntaxTree, node: number): string {
  let text = ''
  let at = node
  for (;;) {
    const kind = tree.kind(at)
    if (kind === Kind.Attribute) text = `.${tree.text(at)}${text}`
    else if (kind === Kind.Call) text = `()${text}`
    else if (kind === Kind.Subscript) text = `[]${text}`
    else {
      text = (kind === Kind.Name ? tree.text(at) : '…') + text
      break
    }
    at++
  }
  return text.length > 80 ? `…${text.slice(-79)}` : text
}
