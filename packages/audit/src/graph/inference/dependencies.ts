// Dependencies: what a framework gives a function when a call such as `Depends(provider)` stands in a parameter's place.
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import { PROVIDER_ENDS, PROVIDERS } from './frameworks/known-frameworks.ts'
import { lastName } from './last-name.ts'
import type { TypeInference } from './type-inference.ts'
import { type TypeId, TypeKind } from './type-table.ts'

/** Follows dependencies to their providers. */
export class Dependencies {
  readonly #types: TypeInference

  constructor(types: TypeInference) {
    this.#types = types
  }

  /** The provider expression of `Depends(provider)`, or -1 when the node is no such call. */
  providerOf(module: number, tree: SyntaxTree, node: number): number {
    if (node < 0 || tree.kind(node) !== Kind.Call) return -1
    if (!PROVIDER_ENDS.has(lastName(tree, node + 1))) return -1
    const { table } = this.#types
    const callee = this.#types.typeOf(module, node + 1)
    if (table.kind[callee] !== TypeKind.Outside || !PROVIDERS.has(table.outsideName(table.a[callee]!))) return -1
    const argument = tree.nextSibling(node + 1)
    if (argument < 0) return -1
    return tree.kind(argument) === Kind.Keyword ? argument + 1 : argument
  }

  /** What `Depends(provider)` gives a function: the provider's result, yielded value or instance. */
  given(module: number, tree: SyntaxTree, node: number): TypeId | undefined {
    const provider = this.providerOf(module, tree, node)
    return provider < 0 ? undefined : this.#providedBy(module, this.#types.typeOf(module, provider))
  }

  #providedBy(module: number, provider: TypeId): TypeId {
    const { table } = this.#types
    const result = this.#types.shapes.withoutPromise(this.#types.calls.called(module, provider, -1))
    const kind = table.kind[result]!
    const isOpened = kind === TypeKind.Iterator || kind === TypeKind.AsyncIterator || kind === TypeKind.Context
    return isOpened ? table.a[result]! : result
  }
}
