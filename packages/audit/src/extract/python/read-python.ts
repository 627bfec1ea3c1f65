// One Python text as a syntax tree: for tests, rule examples and editors; whole trees go through collect-facts.ts.
import type { UnparsedFile } from '../../facts/contract.ts'
import { isFailure } from '../../facts/extractor.ts'
import { StringPool } from '../../facts/string-pool.ts'
import { SyntaxTree } from '../../facts/tree.ts'
import { type PythonOptions, python } from './python.ts'

/** Reads a text or bytes; trees that are to be compared by string numbers share a pool. */
export const readPython = (
  source: string | Uint8Array,
  path = 'module.py',
  pool: StringPool = new StringPool(),
  options: PythonOptions = {},
): SyntaxTree | UnparsedFile => {
  const bytes = typeof source === 'string' ? new TextEncoder().encode(source) : source
  const buffer = new Uint8Array(bytes.length + 2)
  buffer.set(bytes)
  const result = python.open(pool, options).read(buffer, bytes.length)
  if (isFailure(result)) return { path, ...result }
  const nodes = new Int32Array(result.words)
  result.layOut(nodes)
  return new SyntaxTree({ path, nodes, names: result.names.slice(), comments: result.comments.slice() }, pool)
}
