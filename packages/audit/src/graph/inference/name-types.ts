// Names: what a name stands for where it is used, through imports, star imports and what a module offers.
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import { type ImportSource, importSource, outsideName } from '../imports/import-resolution.ts'
import { PairMap } from '../pair-map.ts'
import { reachingBindings } from './scope-names.ts'
import type { TypeInference } from './type-inference.ts'
import { type TypeId, TypeKind, UNKNOWN } from './type-table.ts'

/** Bindings of one name that are looked at. */
const MAX_BINDINGS = 12
/** Star imports that are followed one through the other. */
const MAX_STARS = 8

/** Types of names. */
export class NameTypes {
  readonly #types: TypeInference
  readonly #stars = new Map<number, readonly number[]>()
  /** Numbers in `#found` by module and statement. */
  readonly #sources = new PairMap()
  readonly #found: ImportSource[] = []
  /** Types by module and name. */
  readonly #exports = new PairMap()

  constructor(types: TypeInference) {
    this.#types = types
  }

  /** A name that is read. */
  used(module: number, tree: SyntaxTree, node: number): TypeId {
    const { names, index } = this.#types
    const scope = names.scopeOf(module, node)
    const bound = names.lookUp(scope, tree.name(node))
    if (bound === undefined) return this.#starOrBuiltin(module, tree.name(node), tree.text(node))
    const nodes = bound.scope === scope ? reachingBindings(tree, bound.nodes, node) : bound.nodes
    return this.unionOf(index.scopeModule[bound.scope]!, nodes)
  }

  /** Union of the types of nodes of a module. */
  unionOf(module: number, nodes: readonly number[]): TypeId {
    if (nodes.length === 1) return this.#types.typeOf(module, nodes[0]!)
    const types: TypeId[] = []
    for (let i = 0; i < nodes.length && i < MAX_BINDINGS; i++) types.push(this.#types.typeOf(module, nodes[i]!))
    return this.#types.table.union(types)
  }

  #starOrBuiltin(module: number, name: number, text: string): TypeId {
    const star = this.fromStar(module, name, 0)
    return star !== UNKNOWN ? star : this.#types.dialect.builtin(text)
  }

  /** A name that a star import of a module brings. */
  fromStar(module: number, name: number, depth: number): TypeId {
    if (depth > MAX_STARS) return UNKNOWN
    for (const source of this.starSources(module)) {
      const found = this.exportOf(source, name, depth + 1)
      if (found !== UNKNOWN) return found
    }
    return UNKNOWN
  }

  /** The modules of the project that a module imports all names of. */
  starSources(module: number): readonly number[] {
    let sources = this.#stars.get(module)
    if (sources !== undefined) return sources
    const found: number[] = []
    const { firstImport, importNode, trees } = this.#types.index
    const tree = trees[module]!
    for (let i = firstImport[module]!; i < firstImport[module + 1]!; i++) {
      const node = importNode[i]!
      if (tree.kind(node) !== Kind.ImportFrom) continue
      const first = tree.firstChild(node)
      if (first < 0 || tree.text(first) !== '*') continue
      const source = this.sourceOf(module, tree, node)
      if (source.module >= 0) found.push(source.module)
    }
    sources = found
    this.#stars.set(module, sources)
    return sources
  }

  /** Type of a name that a module offers to importers: bound at its top, star-imported, or a submodule. */
  exportOf(module: number, name: number, depth = 0): TypeId {
    const { names, index, dialect } = this.#types
    const nodes = names.bindingsIn(index.firstScope[module]!, name)
    return nodes.length > 0 ? this.unionOf(module, nodes) : dialect.offered(module, name, depth)
  }

  /** A name that an import statement binds. */
  imported(module: number, tree: SyntaxTree, alias: number): TypeId {
    const { dialect } = this.#types
    const statement = tree.parent(alias)
    if (tree.kind(statement) === Kind.Import) return dialect.importedWhole(module, tree, alias)
    if (tree.kind(statement) !== Kind.ImportFrom) return UNKNOWN
    const source = this.sourceOf(module, tree, statement)
    if (source.module >= 0) {
      const type = this.#exported(source.module, tree.name(alias))
      if (type !== UNKNOWN) return type
    }
    return dialect.importedFrom(module, source, tree.text(alias))
  }

  /** Where an import statement imports from. */
  sourceOf(module: number, tree: SyntaxTree, statement: number): ImportSource {
    const known = this.#sources.get(module, statement)
    if (known >= 0) return this.#found[known]!
    const source = importSource(this.#types.modules, tree, module, statement)
    this.#sources.set(module, statement, this.#found.length)
    this.#found.push(source)
    return source
  }

  #exported(module: number, name: number): TypeId {
    const known = this.#exports.get(module, name)
    if (known >= 0) return known
    // A module that imports a name from itself through others would never end.
    this.#exports.set(module, name, UNKNOWN)
    const type = this.exportOf(module, name)
    this.#exports.set(module, name, type)
    return type
  }

  /** The module of TypeScript that a specifier means, or the library of that name. */
  moduleNamed(module: number, specifier: string): TypeId {
    const found = this.#types.modules.find(specifier, module)
    if (found >= 0) return this.#types.table.make(TypeKind.Module, found)
    return isLibrary(specifier) ? this.outside(outsideName(specifier)) : UNKNOWN
  }

  /** A name outside the project, under the spelling of the library tables. */
  outside(name: string): TypeId {
    return this.#types.table.outside(this.#types.libraries.canonical(name))
  }
}

/** Whether a specifier that is no module of the project is a library, not a path or an alias that leads nowhere. */
export function isLibrary(specifier: string): boolean {
  return /^(?:@[\w.~-]+\/|node:)?[a-z0-9_]/i.test(specifier)
}
