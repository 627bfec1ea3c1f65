// Reads source files one after the other and gathers their facts in few large blocks of memory.
import { hash as digest } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import type { Extractor, Failure } from '../facts/extractor.ts'
import { isFailure } from '../facts/extractor.ts'
import type { StringPool } from '../facts/string-pool.ts'
import { languageOf, languages } from './languages.ts'

/** Larger files are named and not read: nobody writes them by hand. */
const MAX_FILE_BYTES = 4 * 1024 * 1024

const BLOCK_WORDS = 1 << 20
/** Marks generators leave in the first lines of a file. */
const GENERATED =
  /@generated\b|\b(?:auto-?)?generated (?:by|from)\b.{0,200}?\bdo not (?:edit|modify)|\bdo not (?:edit|modify)\b.{0,200}?\bgenerated/is

/** Facts of one file, as a place in a block: nodes, then names, then comments. */
export interface FactsRecord {
  /** Number of the file in the list that was asked for. */
  readonly file: number
  /** SHA-256 of its bytes, cut to 32 hexadecimal digits. */
  readonly digest: string
  readonly lines: number
  /** Its facts are known by digest and were not made again. */
  readonly known: boolean
  readonly block: number
  readonly offset: number
  readonly nodeWords: number
  readonly nameCount: number
  readonly commentWords: number
  readonly generated: boolean
  readonly failure: Failure | undefined
}

/** Reads files with one string pool; what it gathered can be sent to another thread without copying. */
export class FileReader {
  readonly records: FactsRecord[] = []
  readonly blocks: Int32Array<ArrayBuffer>[] = []
  readonly #pool: StringPool
  readonly #extractors = new Map<string, Extractor>()
  #buffer = new Uint8Array(1 << 18)
  #used = BLOCK_WORDS

  constructor(pool: StringPool) {
    this.#pool = pool
    // The first language's reader numbers its keywords in a pool that is still empty.
    this.#extractor('')
  }

  /** Reads one file; contents whose digest is in `known` are not read again. */
  read(file: number, path: string, location: string | Buffer, known: ReadonlySet<string>): void {
    const length = this.#load(location)
    if (typeof length !== 'number') {
      this.#fail(file, '', length)
      return
    }
    const content = digest('sha256', this.#buffer.subarray(0, length)).slice(0, 32)
    if (known.has(content)) {
      this.#record({ file, digest: content, lines: 0, known: true, generated: false, failure: undefined }, 0, 0, 0)
      return
    }
    const head = Buffer.from(this.#buffer.buffer, 0, Math.min(length, 600)).toString('latin1')
    const generated = GENERATED.test(head.split('\n', 8).join('\n'))
    const result = this.#extractor(path).read(this.#buffer, length, path)
    if (isFailure(result)) {
      this.#fail(file, content, result)
      return
    }
    const { words, names, comments } = result
    const block = this.#room(words + names.length + comments.length)
    result.layOut(block.subarray(this.#used, this.#used + words))
    block.set(names, this.#used + words)
    block.set(comments, this.#used + words + names.length)
    this.#record(
      {
        file,
        digest: content,
        lines: result.lines,
        known: false,
        generated: generated || result.generated === true,
        failure: undefined,
      },
      words,
      names.length,
      comments.length,
    )
  }

  #record(
    base: Pick<FactsRecord, 'file' | 'digest' | 'lines' | 'known' | 'generated' | 'failure'>,
    nodeWords: number,
    nameCount: number,
    commentWords: number,
  ): void {
    const block = this.blocks.length - 1
    this.records.push({ ...base, block, offset: this.#used, nodeWords, nameCount, commentWords })
    this.#used += nodeWords + nameCount + commentWords
  }

  #fail(file: number, content: string, failure: Failure): void {
    this.#record({ file, digest: content, lines: 0, known: false, generated: false, failure }, 0, 0, 0)
  }

  /** The block to write into, with that many words free at `#used`. */
  #room(words: number): Int32Array<ArrayBuffer> {
    const last = this.blocks[this.blocks.length - 1]
    if (last !== undefined && this.#used + words <= last.length) return last
    const block = new Int32Array(Math.max(BLOCK_WORDS, words))
    this.blocks.push(block)
    this.#used = 0
    return block
  }

  #extractor(path: string): Extractor {
    const language = languageOf(path) ?? languages[0]!
    const known = this.#extractors.get(language.name)
    if (known !== undefined) return known
    const extractor = language.open(this.#pool)
    this.#extractors.set(language.name, extractor)
    return extractor
  }

  /** Puts the file's bytes into the buffer; how many they are, or why not. */
  #load(location: string | Buffer): number | Failure {
    let handle: number | undefined
    try {
      // Neither a link put in place of the file nor a named pipe may lead or hold the audit.
      handle = openSync(location, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
      const { size } = fstatSync(handle)
      if (size > MAX_FILE_BYTES) {
        return { code: 'too-large', line: 0, reason: `the file has ${Math.round(size / 1e6)} MB, more than 4 MB` }
      }
      if (size + 2 > this.#buffer.length) this.#buffer = new Uint8Array(2 * size + 2)
      let length = 0
      while (length < size) {
        const got = readSync(handle, this.#buffer, length, size - length, length)
        if (got === 0) break
        length += got
      }
      return length
    } catch (error) {
      // A system error always has a code; anything else is reported by its text.
      const code = (error as NodeJS.ErrnoException).code ?? String(error)
      return { code: 'unreadable', line: 0, reason: `the file cannot be read (${code})` }
    } finally {
      if (handle !== undefined) closeSync(handle)
    }
  }
}
