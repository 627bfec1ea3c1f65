// Facts of a whole tree: found, read (or taken from the cache) and put in path order.
import { availableParallelism } from 'node:os'
import { discoverFiles, type FoundFile, type SkippedPath } from '../discover/discover-files.ts'
import type { UnparsedFile } from '../facts/contract.ts'
import { SyntaxTree } from '../facts/tree.ts'
import { languages } from './languages.ts'
import { readFiles } from './read-files.ts'
import { StringPool } from './string-pool.ts'

/** What to collect. */
export interface CollectOptions {
  readonly root: string
  /** Globs to leave out, as in a .gitignore. */
  readonly exclude?: readonly string[]
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
  const discovery = discoverFiles({
    root: options.root,
    extensions: languages.flatMap((language) => language.extensions),
    exclude: options.exclude ?? [],
  })
  options.signal?.throwIfAborted()
  const pool = new StringPool()
  const { records, blocks } = await readFiles(discovery.sources, pool, {
    threads: options.threads ?? availableParallelism(),
    signal: options.signal,
    onProgress: options.onProgress,
  })
  const trees: SyntaxTree[] = []
  const unparsed: UnparsedFile[] = []
  const skipped: SkippedPath[] = [...discovery.skipped]
  let lines = 0
  for (const record of records) {
    const { path } = discovery.sources[record.file] as FoundFile
    if (record.failure !== undefined) {
      unparsed.push({ path, ...record.failure })
      continue
    }
    if (record.generated) {
      skipped.push({ path, reason: 'generated' })
      continue
    }
    const names = record.offset + record.nodeWords
    const comments = names + record.nameCount
    const block = blocks[record.block]!
    const parts = {
      path,
      nodes: block.subarray(record.offset, names),
      names: block.subarray(names, comments),
      comments: block.subarray(comments, comments + record.commentWords),
    }
    trees.push(new SyntaxTree(parts, pool))
    lines += record.lines
  }
  return {
    trees,
    strings: pool,
    unparsed,
    skipped,
    paths: discovery.paths,
    seen: discovery.sources.length,
    lines,
    cached: 0,
    stored: Promise.resolve(),
  }
}
