// What a language must do to be audited: turn the bytes of one file into nodes. One folder per language.
import type { UnparsedFile } from './contract.ts'
import type { StringPool } from './string-pool.ts'

/** A language the auditor can read. Register it in languages.ts. */
export interface Language {
  readonly name: string
  /** Ends of file names, with the dot, in lower case. */
  readonly extensions: readonly string[]
  /** Of them, those that are sources only below a folder with the marker: any page may hold a script. */
  readonly within?: { readonly extensions: readonly string[]; readonly marker: string }
  /** First number of the facts' format: raise it when the same bytes give other facts, so that caches are dropped. */
  readonly version: number
  /** A reader for one thread; it may keep buffers between files. */
  open(pool: StringPool): Extractor
}

/** Why a file gave no facts (see UnparsedFile). */
export type Failure = Omit<UnparsedFile, 'path'>

/** Facts of one file, valid until the extractor's next `read`. */
export interface Extracted {
  /** Int32 words that `layOut` will write. */
  readonly words: number
  readonly lines: number
  readonly names: Int32Array
  readonly comments: Int32Array
  /** A machine wrote it (a bundle): the file is passed by and has no words. */
  readonly generated?: boolean
  layOut(out: Int32Array): void
}

/** Reads files one after the other. */
export interface Extractor {
  /**
   * `buffer` holds the file in its first `length` bytes and has at least two bytes to spare behind them; both may be
   * overwritten. `path` is only for deciding what the file is (a template named .py, a stub).
   */
  read(buffer: Uint8Array, length: number, path: string): Extracted | Failure
}

export const isFailure = (result: Extracted | Failure): result is Failure => 'code' in result
