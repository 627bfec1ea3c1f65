// Reads a list of files on several threads: this one takes part, so that one thread is simply no helpers.
import { Worker } from 'node:worker_threads'
import type { FoundFile } from '../discover/discover-files.ts'
import type { StringPool } from '../facts/string-pool.ts'
import { type FactsRecord, FileReader } from './file-reader.ts'
import { type ExtractReply, type ExtractTask, takeBatch } from './take-batch.ts'

/** Bytes below which starting a thread costs more than it saves. */
const BYTES_PER_THREAD = 3_000_000

/** Facts of many files; `block` of a record is a number in `blocks`, and names are numbers of the given pool. */
export interface ReadResult {
  readonly records: readonly FactsRecord[]
  readonly blocks: readonly Int32Array<ArrayBuffer>[]
}

/** How to read. */
export interface ReadOptions {
  /** Most threads, this one included. */
  readonly threads: number
  /** Digests of contents that need not be read again. */
  readonly known: ReadonlySet<string>
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** Reads every file into the pool's numbers. Rejects only when stopped by the signal or when a thread breaks. */
export const readFiles = async (
  files: readonly FoundFile[],
  pool: StringPool,
  options: ReadOptions,
): Promise<ReadResult> => {
  const counters = new Int32Array(new SharedArrayBuffer(12))
  const task: ExtractTask = {
    paths: files.map((file) => file.path),
    locations: files.map((file) => file.location),
    known: options.known,
    counters,
  }
  const bytes = files.reduce((sum, file) => sum + file.size, 0)
  const helpers = Math.max(0, Math.min(options.threads, Math.ceil(bytes / BYTES_PER_THREAD)) - 1)
  const replies = Array.from({ length: helpers }, () => startHelper(task))
  const own = new FileReader(pool)
  try {
    while (takeBatch(task, own)) {
      options.onProgress?.(Atomics.load(counters, 1), files.length)
      // Progress and Ctrl-C get their turn between batches.
      await new Promise(setImmediate)
      options.signal?.throwIfAborted()
    }
    const blocks = [...own.blocks]
    const records = [...own.records]
    for (const reply of await Promise.all(replies)) adopt(reply, pool, records, blocks)
    options.onProgress?.(files.length, files.length)
    return { records: records.sort((a, b) => a.file - b.file), blocks }
  } catch (error) {
    Atomics.store(counters, 2, 1)
    await Promise.allSettled(replies)
    throw error
  }
}

const startHelper = (task: ExtractTask): Promise<ExtractReply> =>
  new Promise((resolve, reject) => {
    // Sources run as .ts, the built package as .js.
    const entry = import.meta.url.endsWith('.ts') ? './extract-worker.ts' : './extract-worker.js'
    const worker = new Worker(new URL(entry, import.meta.url), { workerData: task })
    worker.once('message', (reply: ExtractReply) => {
      resolve(reply)
      void worker.terminate()
    })
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('a reading thread ended without a reply')))
  })

/** Takes over what another thread read: its string numbers become ours, in place. */
const adopt = (
  reply: ExtractReply,
  pool: StringPool,
  records: FactsRecord[],
  blocks: Int32Array<ArrayBuffer>[],
): void => {
  const numbers = pool.merge(reply.pool)
  const first = blocks.length
  for (const record of reply.records) {
    records.push({ ...record, block: record.block + first })
    const block = reply.blocks[record.block]
    if (block === undefined) continue
    const start = record.offset + record.nodeWords
    for (let at = start; at < start + record.nameCount; at++) block[at] = numbers[block[at]!]!
  }
  blocks.push(...reply.blocks)
}
