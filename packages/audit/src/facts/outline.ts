// A syntax tree as text, for tests and for whoever writes a rule and wants to see what a file looks like.
import { Flag, Kind, Op } from './contract.ts'
import type { SyntaxTree } from './tree.ts'

const KIND_NAMES: readonly string[] = nameByNumber(Kind)
const OPERATOR_NAMES: readonly string[] = nameByNumber(Op)
const MAX_DEPTH = 200

const TEXT = new Set<number>([
  Kind.FunctionDef,
  Kind.ClassDef,
  Kind.ImportFrom,
  Kind.Handler,
  Kind.Alias,
  Kind.AsName,
  Kind.Param,
  Kind.TypeParam,
  Kind.Name,
  Kind.Attribute,
  Kind.Keyword,
  Kind.String,
  Kind.Bytes,
  Kind.MatchAs,
  Kind.MatchMapping,
  Kind.MatchKeyword,
  Kind.MatchStar,
])
const OPERATORS = new Set<number>([Kind.BinOp, Kind.AugAssign, Kind.UnaryOp, Kind.BoolOp])

/** `Kind value (children)`, such as `Assign(Name x, Number 1)`; positions are left out. */
export const outline = (tree: SyntaxTree, node = 0, depth = 0): string => {
  if (depth > MAX_DEPTH) return '…'
  const children: string[] = []
  for (let child = tree.firstChild(node); child >= 0; child = tree.nextSibling(child)) {
    children.push(outline(tree, child, depth + 1))
  }
  const value = valueOutline(tree, node)
  const head = value === '' ? kindName(tree.kind(node)) : `${kindName(tree.kind(node))} ${value}`
  return children.length === 0 ? head : `${head}(${children.join(', ')})`
}

/** The name of a Kind. */
export const kindName = (kind: number): string => KIND_NAMES[kind] ?? `kind ${kind}`

/** Whether a node's value is a string of the file. */
export const isTextKind = (kind: number): boolean => TEXT.has(kind)

const valueOutline = (tree: SyntaxTree, node: number): string => {
  const kind = tree.kind(node)
  if (kind === Kind.String || kind === Kind.Bytes) return tree.name(node) < 0 ? '' : JSON.stringify(tree.text(node))
  if (TEXT.has(kind)) return tree.text(node)
  if (OPERATORS.has(kind)) return OPERATOR_NAMES[tree.value(node)] ?? ''
  if (kind === Kind.Number) return tree.has(node, Flag.INTEGER) ? String(tree.value(node)) : tree.text(node)
  return ''
}

function nameByNumber(numbers: Readonly<Record<string, number>>): string[] {
  const names: string[] = []
  for (const [name, number] of Object.entries(numbers)) names[number] = name
  return names
}
