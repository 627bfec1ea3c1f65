// Imports of TypeScript and JavaScript as statements: how each is written, when it runs, and where it leads.
import { Flag, Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { ImportKind, ImportStatement, ImportTarget, ModuleId } from '../contract.ts'
import { ScopeKind, type SourceIndex } from '../source-index.ts'
import { isOptionalImport } from './import-resolution.ts'
import type { TypeScriptModuleMap } from './typescript-module-map.ts'

/** A statement with what only the graph needs. */
export interface FoundImport extends ImportStatement {
  readonly optional: boolean
}

/** Every import of a program, by module, then line. */
export function specifierImports(index: SourceIndex, map: TypeScriptModuleMap): FoundImport[] {
  const found: FoundImport[] = []
  const around: Surroundings = { index, map, ambient: ambientModules(index) }
  const strings = index.trees[0]?.strings
  const importName = strings?.id('import') ?? -1
  const requireName = strings?.id('require') ?? -1
  for (let from = 0; from < index.trees.length; from++) {
    const tree = index.trees[from]!
    const own: FoundImport[] = []
    const elides = elidesTypes(tree.path, map)
    for (let i = index.firstImport[from]!; i < index.firstImport[from + 1]!; i++) {
      own.push(written(around, from, index.importNode[i]!, index.importScope[i]!, elides))
    }
    if ((importName >= 0 || requireName >= 0) && (tree.mentions(importName) || tree.mentions(requireName))) {
      for (let call = index.firstCall[from]!; call < index.firstCall[from + 1]!; call++) {
        const name = index.callName[call]!
        if (name < 0 || (name !== importName && name !== requireName)) continue
        const node = index.callNode[call]!
        if (tree.kind(node + 1) !== Kind.Name) continue
        const statement = called(around, from, node, index.callScope[call]!, name === importName)
        if (statement !== undefined) own.push(statement)
      }
    }
    found.push(...own.sort((a, b) => a.line - b.line))
  }
  return found
}

/** Whether the compiler drops imports of a file that only types use. */
function elidesTypes(path: string, map: TypeScriptModuleMap): boolean {
  return /\.[cm]?tsx?$/.test(path) && map.resolver.compilerOf(path)?.keepsUnusedImports !== true
}

/** What every statement is looked up in. */
interface Surroundings {
  readonly index: SourceIndex
  readonly map: TypeScriptModuleMap
  /** Whether some `declare module` describes a specifier. */
  readonly ambient: (specifier: string) => boolean
}

/** Modules that declarations of the tree describe; a pattern has one star. */
function ambientModules(index: SourceIndex): (specifier: string) => boolean {
  const exact = new Set<string>()
  const patterns: (readonly [string, string])[] = []
  for (let scope = 0; scope < index.scopeCount; scope++) {
    if (index.scopeKind[scope] !== ScopeKind.Class) continue
    const tree = index.trees[index.scopeModule[scope]!]!
    const node = index.scopeNode[scope]!
    if (!tree.has(node, Flag.AMBIENT)) continue
    const [head = '', tail] = tree.text(node).split('*', 2)
    if (tail === undefined) exact.add(head)
    else patterns.push([head, tail])
  }
  return (specifier) =>
    exact.has(specifier) || patterns.some(([head, tail]) => specifier.startsWith(head) && specifier.endsWith(tail))
}

function written(around: Surroundings, from: ModuleId, node: number, scope: number, elides: boolean): FoundImport {
  const { index } = around
  const tree = index.trees[from]!
  const flags = tree.flags(node)
  const isNamespace = tree.kind(node) === Kind.Import
  const first = tree.firstChild(node)
  const specifier = isNamespace ? tree.text(first) : tree.text(node)
  const isReExport = (flags & Flag.RE_EXPORT) !== 0
  const { target, module } = targetOf(around, from, specifier)
  const names: string[] = []
  let erased = (flags & Flag.TYPE_ONLY) !== 0 || /\.d\.[cm]?ts$/.test(tree.path)
  // `import 'x'` has no name and is there for its effect.
  let values = first < 0 || erased ? 1 : 0
  for (let alias = first; alias >= 0; alias = tree.nextSibling(alias)) {
    const name = isNamespace ? '*' : tree.text(alias)
    names.push(name)
    const alive =
      !tree.has(alias, Flag.TYPE_ONLY) &&
      (isReExport || !elides || tree.has(alias, Flag.USED)) &&
      !(name !== '*' && module >= 0 && elides && isDeclaredType(index, module, tree.name(alias)))
    if (alive) values++
  }
  erased ||= values === 0
  const kind: ImportKind = isReExport
    ? 're-export'
    : (flags & Flag.REQUIRE) !== 0
      ? 'require'
      : erased
        ? 'type'
        : 'static'
  return {
    from,
    line: tree.line(node),
    kind,
    typeOnly: erased,
    tier: erased ? 'type-only' : runsLater(index, scope) ? 'deferred' : 'runtime',
    specifier,
    names,
    target,
    optional: false,
  }
}

function called(
  around: Surroundings,
  from: ModuleId,
  node: number,
  scope: number,
  isImport: boolean,
): FoundImport | undefined {
  const { index } = around
  const tree = index.trees[from]!
  const argument = tree.nextSibling(node + 1)
  if (argument < 0) return undefined
  const isText = tree.kind(argument) === Kind.String && tree.value(argument) >= 0
  const typeOnly = isImport && tree.has(node, Flag.TYPE_IMPORT)
  const specifier = isText ? tree.text(argument) : computedText(tree, argument)
  const name = isImport ? 'import()' : 'require()'
  const target: ImportTarget = isText
    ? targetOf(around, from, specifier).target
    : { to: 'nowhere', cause: 'computed', name: specifier, reason: `the argument of \`${name}\` is computed` }
  const later = isImport || runsLater(index, scope)
  return {
    from,
    line: tree.line(node),
    kind: isImport ? (typeOnly ? 'type' : 'dynamic') : 'require',
    typeOnly,
    tier: typeOnly ? 'type-only' : later ? 'deferred' : 'runtime',
    specifier,
    names: [],
    target,
    optional: isOptionalImport(tree, node),
  }
}

/** What of a computed specifier is written out: `./locales/…`. */
function computedText(tree: SyntaxTree, node: number): string {
  if (tree.kind(node) === Kind.FString) {
    const first = tree.firstChild(node)
    if (first >= 0 && tree.kind(first) === Kind.String) return `${tree.text(first)}…`
  }
  return tree.dotted(node) || '…'
}

function targetOf(
  { map, ambient }: Surroundings,
  from: ModuleId,
  specifier: string,
): { readonly target: ImportTarget; readonly module: ModuleId } {
  const { module, resolution } = map.resolve(from, specifier)
  if (module >= 0) return { module, target: { to: 'module', module } }
  if (resolution.to === 'nowhere' && ambient(specifier)) return { module, target: { to: 'package', name: specifier } }
  return { module, target: resolution }
}

/** Whether a module binds a name as an interface or a type alias and as nothing else: no value crosses the import. */
function isDeclaredType(index: SourceIndex, module: ModuleId, name: number): boolean {
  const tree = index.trees[module]!
  const scope = index.firstScope[module]!
  const { start, name: names, node: nodes } = index.bindings
  let seen = false
  for (let i = start[scope]!; i < start[scope + 1]!; i++) {
    if (names[i] !== name) continue
    const node = nodes[i]!
    const isInterface = tree.kind(node) === Kind.ClassDef && tree.has(node, Flag.INTERFACE)
    if (!isInterface && tree.kind(tree.parent(node)) !== Kind.TypeAlias) return false
    seen = true
  }
  return seen
}

function runsLater(index: SourceIndex, scope: number): boolean {
  for (let at = scope; at >= 0; at = index.scopeParent[at]!) {
    const kind = index.scopeKind[at]!
    if (kind === ScopeKind.Function || kind === ScopeKind.Lambda) return true
  }
  return false
}
