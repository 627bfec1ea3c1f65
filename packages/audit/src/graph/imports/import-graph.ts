// Arrows between modules in three tiers, from import statements and from constant text that names modules.
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type {
  ImportCycle,
  ImportEdge,
  ImportGraph,
  ImportKind,
  ImportStatement,
  ImportTier,
  ModuleId,
} from '../contract.ts'
import { ScopeKind, type SourceIndex } from '../source-index.ts'
import { findCycles } from './import-cycles.ts'
import { importSource, importTier, isOptionalImport, submoduleOf } from './import-resolution.ts'
import type { ModuleMap } from './module-map.ts'
import { specifierImports } from './specifier-imports.ts'
import type { TypeScriptModuleMap } from './typescript-module-map.ts'

const RANK: Record<ImportTier, number> = { runtime: 0, deferred: 1, 'type-only': 2 }

interface Arrow {
  from: ModuleId
  to: ModuleId
  tier: ImportTier
  kind: ImportKind
  line: number
  optional: boolean
  dynamic: boolean
  names: string[]
}

/** How one statement imports. */
interface Import {
  readonly tier: ImportTier
  readonly kind?: ImportKind
  readonly line: number
  readonly optional?: boolean
  /** By constant text, not by a statement. */
  readonly dynamic?: boolean
}

/** Builds the import graph of all modules. */
export function buildImportGraph(index: SourceIndex, map: ModuleMap): ImportGraph {
  const found = new FoundImports(index.trees.length)
  const isTypeScript = map.language === 'typescript'
  // The map of a TypeScript program is one of TypeScript.
  const statements = isTypeScript ? specifierImports(index, map as TypeScriptModuleMap) : []
  if (isTypeScript) addStatements(statements, found)
  else {
    for (let i = 0; i < index.importNode.length; i++) addPythonImport(index, map, i, found)
    addDynamicImports(index, map, found)
  }
  return importGraph(found, statements, map)
}

/** Arrows and packages while they are gathered. */
class FoundImports {
  readonly coverage = { statements: 0, resolved: 0, external: 0 }
  /** Packages of others by importing module, with the line of the first import. */
  readonly externals: readonly Map<string, number>[]
  readonly #arrows = new Map<number, Arrow>()
  readonly #moduleCount: number

  constructor(moduleCount: number) {
    this.#moduleCount = moduleCount
    this.externals = Array.from({ length: moduleCount }, () => new Map<string, number>())
  }

  /** Adds one imported name, '' for a module as a whole. Of several imports the strongest counts. */
  add(from: ModuleId, to: ModuleId, how: Import, name: string): void {
    if (from === to) return
    const { tier, line, kind = 'static', optional = false, dynamic = false } = how
    const key = from * this.#moduleCount + to
    const known = this.#arrows.get(key)
    if (known === undefined) {
      const names = name === '' ? [] : [name]
      this.#arrows.set(key, { from, to, tier, kind, line, optional, dynamic, names })
      return
    }
    if (name !== '' && !known.names.includes(name)) known.names.push(name)
    const stronger = RANK[tier] - RANK[known.tier]
    if (stronger < 0 || (stronger === 0 && known.dynamic && !dynamic)) {
      Object.assign(known, { tier, kind, line, dynamic, optional })
    } else if (stronger === 0 && !optional) known.optional = false
  }

  /** Adds a package of others. */
  outside(from: ModuleId, name: string, line: number): void {
    const lines = this.externals[from]!
    if (name !== '' && !lines.has(name)) lines.set(name, line)
  }

