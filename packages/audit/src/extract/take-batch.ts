// The shared list of files that reading threads take from, batch after batch, until it is empty.

import type { PoolParts } from '../facts/string-pool.ts'
import type { FactsRecord, FileReader } from './file-reader.ts'

/** What a reading thread is started with. */
export interface ExtractTask {
  readonly paths: readonly string[]
  readonly locations: readonly (string | Uint8Array)[]
  /** Digests of contents whose facts are known. */
  readonly known: ReadonlySet<string>
  /** Word 0: next file to take. Word 1: files done. Word 2: not 0 when all shall stop. */
  readonly counters: Int32Array
}

/** What it hands over; blocks are transferred. */
export interface ExtractReply {
  readonly records: readonly FactsRecord[]
  readonly blocks: readonly Int32Array<ArrayBuffer>[]
  readonly pool: PoolParts
}

/** Files a thread takes at once. */
const BATCH = 16

/** Takes one batch off the shared list and reads it; false when there is none left. */
export const takeBatch = (task: ExtractTask, reader: FileReader): boolean => {
  if (Atomics.load(task.counters, 2) !== 0) return false
  const first = Atomics.add(task.counters, 0, BATCH)
  const last = Math.min(first + BATCH, task.paths.length)
  for (let file = first; file < last; file++) {
    const location = task.locations[file]!
    reader.read(file, task.paths[file]!, typeof location === 'string' ? location : Buffer.from(location), task.known)
  }
  if (last > first) Atomics.add(task.counters, 1, last - first)
  return last < task.paths.length
}
