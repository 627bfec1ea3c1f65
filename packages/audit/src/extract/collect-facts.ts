// Facts of a whole tree: found, read (or taken from the cache) and put in path order.
import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { type Discovery, discoverFiles, type FoundFile, type SkippedPath } from '../discover/discover-files.ts'
import { SourceTree } from '../discover/source-tree.ts'
import type { UnparsedFile } from '../facts/contract.ts'
import { StringPool } from '../facts/string-pool.ts'
import { SyntaxTree } from '../facts/tree.ts'
import { type CachedFacts, type CachedFile, cacheFile, isUnchanged, readCache, writeCache } from './facts-cache.ts'
import { languageOf, languages } from './languages.ts'
import { type Manifests, NO_MANIFESTS } from './manifests/contract.ts'
import { declaredAbove } from './manifests/declared-above.ts'
import { readIgnores } from './manifests/ignored-paths.ts'
import { readManifests } from './manifests/read-manifests.ts'
import { readFiles } from './read-files.ts'

/** What to collect. */
export interface CollectOptions {
  readonly root: string
  /** Globs to leave out, as in a .gitignore. */
  readonly exclude?: readonly string[]
  /** Languages to read; all unless given. */
  readonly languages?: readonly string[] | undefined
  /** Folder of the cache, or false for none. */
  readonly cache?: string | false
  /** Most threads; all cores unless given, 1 reads in this one. */
  readonly threads?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called now and then with the files read so far. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** What is known of a tree's sources. */
export interface Facts {
  /** In path order. */
  readonly trees: readonly SyntaxTree[]
  readonly strings: StringPool
  /** Sources without facts, each with its reason. */
  readonly unparsed: readonly UnparsedFile[]
  /** Files and folders that were passed by, each with its reason. */
  readonly skipped: readonly SkippedPath[]
  /** Every file that is not ignored, sorted. */
  readonly paths: readonly string[]
  /** Packages and compilers of a tree with TypeScript or JavaScript in it; none for any other. */
  readonly manifests: Manifests
  /** Hash of every path and of the content of every source: the same hash, the same facts. */
  readonly digest: string
  /** Source files seen. */
  readonly seen: number
  /** Lines of the files in `trees`. */
  readonly lines: number
  /** Files whose facts came from the cache. */
  readonly cached: number
  /** Settles when the cache is written; never rejects. */
  readonly stored: Promise<void>
}

/**
 * Collects the facts of every source below a folder. Nothing found there is run or imported.
 * @throws the file system's error when the root cannot be read; the signal's reason when stopped
 */
export const collectFacts = async (options: CollectOptions): Promise<Facts> => {
  const wanted = languages.filter(({ name }) => options.languages?.includes(name) !== false)
  const within = wanted.find((language) => language.within !== undefined)?.within
  const discovery = discoverFiles({
    root: options.root,
    extensions: wanted.flatMap((language) => language.extensions),
    ...(within === undefined ? {} : { within }),
    exclude: options.exclude ?? [],
  })
  options.signal?.throwIfAborted()
  // Whoever reads fewer languages keeps facts of its own, or each run would throw away what the other one needs.
  const name = [discovery.root, ...(options.languages ?? [])].join('\0')
  const cache = options.cache ? cacheFile(options.cache, name) : undefined
  const before = cache === undefined ? undefined : readCache(cache)
  const pool = before?.pool ?? new StringPool()
  const startedAt = Date.now()
  const { files, cached, read } = await currentFiles(discovery.sources, before, pool, options)
  const manifests = discovery.sources.some(({ path }) => languageOf(path)?.name === 'typescript')
    ? manifestsOf(discovery)
    : NO_MANIFESTS
  const result = arrange(discovery, files, pool, manifests)
  // A handful of changed files is read again faster than a large cache is written. One whose content is known but whose
  // time stamp is new, as after a checkout, counts: it would be read again and again.
  const worthStoring = read > files.length / 100 || (before?.files.length ?? 0) > files.length * 1.1
  const stored =
    cache === undefined || !worthStoring
      ? Promise.resolve()
      : writeCache(cache, options.cache as string, { pool, writtenAt: startedAt, files }).catch(() => {
          // A cache that cannot be written costs the next run its start, not this run its result.
        })
  return { ...result, cached, stored }
}

function manifestsOf({ root, paths }: Discovery): Manifests {
  const source = new SourceTree(root)
  const manifests = readManifests({ paths, read: (path) => source.read(path) })
  const ignores = readIgnores(paths, (path) => source.read(path))
  return { ...manifests, declaredAbove: declaredAbove(root), ignores }
}

/** The facts of every source in order, taken from the cache where the file has not changed. */
const currentFiles = async (
  sources: readonly FoundFile[],
  before: CachedFacts | undefined,
  pool: StringPool,
  options: CollectOptions,
): Promise<{ files: CachedFile[]; cached: number; read: number }> => {
  const byPath = new Map(before?.files.map((file) => [file.path, file]))
  const kept = sources.map((source) => {
    const known = byPath.get(source.path)
    return known !== undefined && isUnchanged(known, source, before?.writtenAt ?? 0) ? known : undefined
  })
  const missing = sources.filter((_, at) => kept[at] === undefined)
  if (missing.length === 0) return { files: kept as CachedFile[], cached: kept.length, read: 0 }
  const byDigest = new Map(before?.files.map((file) => [file.digest, file]))
  const { records, blocks } = await readFiles(missing, pool, {
    threads: options.threads ?? availableParallelism(),
    known: new Set(byDigest.keys()),
    signal: options.signal,
    onProgress: options.onProgress,
  })
  let next = 0
  let cached = 0
  const files = sources.map((source, at): CachedFile => {
    const unchanged = kept[at]
    if (unchanged !== undefined) {
      cached++
      return unchanged
    }
    const record = records[next++]!
    const { path, size, mtimeMs, inode } = source
    const same = record.known ? byDigest.get(record.digest) : undefined
    if (same !== undefined) {
      cached++
      return { ...same, path, size, mtimeMs, inode }
    }
    const { digest, lines, generated, failure, nodeWords, nameCount } = record
    const end = record.offset + nodeWords + nameCount + record.commentWords
    const words = blocks[record.block]?.subarray(record.offset, end) ?? NO_WORDS
    return { path, size, mtimeMs, inode, digest, lines, generated, failure, words, nodeWords, nameCount }
  })
  return { files, cached, read: missing.length }
}

const NO_WORDS = new Int32Array(0)

/** Sorts facts into trees and what has none. */
const arrange = (
  discovery: Discovery,
  files: readonly CachedFile[],
  strings: StringPool,
  manifests: Manifests,
): Omit<Facts, 'cached' | 'stored'> => {
  const trees: SyntaxTree[] = []
  const unparsed: UnparsedFile[] = []
  const skipped: SkippedPath[] = [...discovery.skipped]
  let lines = 0
  const hash = createHash('sha256').update(discovery.paths.join('\0'))
  hash.update(JSON.stringify(discovery.skipped))
  hash.update(JSON.stringify(manifests))
  for (const { path, failure, generated, words, nodeWords, nameCount, ...file } of files) {
    hash.update(`\0${path}\0${file.digest}\0${failure?.code ?? ''}`)
    if (failure !== undefined) unparsed.push({ path, ...failure })
    else if (generated) skipped.push({ path, reason: 'generated' })
    else {
      const nodes = words.subarray(0, nodeWords)
      const names = words.subarray(nodeWords, nodeWords + nameCount)
      trees.push(new SyntaxTree({ path, nodes, names, comments: words.subarray(nodeWords + nameCount) }, strings))
      lines += file.lines
    }
  }
  const digest = hash.digest('hex')
  return { trees, strings, unparsed, skipped, paths: discovery.paths, manifests, digest, seen: files.length, lines }
}
