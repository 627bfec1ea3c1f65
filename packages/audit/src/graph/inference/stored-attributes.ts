// Attributes of objects that are not understood: what the same function, or anybody for `….state.x`, assigned to them.
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { Definition } from './definitions.ts'
import { STORE_ATTRIBUTES, STORE_TYPES } from './frameworks/known-frameworks.ts'
import { reachingBindings } from './scope-names.ts'
import type { TypeInference } from './type-inference.ts'
import { type TypeId, TypeKind, UNKNOWN } from './type-table.ts'

/** Assignments to one attribute of a store that are looked at. */
const MAX_STORES = 8

/** Finds what was assigned to an attribute elsewhere. */
export class StoredAttributes {
  readonly #types: TypeInference
  #inStores: Map<number, Definition[]> | undefined

  constructor(types: TypeInference) {
    this.#types = types
  }

  /** Type of `a.b.c` whose object has the given type and says nothing of the attribute. */
  typeOf(module: number, tree: SyntaxTree, node: number, object: TypeId): TypeId {
    const { index, names, nameTypes, table } = this.#types
    const name = tree.name(node)
    const path = tree.dotted(node)
    if (path === '') return UNKNOWN
    const scope = names.scopeOf(module, node)
    const { start, name: stored, node: nodes } = index.attributeStores
    const here: number[] = []
    for (let i = start[scope]!; i < start[scope + 1]!; i++) {
      if (stored[i] === name && tree.dotted(nodes[i]!) === path) here.push(nodes[i]!)
    }
    if (here.length > 0) {
      const type = nameTypes.unionOf(module, reachingBindings(tree, here, node))
      if (type !== UNKNOWN) return type
    }
    if (!this.#isStore(tree, node + 1, object)) return UNKNOWN
    const found: TypeId[] = []
    for (const place of this.#stores().get(name) ?? []) found.push(this.#types.typeOf(place.module, place.node))
    return table.union(found)
  }

  #isStore(tree: SyntaxTree, node: number, type: TypeId): boolean {
    const { table } = this.#types
    if (table.kind[type] === TypeKind.OutsideInstance && STORE_TYPES.has(table.outsideName(table.a[type]!))) return true
    return tree.kind(node) === Kind.Attribute && STORE_ATTRIBUTES.includes(tree.text(node))
  }

  /** Assignments to attributes of stores, by name, in the order of the program. */
  #stores(): Map<number, Definition[]> {
    if (this.#inStores !== undefined) return this.#inStores
    const found = new Map<number, Definition[]>()
    this.#inStores = found
    const { index } = this.#types
    const { start, name, node } = index.attributeStores
    const attributes = new Set(STORE_ATTRIBUTES.map((text) => this.#types.nameId(text)).filter((id) => id >= 0))
    if (attributes.size === 0) return found
    for (let scope = 0; scope < index.scopeCount; scope++) {
      for (let i = start[scope]!; i < start[scope + 1]!; i++) {
        const module = index.scopeModule[scope]!
        const tree = index.trees[module]!
        const object = node[i]! + 1
        if (tree.kind(object) !== Kind.Attribute || !attributes.has(tree.name(object))) continue
        const list = found.get(name[i]!)
        if (list === undefined) found.set(name[i]!, [{ module, node: node[i]! }])
        else if (list.length < MAX_STORES) list.push({ module, node: node[i]! })
      }
    }
    return found
  }
}
