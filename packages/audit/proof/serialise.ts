// Our facts of one file in the text form of dump.py.
import { Kind } from '../src/facts/contract.ts'
import type { SyntaxTree } from '../src/facts/tree.ts'

const KIND_NAME = new Map<number, string>(Object.entries(Kind).map(([name, kind]) => [kind, name]))
const PARENTHESISED = 8

/** Kinds whose value is a string of the file. */
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
    const value = valueOf(tree, node, kind)
    const place = `${tree.line(node)}:${tree.column(node)}`
    lines.push(
      `${ends.length} ${KIND_NAME.get(kind)} ${kind === Kind.Number ? 0 : bare} ${place} ${ascii(JSON.stringify(value))}`,
    )
    ends.push(tree.end(node))
    // A string annotation's expression is more than CPython's tree holds.
    if (kind === Kind.String) node = tree.end(node) - 1
  }
  return lines
}

const valueOf = (tree: SyntaxTree, node: number, kind: number): string | number | null => {
  const value = tree.value(node)
  if (TEXT.has(kind)) return value === -1 ? null : tree.text(node)
  if (kind === Kind.Number) return tree.has(node, 1) ? String(value) : tree.text(node)
  return value === -1 ? null : value
}

/** As Python's json writes it: nothing beyond ASCII. */
const ascii = (json: string): string =>
  json.replace(/[\u0080-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
