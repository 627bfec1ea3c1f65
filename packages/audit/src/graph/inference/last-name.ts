// The last part of a dotted expression, which is what conventions go by.
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'

/** Last name of a dotted expression or of the callee of a call: `a.b.c(…)` gives `c`. */
export function lastName(tree: SyntaxTree, node: number): string {
  const at = tree.kind(node) === Kind.Call ? node + 1 : node
  const kind = tree.kind(at)
  return kind === Kind.Name || kind === Kind.Attribute ? tree.text(at) : ''
}
