// Entry of a reading thread: takes file after file from the shared list until it is empty, then hands everything over.
import { parentPort, workerData } from 'node:worker_threads'
import { type FactsRecord, FileReader } from './file-reader.ts'
import { type PoolParts, StringPool } from './string-pool.ts'

/** What a reading thread is started with. */
export interface ExtractTask {
  readonly paths: readonly string[]
  readonly locations: readonly (string | Uint8Array)[]
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
export const BATCH = 16

/** Takes one batch off the shared list; false when there is none left. */
export const takeBatch = (task: ExtractTask, reader: FileReader): boolean => {
  if (Atomics.load(task.counters, 2) !== 0) return false
  const first = Atomics.add(task.counters, 0, BATCH)
  const last = Math.min(first + BATCH, task.paths.length)
  for (let file = first; file < last; file++) {
    const location = task.locations[file]!
    reader.read(file, task.paths[file]!, typeof location === 'string' ? location : Buffer.from(location))
  }
  if (last > first) Atomics.add(task.counters, 1, last - first)
  return last < task.paths.length
}

if (parentPort !== null && isTask(workerData)) {
  const pool = new StringPool()
  const reader = new FileReader(pool)
  while (takeBatch(workerData, reader)) {
    // Each round reads one batch.
  }
  const reply: ExtractReply = { records: reader.records, blocks: reader.blocks, pool: pool.parts() }
  parentPort.postMessage(
    reply,
    reply.blocks.map((block) => block.buffer),
  )
}

function isTask(data: unknown): data is ExtractTask {
  return typeof data === 'object' && data !== null && 'counters' in data && 'locations' in data
}
