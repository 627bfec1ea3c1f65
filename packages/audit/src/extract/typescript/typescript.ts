// TypeScript and JavaScript as a language of the auditor: every syntax that the parser knows, JSX included.
import type { Extracted, Extractor, Failure, Language } from '../../facts/extractor.ts'
import type { StringPool } from '../../facts/string-pool.ts'
import { isSafelyNested, survivesParsing } from './nesting.ts'
import { parser } from './parser.ts'
import { isBundle, readText } from './source-text.ts'
import { StatementWriter } from './statement-writer.ts'

const TOO_DEEP: Failure = { code: 'too-deep', line: 0, reason: 'the code nests too deeply to be read' }
const NOTHING = new Int32Array(0)

class TypeScriptExtractor implements Extractor {
  readonly #writer: StatementWriter

  constructor(pool: StringPool) {
    this.#writer = new StatementWriter(pool)
  }

  read(buffer: Uint8Array, length: number, path: string): Extracted | Failure {
    const bytes = buffer.subarray(0, length)
    const text = readText(bytes)
    if (typeof text !== 'string') return text
    if (isBundle(text))
      return { words: 0, lines: 0, names: NOTHING, comments: NOTHING, generated: true, layOut: () => {} }
    const parse = parser()
    if (parse instanceof Error) {
      const reason = `the TypeScript parser could not be loaded (${parse.message.split('\n', 1)[0]}); install oxc-parser with its optional dependencies`
      return { code: 'parser-missing', line: 0, reason }
    }
    if (!isSafelyNested(buffer, length, path) && !survivesParsing(path, text)) return TOO_DEEP
    // JSX in a .js file is common and harmless to allow; in a .ts file `<T>x` means something else.
    const name = /\.(?:js|mjs|cjs)$/i.test(path) ? `${path}x` : path
    const writer = this.#writer
    try {
      const { program, errors, comments } = parse(name, text)
      const [first] = errors
      if (program.body.length === 0 && first !== undefined) {
        const at = first.labels[0]?.start ?? 0
        return { code: 'syntax', line: text.slice(0, at).split('\n').length, reason: plain(first.message) }
      }
      writer.write(program, text, comments)
    } catch (error) {
      if (error instanceof RangeError) return TOO_DEEP
      throw error
    }
    const { words, lines, names, comments: spoken } = writer
    return { words, lines, names, comments: spoken, layOut: (out) => writer.layOut(out) }
  }
}

const plain = (message: string): string => `${message.charAt(0).toLowerCase()}${message.slice(1)}`.replace(/\.$/, '')

/** The extractor of TypeScript and JavaScript. */
export const typescript = {
  name: 'typescript',
  extensions: ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'],
  within: { extensions: ['.js', '.jsx', '.mjs', '.cjs'], marker: 'package.json' },
  version: 5,
  open: (pool: StringPool) => new TypeScriptExtractor(pool),
} satisfies Language
