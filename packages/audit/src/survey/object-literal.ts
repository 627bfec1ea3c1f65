// Reads object literals of TypeScript: what a call's options say.
import { Kind } from '../facts/contract.ts'
import type { SyntaxTree } from '../facts/tree.ts'

/** The value of a key in an object literal, or -1; the last one when the key is there twice. */
export function entryOf(tree: SyntaxTree, dict: number, key: string): number {
  if (dict < 0 || tree.kind(dict) !== Kind.Dict) return -1
  let found = -1
  for (let at = tree.firstChild(dict); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) === Kind.DictUnpack) continue
    const isKey = tree.kind(at) === Kind.String && tree.value(at) >= 0 && tree.text(at) === key
    at = tree.nextSibling(at)
    if (at < 0) return found
    if (isKey) found = at
  }
  return found
}

/** `{ ...others }`: what the literal says is not all. */
export function hasSpread(tree: SyntaxTree, dict: number): boolean {
  return tree.childOf(dict, Kind.DictUnpack) >= 0
}

/** A number that is written as one, also as a product or a sum: `5 * 60 * 1000`; undefined for everything else. */
export function numberOf(tree: SyntaxTree, node: number, depth = 0): number | undefined {
  if (node < 0 || depth > 8) return undefined
  if (tree.kind(node) === Kind.Number) {
    return tree.has(node, 1) ? tree.value(node) : Number(tree.text(node).replaceAll('_', ''))
  }
  if (tree.kind(node) !== Kind.BinOp) return undefined
  const left = numberOf(tree, node + 1, depth + 1)
  const right = numberOf(tree, tree.lastChild(node), depth + 1)
  if (left === undefined || right === undefined) return undefined
  const operator = tree.value(node)
  return operator === MULTIPLY ? left * right : operator === ADD ? left + right : undefined
}

const ADD = 16
const MULTIPLY = 18
