// Classes of the project: their bases in look-up order, their subclasses, and where a member is defined.
import { Kind } from '../../facts/contract.ts'
import { ScopeKind, type SourceIndex } from '../source-index.ts'
import type { ScopeNames } from './scope-names.ts'
import { type TypeId, TypeKind, type TypeTable } from './type-table.ts'

/** One place in the look-up order of a class: a class of the project, or a library class by name. */
export type Ancestor =
  | { readonly scope: number; readonly outside: '' }
  | { readonly scope: -1; readonly outside: string }

/** Where a member of a class was found. */
export interface Member {
  readonly scope: number
  /** Nodes that define it in that class: FunctionDef, Name of an assignment, or Attribute (`self.x = …`). */
  readonly nodes: readonly number[]
  /** True when the nodes are `self.x = …`. */
  readonly onInstance: boolean
}

/** Answers questions about class hierarchies; bases are resolved by the `typeOf` it is given. */
export class ClassMembers {
  readonly #index: SourceIndex
  readonly #names: ScopeNames
  readonly #table: TypeTable
  readonly #typeOf: (module: number, node: number) => TypeId
  readonly #ancestors = new Map<number, readonly Ancestor[]>()
  #subclasses: Map<number, number[]> | undefined

  constructor(
    index: SourceIndex,
    names: ScopeNames,
    table: TypeTable,
    typeOf: (module: number, node: number) => TypeId,
  ) {
    this.#index = index
    this.#names = names
    this.#table = table
    this.#typeOf = typeOf
  }

  /** The class itself, then its bases, nearest first, each once. */
  ancestors(scope: number): readonly Ancestor[] {
    const known = this.#ancestors.get(scope)
    if (known !== undefined) return known
    // A class that is its own ancestor (invalid, or a wrong guess of ours) finds this short answer.
    this.#ancestors.set(scope, [{ scope, outside: '' }])
    const found: Ancestor[] = [{ scope, outside: '' }]
    const seen = new Set<number | string>([scope])
    for (const base of this.#bases(scope)) {
      const above: readonly Ancestor[] = base.scope >= 0 ? this.ancestors(base.scope) : [base]
      for (const ancestor of above) {
        const key = ancestor.scope >= 0 ? ancestor.scope : ancestor.outside
        if (seen.has(key)) continue
        seen.add(key)
        found.push(ancestor)
      }
    }
    this.#ancestors.set(scope, found)
    return found
  }

  #bases(scope: number): Ancestor[] {
    const module = this.#index.scopeModule[scope]!
    const tree = this.#index.trees[module]!
    const definition = this.#index.scopeNode[scope]!
    const bases: Ancestor[] = []
    for (let at = tree.firstChild(definition); at >= 0; at = tree.nextSibling(at)) {
      const kind = tree.kind(at)
      if (kind === Kind.Decorator || kind === Kind.TypeParam || kind === Kind.Keyword || kind === Kind.Body) continue
      if (kind === Kind.Starred) continue
      for (const type of this.#table.members(this.#typeOf(module, at))) {
        if (this.#table.kind[type] === TypeKind.Class) bases.push({ scope: this.#table.a[type]!, outside: '' })
        else if (this.#table.kind[type] === TypeKind.Outside) {
          bases.push({ scope: -1, outside: this.#table.outsideName(this.#table.a[type]!) })
        }
      }
    }
    return bases
  }

  /** Whether a class has a library class of one of these names among its ancestors. */
  derivesFrom(scope: number, names: ReadonlySet<string>): boolean {
    return this.ancestors(scope).some((a) => a.scope < 0 && names.has(a.outside))
  }

  /** Nearest definition of a member in the classes of the project. */
  find(scope: number, name: number, after = -1): Member | undefined {
    let skipping = after >= 0
    for (const ancestor of this.ancestors(scope)) {
      if (skipping) {
        if (ancestor.scope === after) skipping = false
        continue
      }
      if (ancestor.scope < 0) continue
      const member = this.own(ancestor.scope, name)
      if (member !== undefined) return member
    }
    return undefined
  }

  /** Definition of a member in one class: its body first, then what its methods set on `self`. */
  own(scope: number, name: number): Member | undefined {
    const nodes = this.#names.bindingsIn(scope, name)
    const stored = this.storesOf(scope, name)
    if (nodes.length > 0 && stored.length === 0) return { scope, nodes, onInstance: false }
    if (stored.length === 0) return undefined
    if (nodes.length === 0) return { scope, nodes: stored, onInstance: true }
    // `x: Session` or a method decides; `x = None` in the body only declares.
    const tree = this.#index.trees[this.#index.scopeModule[scope]!]!
    const decides = nodes.some((node) => {
      const kind = tree.kind(node)
      return kind === Kind.FunctionDef || kind === Kind.ClassDef || tree.kind(tree.parent(node)) === Kind.AnnAssign
    })
    return decides ? { scope, nodes, onInstance: false } : { scope, nodes: stored, onInstance: true }
  }

  /** Nodes of `self.name = …` in the methods of a class. */
  storesOf(scope: number, name: number): readonly number[] {
    const { start, name: names, node } = this.#index.selfStores
    const found: number[] = []
    for (let i = start[scope]!; i < start[scope + 1]!; i++) if (names[i] === name) found.push(node[i]!)
    return found
  }

  /** Classes of the project that derive from a class, at any depth. */
  subclasses(scope: number): readonly number[] {
    if (this.#subclasses === undefined) {
      this.#subclasses = new Map()
      for (let at = 0; at < this.#index.scopeCount; at++) {
        if (this.#index.scopeKind[at] !== ScopeKind.Class) continue
        for (const ancestor of this.ancestors(at)) {
          if (ancestor.scope < 0 || ancestor.scope === at) continue
          const list = this.#subclasses.get(ancestor.scope)
          if (list === undefined) this.#subclasses.set(ancestor.scope, [at])
          else list.push(at)
        }
      }
    }
    return this.#subclasses.get(scope) ?? []
  }
}
