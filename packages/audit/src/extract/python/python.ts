// Python as a language of the auditor: every syntax up to 3.14, and PEP 810.
import type { Extracted, Extractor, Failure, Language } from '../../facts/extractor.ts'
import type { StringPool } from '../../facts/string-pool.ts'
import { SyntaxProblem } from './lexer.ts'
import { readSource } from './source.ts'
import { PythonParser } from './statement-parser.ts'

/** Two template tags in a row of one file: nobody writes them in Python by accident. */
const TEMPLATE_TAG =
  /\{%-?\s*(?:if|for|block|extends|include|raw|set|macro|import|from|endif|endfor)\b|\{\{-?\s*[\w.]+(?:\s*\|[^}]*)?\s*-?\}\}/

/** Options that only the proof against CPython sets. */
export interface PythonOptions {
  readonly keepDocstrings?: boolean
}

class PythonExtractor implements Extractor {
  readonly #parser: PythonParser
  readonly #options: PythonOptions

  constructor(pool: StringPool, options: PythonOptions) {
    this.#parser = new PythonParser(pool)
    this.#options = options
  }

  read(buffer: Uint8Array, length: number): Extracted | Failure {
    const source = readSource(buffer, length)
    if ('code' in source) return source
    const parser = this.#parser
    try {
      parser.parse(source.bytes, { closed: source.closed, keepDocstrings: this.#options.keepDocstrings ?? false })
    } catch (problem) {
      return explain(problem, source.bytes)
    }
    return {
      words: parser.words,
      lines: parser.lines,
      names: parser.names,
      comments: parser.comments,
      layOut: (out) => parser.layOut(out),
    }
  }
}

const explain = (problem: unknown, bytes: Uint8Array): Failure => {
  if (problem instanceof RangeError) {
    return { code: 'too-deep', line: 0, reason: 'the code nests too deeply to be read' }
  }
  if (!(problem instanceof SyntaxProblem)) throw problem
  if (problem.tooDeep) return { code: 'too-deep', line: problem.line, reason: problem.reason }
  const tag = TEMPLATE_TAG.exec(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'))
  if (tag !== null) {
    const line = Buffer.from(bytes.buffer, bytes.byteOffset, tag.index).toString('latin1').split('\n').length
    return { code: 'template', line, reason: 'the file is a template (Jinja or alike), not Python' }
  }
  return { code: 'syntax', line: problem.line, reason: problem.reason }
}

/** The Python extractor. */
export const python = {
  name: 'python',
  extensions: ['.py'],
  version: 1,
  open: (pool: StringPool, options: PythonOptions = {}) => new PythonExtractor(pool, options),
} satisfies Language
