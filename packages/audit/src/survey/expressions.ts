// Reads expressions of a syntax tree: callees, arguments, constant text. Nodes are numbers; -1 means "there is none".
import { Kind } from '../facts/contract.ts'
import type { SyntaxTree } from '../facts/tree.ts'

/** Last name of what a call calls: `execute` of `self.cursor.execute(…)`, `print` of `print(…)`, '' for `f()()`. */
export function calleeName(tree: SyntaxTree, call: number): string {
  const callee = call + 1
  const kind = tree.kind(callee)
  return kind === Kind.Name || kind === Kind.Attribute ? tree.text(callee) : ''
}

/** The object before the last dot of the callee: `self.cursor` of `self.cursor.execute(…)`, or -1. */
export function receiverOf(tree: SyntaxTree, call: number): number {
  return tree.kind(call + 1) === Kind.Attribute ? call + 2 : -1
}

/** Positional argument number `index` (0-based) before any `*args`, or -1. */
export function positional(tree: SyntaxTree, call: number, index: number): number {
  let at = tree.nextSibling(call + 1)
  for (let left = index; at >= 0; left--, at = tree.nextSibling(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.Keyword || kind === Kind.Starred) return -1
    if (left === 0) return at
  }
  return -1
}

/** The value given by keyword, or -1. */
export function keyword(tree: SyntaxTree, call: number, name: string): number {
  for (let at = tree.nextSibling(call + 1); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) === Kind.Keyword && tree.text(at) === name) return at + 1
  }
  return -1
}

/** An argument by position or by keyword, or -1. */
export function argument(tree: SyntaxTree, call: number, index: number, name: string): number {
  const found = positional(tree, call, index)
  return found >= 0 ? found : keyword(tree, call, name)
}

/** Number of arguments of every form. */
export function argumentCount(tree: SyntaxTree, call: number): number {
  return tree.childCount(call) - 1
}

/** Text of a string constant; of an f-string or a concatenation the constant parts, `{}` for the others. */
export function constantText(tree: SyntaxTree, node: number, depth = 0): string {
  if (node < 0 || depth > 40) return ''
  switch (tree.kind(node)) {
    case Kind.String:
      return tree.text(node)
    case Kind.FString: {
      let text = ''
      for (let at = tree.firstChild(node); at >= 0; at = tree.nextSibling(at)) {
        text += tree.kind(at) === Kind.String ? tree.text(at) : '{}'
      }
      return text
    }
    case Kind.BinOp: {
      const left = node + 1
      const right = tree.nextSibling(left)
      return constantText(tree, left, depth + 1) + constantText(tree, right, depth + 1)
    }
    default:
      return ''
  }
}

/** Whether a node lies inside another (or is it). */
export function isInside(tree: SyntaxTree, node: number, outer: number): boolean {
  return node >= outer && node < tree.end(outer)
}

/** The object under any subscripts and calls of attributes: `cache` of `cache[user][key]`. */
export function underSubscripts(tree: SyntaxTree, node: number): number {
  let at = node
  while (tree.kind(at) === Kind.Subscript) at++
  return at
}

/** Whether the node is in the body of `if __name__ == '__main__'`. */
export function isUnderMainGuard(tree: SyntaxTree, node: number): boolean {
  for (let at = tree.parent(node); at >= 0; at = tree.parent(at)) {
    if (tree.kind(at) !== Kind.If) continue
    const test = at + 1
    if (tree.kind(test) === Kind.Compare && tree.kind(test + 1) === Kind.Name && tree.text(test + 1) === '__name__')
      return true
  }
  return false
}

/** The nearest exception handler around a node inside its own function, or -1. */
export function handlerAround(tree: SyntaxTree, node: number): number {
  for (let at = tree.parent(node); at >= 0; at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.Handler) return at
    if (kind === Kind.FunctionDef || kind === Kind.Lambda || kind === Kind.ClassDef) return -1
  }
  return -1
}
