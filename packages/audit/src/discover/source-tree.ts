// Reads text files of the audited tree: inside the root only, regular files only, not longer than a limit.
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs'
import { join, sep } from 'node:path'

const MAX_BYTES = 4 * 1024 * 1024

/** A line of the source around a finding. */
export interface ExcerptLine {
  readonly line: number
  readonly text: string
}

/** The audited folder as text; remembers the last files it read, because findings come in runs. */
export class SourceTree {
  readonly #root: string
  readonly #real: string
  readonly #lines = new Map<string, readonly string[]>()

  constructor(root: string) {
    this.#root = root
    this.#real = realpathSync(root)
  }

  /** The text of a file; undefined for what is missing, no regular file, outside the root or too long. */
  read(path: string): string | undefined {
    const file = join(this.#root, path)
    let handle: number | undefined
    try {
      const real = realpathSync(file)
      if (!real.startsWith(this.#real + sep)) return undefined
      // Non-blocking, so that a named pipe cannot hold the audit.
      handle = openSync(real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
      const stat = fstatSync(handle)
      if (!stat.isFile() || stat.size > MAX_BYTES) return undefined
      const bytes = Buffer.alloc(stat.size)
      const length = readSync(handle, bytes, 0, stat.size, 0)
      return bytes.toString('utf8', 0, length).replace(/^\ufeff/, '')
    } catch {
      return undefined
    } finally {
      if (handle !== undefined) closeSync(handle)
    }
  }

  /** The line and one on each side of it, cut at 300 characters; empty when the line does not exist or is blank. */
  excerpt(path: string, line: number): ExcerptLine[] {
    const lines = this.lines(path)
    if ((lines[line - 1] ?? '').trim() === '') return []
    const around = [line - 1, line, line + 1].filter((number) => number >= 1 && number <= lines.length)
    return around.map((number) => ({ line: number, text: (lines[number - 1] ?? '').slice(0, 300).trimEnd() }))
  }

  /** The lines of a file, none when it cannot be read. */
  lines(path: string): readonly string[] {
    const known = this.#lines.get(path)
    if (known !== undefined) return known
    const lines = this.read(path)?.split(/\r\n|\r|\n/) ?? []
    if (this.#lines.size >= 64) this.#lines.clear()
    this.#lines.set(path, lines)
    return lines
  }
}
