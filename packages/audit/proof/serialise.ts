// Our facts of one file in the text form of dump.py.
import { Kind } from '../src/facts/contract.ts'
import { isTextKind, kindName } from '../src/facts/outline.ts'
import type { SyntaxTree } from '../src/facts/tree.ts'

const PARENTHESISED = 8

/** Kinds with other meanings for the bit PARENTHESISED. */
const OWN_FLAGS = new Set<number>([Kind.Param, Kind.TypeParam, Kind.ImportFrom])

/** One line per node: depth, kind, flags, line:column, value as JSON. */
export const serialise = (tree: SyntaxTree): string[] => {
  const lines: string[] = []
  const ends: number[] = []
  for (let node = 0; node < tree.size; node++) {
    while (ends.length > 0 && node >= ends[ends.length - 1]!) ends.pop()
    const kind = tree.kind(node)
    const flags = OWN_FLAGS.has(kind) ? tree.flags(node) : tree.flags(node) & ~PARENTHESISED
    const bare = kind === Kind.String ? flags & ~1 : flags
    const value = valueText(tree, node, kind)
    const place = `${tree.line(node)}:${tree.column(node)}`
    lines.push(
      `${ends.length} ${kindName(kind)} ${kind === Kind.Number ? 0 : bare} ${place} ${ascii(JSON.stringify(value))}`,
    )
    ends.push(tree.end(node))
    // A string annotation's expression is more than CPython's tree holds.
    if (kind === Kind.String) node = tree.end(node) - 1
  }
  return lines
}

const valueText = (tree: SyntaxTree, node: number, kind: number): string | number | null => {
  const value = tree.value(node)
  if (isTextKind(kind)) return value === -1 ? null : tree.text(node)
  if (kind === Kind.Number) return tree.has(node, 1) ? String(value) : tree.text(node)
  return value === -1 ? null : kind === Kind.Compare ? value >>> 0 : value
}

/** As Python's json writes it: nothing beyond ASCII. */
const ascii = (json: string): string =>
  json.replace(/[\u007f-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
