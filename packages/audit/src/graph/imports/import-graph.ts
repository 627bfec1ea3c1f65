// Arrows between modules in three tiers, from import statements and from constant text that names modules.
import { Kind } from '../../facts/contract.ts'
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

type AddArrow = (
  from: ModuleId,
  to: ModuleId,
  tier: ImportTier,
  line: number,
  optional: boolean,
  dynamic: boolean,
  name: string,
  kind?: ImportKind,
) => void

/** Builds the import graph of all modules. */
export function buildImportGraph(index: SourceIndex, map: ModuleMap): ImportGraph {
  const arrows = new Map<number, Arrow>()
  const externals = index.trees.map(() => new Map<string, number>())
  const coverage = { statements: 0, resolved: 0, external: 0 }
  const moduleCount = index.trees.length

  const add: AddArrow = (from, to, tier, line, optional, dynamic, name, kind = 'static') => {
    if (from === to) return
    const key = from * moduleCount + to
    const known = arrows.get(key)
    if (known === undefined) {
      arrows.set(key, { from, to, tier, kind, line, optional, dynamic, names: name === '' ? [] : [name] })
      return
    }
    if (name !== '' && !known.names.includes(name)) known.names.push(name)
    const stronger = RANK[tier] - RANK[known.tier]
    if (stronger < 0 || (stronger === 0 && known.dynamic && !dynamic)) {
      known.tier = tier
      known.kind = kind
      known.line = line
      known.dynamic = dynamic
      known.optional = optional
    } else if (stronger === 0 && !optional) known.optional = false
  }
  const outside = (from: ModuleId, name: string, line: number): void => {
    const dot = name.indexOf('.')
    const top = dot < 0 ? name : name.slice(0, dot)
    const lines = externals[from]!
    if (top !== '' && !lines.has(top)) lines.set(top, line)
  }

  const statements = map.language === 'typescript' ? specifierImports(index, map as TypeScriptModuleMap) : []
  for (const { from, line, kind, tier, names, target, optional } of statements) {
    if (target.to === 'nowhere' && target.cause === 'computed') continue
    coverage.statements++
    if (target.to === 'module') {
      coverage.resolved++
      if (names.length === 0) add(from, target.module, tier, line, optional, false, '', kind)
      for (const name of names) add(from, target.module, tier, line, optional, false, name, kind)
      continue
    }
    if (target.to === 'file') {
      coverage.resolved++
      continue
    }
    if (target.to === 'package' || target.to === 'builtin') coverage.external++
    if (target.to !== 'nowhere' || target.cause === 'package-undeclared') {
      const lines = externals[from]!
      if (!lines.has(target.name)) lines.set(target.name, line)
    }
  }
  for (let i = 0; i < index.importNode.length && map.language === 'python'; i++) {
    const from = index.importModule[i]!
    const node = index.importNode[i]!
    const tree = index.trees[from]!
    const tier = importTier(tree, node, runsLater(index, index.importScope[i]!))
    const line = tree.line(node)
    const optional = tier !== 'type-only' && isOptionalImport(tree, node)
    coverage.statements++
    let resolved = false
    if (tree.kind(node) === Kind.Import) {
      for (let alias = tree.firstChild(node); alias >= 0; alias = tree.nextSibling(alias)) {
        const name = tree.text(alias)
        const to = map.find(name, from)
        if (to >= 0) {
          resolved = true
          add(from, to, tier, line, optional, false, '')
        } else outside(from, name, line)
      }
    } else {
      const source = importSource(map, tree, from, node)
      let isOurs = source.module >= 0
      for (let alias = tree.firstChild(node); alias >= 0; alias = tree.nextSibling(alias)) {
        const name = tree.text(alias)
        const submodule = name === '*' ? -1 : submoduleOf(map, source, from, name)
        const to = submodule >= 0 ? submodule : source.module
        if (to < 0) continue
        isOurs = true
        add(from, to, tier, line, optional, false, name)
      }
      resolved = isOurs
      if (!isOurs) outside(from, source.name, line)
    }
    if (resolved) coverage.resolved++
    else coverage.external++
  }
  if (map.language === 'python') addDynamicImports(index, map, add)

  const edges: ImportEdge[] = [...arrows.values()].sort((a, b) => a.from - b.from || a.line - b.line || a.to - b.to)
  const outgoing: ImportEdge[][] = index.trees.map(() => [])
  const incoming: ImportEdge[][] = index.trees.map(() => [])
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
      let found = cycles.get(tier)
      if (found === undefined) {
        found = findCycles(edges, map.paths, tier)
        cycles.set(tier, found)
      }
      return found
    },
    coverage,
    externalsOf: (module) => externals[module]!,
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
function addDynamicImports(index: SourceIndex, map: ModuleMap, add: AddArrow): void {
  const strings = index.trees[0]?.strings
  if (strings === undefined) return
  const loaders = new Set([...LOADERS].map((name) => strings.id(name)).filter((id) => id >= 0))
  const includers = new Set([...INCLUDERS].map((name) => strings.id(name)).filter((id) => id >= 0))
  const settings = new Set([...SETTINGS].map((name) => strings.id(name)).filter((id) => id >= 0))
  if (loaders.size + includers.size > 0) {
    for (let from = 0; from < index.trees.length; from++) {
      const tree = index.trees[from]!
      for (let call = index.firstCall[from]!; call < index.firstCall[from + 1]!; call++) {
        const node = index.callNode[call]!
        const callee = node + 1
        const kind = tree.kind(callee)
        if (kind !== Kind.Name && kind !== Kind.Attribute) continue
        const name = tree.name(callee)
        if (!loaders.has(name) && !includers.has(name)) continue
        const argument = tree.nextSibling(callee)
        if (argument < 0 || tree.kind(argument) !== Kind.String || tree.value(argument) < 0) continue
        const later = runsLater(index, index.callScope[call]!) || includers.has(name)
        const to = dottedTarget(map, from, tree.text(argument))
        if (to >= 0) {
          add(from, to, later ? 'deferred' : 'runtime', tree.line(node), false, true, '')
        }
      }
    }
  }
  if (settings.size === 0) return
  for (let from = 0; from < index.trees.length; from++) {
    const scope = index.firstScope[from]!
    const { start, name, node } = index.bindings
    for (let i = start[scope]!; i < start[scope + 1]!; i++) {
      if (!settings.has(name[i]!)) continue
      const tree = index.trees[from]!
      const statement = tree.parent(node[i]!)
      for (let at = statement + 1; at < tree.end(statement); at++) {
        if (tree.kind(at) !== Kind.String || tree.value(at) < 0) continue
        const to = dottedTarget(map, from, tree.text(at))
        if (to >= 0) add(from, to, 'deferred', tree.line(at), false, true, '')
      }
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