  /** Every arrow, by importing module, then line. */
  edges(): ImportEdge[] {
    return [...this.#arrows.values()].sort((a, b) => a.from - b.from || a.line - b.line || a.to - b.to)
  }
}

/** The statements of a TypeScript program. */
function addStatements(statements: readonly ImportStatement[], found: FoundImports): void {
  const { coverage } = found
  for (const statement of statements) {
    const { from, line, names, target } = statement
    if (target.to === 'nowhere' && target.cause === 'computed') continue
    coverage.statements++
    if (target.to === 'module') {
      coverage.resolved++
      for (const name of names.length === 0 ? [''] : names) found.add(from, target.module, statement, name)
      continue
    }
    if (target.to === 'file') {
      coverage.resolved++
      continue
    }
    if (target.to === 'package' || target.to === 'builtin') coverage.external++
    if (target.to !== 'nowhere' || target.cause === 'package-undeclared') found.outside(from, target.name, line)
  }
}

/** `import a.b, c` or `from a import b` of Python. */
function addPythonImport(index: SourceIndex, map: ModuleMap, number: number, found: FoundImports): void {
  const { coverage } = found
  const from = index.importModule[number]!
  const node = index.importNode[number]!
  const tree = index.trees[from]!
  const tier = importTier(tree, node, runsLater(index, index.importScope[number]!))
  const how = { tier, line: tree.line(node), optional: tier !== 'type-only' && isOptionalImport(tree, node) }
  coverage.statements++
  const isOurs =
    tree.kind(node) === Kind.Import
      ? addWholeModules(tree, node, from, how, map, found)
      : addNames(tree, node, from, how, map, found)
  if (isOurs) coverage.resolved++
  else coverage.external++
}

function addWholeModules(
  tree: SyntaxTree,
  node: number,
  from: ModuleId,
  how: Import,
  map: ModuleMap,
  found: FoundImports,
): boolean {
  let isOurs = false
  for (let alias = tree.firstChild(node); alias >= 0; alias = tree.nextSibling(alias)) {
    const name = tree.text(alias)
    const to = map.find(name, from)
    if (to < 0) found.outside(from, topOf(name), how.line)
    else {
      isOurs = true
      found.add(from, to, how, '')
    }
  }
  return isOurs
}

function addNames(
  tree: SyntaxTree,
  node: number,
  from: ModuleId,
  how: Import,
  map: ModuleMap,
  found: FoundImports,
): boolean {
  const source = importSource(map, tree, from, node)
  let isOurs = source.module >= 0
  for (let alias = tree.firstChild(node); alias >= 0; alias = tree.nextSibling(alias)) {
    const name = tree.text(alias)
    const submodule = name === '*' ? -1 : submoduleOf(map, source, from, name)
    const to = submodule >= 0 ? submodule : source.module
    if (to < 0) continue
    isOurs = true
    found.add(from, to, how, name)
  }
  if (!isOurs) found.outside(from, topOf(source.name), how.line)
  return isOurs
}

const topOf = (name: string): string => {
  const dot = name.indexOf('.')
  return dot < 0 ? name : name.slice(0, dot)
}

function importGraph(found: FoundImports, statements: readonly ImportStatement[], map: ModuleMap): ImportGraph {
  const edges = found.edges()
  const moduleCount = map.paths.length
  const outgoing: ImportEdge[][] = Array.from({ length: moduleCount }, () => [])
  const incoming: ImportEdge[][] = Array.from({ length: moduleCount }, () => [])
  for (const edge of edges) {
    outgoing[edge.from]!.push(edge)
    incoming[edge.to]!.push(edge)
  }
  const cycles = new Map<string, readonly ImportCycle[]>()
  let ownStatements: readonly (readonly ImportStatement[])[] | undefined
  return {
    edges,
    importsOf: (module) => outgoing[module]!,
    importersOf: (module) => incoming[module]!,
    statements,
    statementsOf(module) {
      ownStatements ??= byModule(statements, moduleCount)
      return ownStatements[module]!
    },
    cycles(tier) {
      let known = cycles.get(tier)
      if (known === undefined) {
        known = findCycles(edges, map.paths, tier)
        cycles.set(tier, known)
      }
      return known
    },
    coverage: found.coverage,
    externalsOf: (module) => found.externals[module]!,
  }
}

function byModule(statements: readonly ImportStatement[], count: number): ImportStatement[][] {
  const own: ImportStatement[][] = Array.from({ length: count }, () => [])
  for (const statement of statements) own[statement.from]!.push(statement)
  return own
}

/** Whether a scope's code runs after import time: it is, or lies in, a function or lambda. */
function runsLater(index: SourceIndex, scope: number): boolean {
  for (let at = scope; at >= 0; at = index.scopeParent[at]!) {
    const kind = index.scopeKind[at]!
    if (kind === ScopeKind.Function || kind === ScopeKind.Lambda) return true
  }
  return false
}

const LOADERS = new Set(['import_module', '__import__', 'import_string', 'load_object'])
const INCLUDERS = new Set(['include'])
const SETTINGS = new Set([
  'INSTALLED_APPS',
  'MIDDLEWARE',
  'MIDDLEWARE_CLASSES',
  'ROOT_URLCONF',
  'AUTHENTICATION_BACKENDS',
])

/** `import_module('a.b')`, `include('a.urls')` and the dotted paths of Django settings. */
function addDynamicImports(index: SourceIndex, map: ModuleMap, found: FoundImports): void {
  const strings = index.trees[0]?.strings
  if (strings === undefined) return
  const numbersOf = (names: Iterable<string>): ReadonlySet<number> =>
    new Set([...names].map((name) => strings.id(name)).filter((id) => id >= 0))
  const loaders = numbersOf(LOADERS)
  const includers = numbersOf(INCLUDERS)
  const settings = numbersOf(SETTINGS)
  for (let from = 0; from < index.trees.length; from++) {
    if (loaders.size + includers.size > 0) addLoads(index, map, from, loaders, includers, found)
  }
  for (let from = 0; from < index.trees.length; from++) {
    if (settings.size > 0) addSettings(index, map, from, settings, found)
  }
}

function addLoads(
  index: SourceIndex,
  map: ModuleMap,
  from: ModuleId,
  loaders: ReadonlySet<number>,
  includers: ReadonlySet<number>,
  found: FoundImports,
): void {
  const tree = index.trees[from]!
  for (let call = index.firstCall[from]!; call < index.firstCall[from + 1]!; call++) {
    const name = index.callName[call]!
    if (!loaders.has(name) && !includers.has(name)) continue
    const node = index.callNode[call]!
    const argument = tree.nextSibling(node + 1)
    if (argument < 0 || tree.kind(argument) !== Kind.String || tree.value(argument) < 0) continue
    const later = runsLater(index, index.callScope[call]!) || includers.has(name)
    const to = dottedTarget(map, from, tree.text(argument))
    const how = { tier: later ? 'deferred' : 'runtime', line: tree.line(node), dynamic: true } as const
    if (to >= 0) found.add(from, to, how, '')
  }
}

function addSettings(
  index: SourceIndex,
  map: ModuleMap,
  from: ModuleId,
  settings: ReadonlySet<number>,
  found: FoundImports,
): void {
  const tree = index.trees[from]!
  const scope = index.firstScope[from]!
  const { start, name, node } = index.bindings
  for (let i = start[scope]!; i < start[scope + 1]!; i++) {
    if (!settings.has(name[i]!)) continue
    const statement = tree.parent(node[i]!)
    for (let at = statement + 1; at < tree.end(statement); at++) {
      if (tree.kind(at) !== Kind.String || tree.value(at) < 0) continue
      const to = dottedTarget(map, from, tree.text(at))
      if (to >= 0) found.add(from, to, { tier: 'deferred', line: tree.line(at), dynamic: true }, '')
    }
  }
}

/** The module that a dotted path in a string names, itself or as the prefix of an attribute (`app.apps.ShopConfig`). */
function dottedTarget(map: ModuleMap, from: ModuleId, text: string): ModuleId {
  if (!/^[A-Za-z_][\w.]*$/.test(text)) return -1
  for (let name = text; name !== ''; name = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : '') {
    const found = map.find(name, from)
    if (found >= 0) return found
  }
  return -1
}
