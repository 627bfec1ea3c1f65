// Definitions: the one node that defines what a name stands for, through imports and star imports.
import { Kind } from '../../facts/contract.ts'
import type { TypeInference } from './type-inference.ts'
import { TypeKind } from './type-table.ts'

/** A node of a module. */
export interface Definition {
  readonly module: number
  readonly node: number
}

/** Imports that are followed one through the other. */
const MAX_STEPS = 12

/** Finds definitions. */
export class Definitions {
  readonly #types: TypeInference

  constructor(types: TypeInference) {
    this.#types = types
  }

  /** The node that defines what a name stands for; undefined when there are several or none. */
  of(module: number, node: number): Definition | undefined {
    const { index, names, table } = this.#types
    const tree = index.trees[module]!
    if (tree.kind(node) === Kind.Name) {
      const bound = names.lookUp(names.scopeOf(module, node), tree.name(node))
      if (bound === undefined) return this.#inStars(module, tree.name(node), 0)
      const at = bound.nodes[bound.nodes.length - 1]!
      return this.#throughImport(index.scopeModule[bound.scope]!, at, 0)
    }
    if (tree.kind(node) === Kind.Attribute) {
      const object = this.#types.typeOf(module, node + 1)
      if (table.kind[object] !== TypeKind.Module) return undefined
      return this.#exported(table.a[object]!, tree.name(node), 0)
    }
    return undefined
  }

  #throughImport(module: number, node: number, depth: number): Definition | undefined {
    const tree = this.#types.index.trees[module]!
    if (tree.kind(node) !== Kind.Alias) return { module, node }
    const statement = tree.parent(node)
    if (tree.kind(statement) !== Kind.ImportFrom || depth > MAX_STEPS) return undefined
    const source = this.#types.nameTypes.sourceOf(module, tree, statement)
    return source.module < 0 ? undefined : this.#exported(source.module, tree.name(node), depth + 1)
  }

  #exported(module: number, name: number, depth: number): Definition | undefined {
    const { names, index } = this.#types
    const nodes = names.bindingsIn(index.firstScope[module]!, name)
    if (nodes.length > 0) return this.#throughImport(module, nodes[nodes.length - 1]!, depth)
    return this.#inStars(module, name, depth + 1)
  }

  #inStars(module: number, name: number, depth: number): Definition | undefined {
    if (depth > MAX_STEPS) return undefined
    for (const source of this.#types.nameTypes.starSources(module)) {
      const found = this.#exported(source, name, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }
}
