// Entry of a reading thread: takes batches until the list is empty, then hands everything over.
import { parentPort, workerData } from 'node:worker_threads'
import { StringPool } from '../facts/string-pool.ts'
import { FileReader } from './file-reader.ts'
import { type ExtractReply, type ExtractTask, takeBatch } from './take-batch.ts'

// read-files.ts starts this file with nothing else.
const task = workerData as ExtractTask
const pool = new StringPool()
const reader = new FileReader(pool)
while (takeBatch(task, reader)) {
  // Each round reads one batch.
}
const reply: ExtractReply = { records: reader.records, blocks: reader.blocks, pool: pool.parts() }
parentPort?.postMessage(
  reply,
  reply.blocks.map((block) => block.buffer),
)
