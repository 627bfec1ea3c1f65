// Reads one file of a repository that may be hostile: a link to a device, a pipe that nobody writes to, a file without end.
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs'
import { sep } from 'node:path'

/** Why a file was not read. */
export type TextRefusal = 'missing' | 'not-a-file' | 'outside' | 'too-large' | 'unreadable'

/** A file that was read, or why it was not. */
export type TextFile = { readonly text: string } | { readonly refused: TextRefusal }

/** What a caller accepts. */
export interface ReadTextOptions {
  /** The folder that the file must lie in when all links are followed. Left out for a file that the user named. */
  readonly tree?: string
  /** Bytes at most; 1 MiB when left out. */
  readonly limit?: number
}

const usualLimit = 1 << 20

/**
 * The text of a regular file. Devices, pipes, sockets, folders, links that leave the tree and files beyond the limit are
 * refused; it never throws and never waits. Not more than the limit is read, also of a file that grows meanwhile.
 */
export function readTextFile(path: string, { tree, limit = usualLimit }: ReadTextOptions = {}): TextFile {
  let file: number | undefined
  try {
    const real = realpathSync(path)
    if (tree !== undefined && !liesIn(real, realpathSync(tree))) return { refused: 'outside' }
    // Looked at before it is opened, because opening a device may already do something.
    const before = refusalOf(statSync(real), limit)
    if (before !== undefined) return { refused: before }
    // What took its place since then is not waited for, not followed, and looked at again.
    file = openSync(real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0))
    const refused = refusalOf(fstatSync(file), limit)
    if (refused !== undefined) return { refused }
    return readAtMost(file, limit)
  } catch (error) {
    // A link to nothing is there all the same: who writes to it would write elsewhere.
    const gone = isMissing(error) && !isThere(path)
    return { refused: gone ? 'missing' : isMissing(error) ? 'not-a-file' : 'unreadable' }
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** A refusal as the end of a sentence: "it …". */
export const refusalWords: Readonly<Record<TextRefusal, string>> = {
  missing: 'is missing',
  'not-a-file': 'is no regular file',
  outside: 'is a link that leaves the repository',
  'too-large': 'is too large',
  unreadable: 'cannot be read',
}

function refusalOf(stats: Stats, limit: number): TextRefusal | undefined {
  if (!stats.isFile()) return 'not-a-file'
  return stats.size > limit ? 'too-large' : undefined
}

function readAtMost(file: number, limit: number): TextFile {
  const chunks: Buffer[] = []
  for (let length = 0; ; ) {
    const chunk = Buffer.allocUnsafe(Math.min(1 << 16, limit + 1 - length))
    const read = readSync(file, chunk)
    if (read === 0) return { text: Buffer.concat(chunks).toString('utf8') }
    chunks.push(chunk.subarray(0, read))
    length += read
    if (length > limit) return { refused: 'too-large' }
  }
}

function liesIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
