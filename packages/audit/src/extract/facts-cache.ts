// Facts of the last run in one binary file: read whole, used in place, replaced whole; anything wrong with it means "none".
import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
// The whole module: a Node that is too old lacks crc32, and has to get as far as being told so.
import zlib from 'node:zlib'
import type { Failure } from '../facts/extractor.ts'
import { StringPool } from '../facts/string-pool.ts'
import { languages } from './languages.ts'

/** Layout of the file; raise it when the layout or the meaning of any word changes. */
const FORMAT = 1
const MAGIC = 0x46544731
/** Magic, format, checksum of the rest, bytes of the table. */
const HEADER_WORDS = 4
const MAX_BYTES = 2 ** 31 - 1
/** A file changed so shortly before the cache was written may change again within the same time stamp. */
const RACY_MS = 2_000
const LEFT_OVER_MS = 600_000

/** Facts of one file as the cache knows them. */
export interface CachedFile {
  readonly path: string
  readonly size: number
  readonly mtimeMs: number
  readonly inode: number
  /** SHA-256 of the content, 32 hexadecimal digits. */
  readonly digest: string
  readonly lines: number
  readonly generated: boolean
  readonly failure: Failure | undefined
  /** Nodes, names and comments, one after the other. */
  readonly words: Int32Array
  readonly nodeWords: number
  readonly nameCount: number
}

/** What a cache file holds; names in `words` are numbers of `pool`. */
export interface CachedFacts {
  readonly pool: StringPool
  readonly writtenAt: number
  readonly files: readonly CachedFile[]
}

type Row = [string, number, number, number, string, number, boolean, Failure | null, number, number, number]

interface Table {
  readonly languages: string
  readonly writtenAt: number
  readonly strings: number
  readonly stringBytes: number
  readonly rows: readonly Row[]
}

const languageVersions = (): string => languages.map(({ name, version }) => `${name} ${version}`).join(', ')

/** The cache file of one audited root in a cache folder. */
export const cacheFile = (folder: string, root: string): string =>
  join(folder, `facts-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.bin`)

/** Reads a cache; undefined when there is none, it is of another version, or it is damaged. */
export const readCache = (file: string): CachedFacts | undefined => {
  let handle: number | undefined
  try {
    handle = openSync(file, 'r')
    const { size } = fstatSync(handle)
    if (size < HEADER_WORDS * 4 || size > MAX_BYTES) return undefined
    const bytes = Buffer.allocUnsafeSlow(size)
    for (let at = 0; at < size; ) {
      const got = readSync(handle, bytes, at, size - at, at)
      if (got === 0) return undefined
      at += got
    }
    return parse(bytes)
  } catch {
    // Missing, unreadable, or a table that is no JSON in spite of its checksum: all mean that there is no cache.
    return undefined
  } finally {
    if (handle !== undefined) closeSync(handle)
  }
}

const parse = (bytes: Buffer): CachedFacts | undefined => {
  const words = new Int32Array(bytes.buffer, 0, bytes.length >> 2)
  if (words[0] !== MAGIC || words[1] !== FORMAT) return undefined
  if (words[2] !== (zlib.crc32(bytes.subarray(12)) | 0)) return undefined
  const tableBytes = words[3]!
  const start = HEADER_WORDS * 4
  // Written by this module and guarded by format and checksum, so its shape is known.
  const table = JSON.parse(bytes.toString('utf8', start, start + tableBytes)) as Table
  if (table.languages !== languageVersions()) return undefined
  let at = padded(start + tableBytes) >> 2
  const take = (count: number): Int32Array => {
    at += count
    return words.subarray(at - count, at)
  }
  const starts = take(table.strings + 1)
  const hashes = take(table.strings)
  const pool = StringPool.from({ bytes: bytes.subarray(at * 4, at * 4 + table.stringBytes), starts, hashes })
  at += padded(table.stringBytes) >> 2
  const files = table.rows.map((row): CachedFile => {
    const [path, size, mtimeMs, inode, digest, lines, generated, failure, nodeWords, nameCount, commentWords] = row
    const own = take(nodeWords + nameCount + commentWords)
    return {
      path,
      size,
      mtimeMs,
      inode,
      digest,
      lines,
      generated,
      failure: failure ?? undefined,
      words: own,
      nodeWords,
      nameCount,
    }
  })
  return { pool, writtenAt: table.writtenAt, files }
}

/** Whether a file on disk is surely the one that was cached, by what the file system says of it. */
export const isUnchanged = (
  cached: CachedFile,
  found: { readonly size: number; readonly mtimeMs: number; readonly inode: number },
  writtenAt: number,
): boolean =>
  cached.failure?.code !== 'unreadable' &&
  cached.size === found.size &&
  cached.mtimeMs === found.mtimeMs &&
  cached.inode === found.inode &&
  cached.mtimeMs < writtenAt - RACY_MS

/** Replaces the cache file in one step: readers see the old or the new one. Rejects when the folder cannot be written. */
export const writeCache = async (file: string, folder: string, facts: CachedFacts): Promise<void> => {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, '.gitignore'), '*\n')
  const { bytes: stringBytes, starts, hashes } = facts.pool.parts()
  const table: Table = {
    languages: languageVersions(),
    writtenAt: facts.writtenAt,
    strings: hashes.length,
    stringBytes: stringBytes.length,
    rows: facts.files.map((one): Row => {
      const { path, size, mtimeMs, inode, digest, lines, generated, failure, nodeWords, nameCount } = one
      const commentWords = one.words.length - nodeWords - nameCount
      return [path, size, mtimeMs, inode, digest, lines, generated, failure ?? null, nodeWords, nameCount, commentWords]
    }),
  }
  const json = Buffer.from(JSON.stringify(table))
  const sections: Uint8Array[] = [
    padding(json),
    bytesOf(starts),
    bytesOf(hashes),
    padding(stringBytes),
    ...facts.files.map((one) => bytesOf(one.words)),
  ]
  const length = Buffer.from(Int32Array.of(json.length).buffer)
  let checksum = zlib.crc32(length)
  const temporary = `${file}.${process.pid}.${Date.now()}.tmp`
  await removeLeftOvers(folder)
  const out = await open(temporary, 'wx')
  try {
    await out.write(Buffer.alloc(HEADER_WORDS * 4))
    for (let first = 0; first < sections.length; first += 256) {
      const group = sections.slice(first, first + 256).filter((section) => section.length > 0)
      for (const section of group) checksum = zlib.crc32(section, checksum)
      if (group.length > 0) await out.writev(group)
    }
    const header = Int32Array.of(MAGIC, FORMAT, checksum | 0, json.length)
    await out.write(bytesOf(header), 0, HEADER_WORDS * 4, 0)
    await out.close()
    await rename(temporary, file)
  } catch (error) {
    await out.close().catch(() => {})
    await rm(temporary, { force: true })
    throw error
  }
}

/** Temporary files of runs that were killed while writing. */
const removeLeftOvers = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.tmp')) continue
    const path = join(folder, name)
    const { mtimeMs } = await stat(path)
    if (Date.now() - mtimeMs > LEFT_OVER_MS) await rm(path, { force: true })
  }
}

const padded = (length: number): number => (length + 3) & ~3

const padding = (bytes: Uint8Array): Uint8Array => {
  if (bytes.length % 4 === 0) return bytes
  const out = new Uint8Array(padded(bytes.length))
  out.set(bytes)
  return out
}

const bytesOf = (words: Int32Array): Uint8Array => new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
