// Takes the rows of a person out of the files, file by file; killed at any point, no other row is lost.
import { randomBytes } from 'node:crypto'
import { isFootingError } from '@footing/kernel'
import { decodeFile, encodeFile, type OldRow } from './archive-file.ts'
import { type ArchiveSetting, folderOf, largestFile } from './archive-setting.ts'
import { type Batch, batchesOf, discardBatch, holdLease, type Lease, planBatch, replaceBatch } from './batch-book.ts'
import { meets, rulesOut, type TextCondition } from './column-order.ts'
import type { ArchivedTable, ErasedRows, EraseRequest } from './contract.ts'
import { fixTextForms } from './describe-table.ts'
import { inText } from './query-archive.ts'
import { abandonBatch } from './settle-batch.ts'

/** Erases in every file that counts, or that a query may still read after its rows were put back. */
export async function eraseRows(
  setting: ArchiveSetting,
  lease: Lease,
  target: ArchivedTable,
  { columns, subject }: Pick<EraseRequest, 'columns' | 'subject'>,
): Promise<ErasedRows> {
  let [erased, files] = [0, 0]
  for (const batch of await batchesOf(setting.db, target, ['deleted', 'restored'])) {
    const conditions = await conditionsOn(setting, batch, columns, subject)
    if (
      conditions.every((condition) =>
        rulesOut(
          condition,
          batch.columns.find(({ name }) => name === condition.column),
        ),
      )
    )
      continue
    const rows = await decodeFile(batch, await setting.storage.read(batch.object, { maxBytes: largestFile }))
    const places = conditions.map((condition) => batch.columns.findIndex(({ name }) => name === condition.column))
    const isTheirs = ({ texts }: OldRow) =>
      conditions.some((condition, index) => meets(condition, texts[places[index] ?? -1] ?? null))
    if (!rows.some(isTheirs)) continue
    const voided = new Set(batch.voided)
    const counting = rows.filter((_row, position) => !voided.has(position))
    const kept = counting.filter((row) => !isTheirs(row))
    await exchange(setting, lease, batch, kept)
    if (batch.state === 'deleted') erased += counting.length - kept.length
    files += 1
  }
  return { erased, files }
}

// A file has its columns as they were; the person is compared in the type of each.
async function conditionsOn(
  setting: ArchiveSetting,
  batch: Batch,
  columns: readonly string[],
  subject: string,
): Promise<readonly TextCondition[]> {
  const conditions: TextCondition[] = []
  for (const column of columns) {
    const type = batch.columns.find(({ name }) => name === column)?.type
    if (type === undefined) continue
    try {
      conditions.push(
        await setting.db.transaction(async (tx) => {
          await fixTextForms(tx)
          return inText(tx, { column, is: '=', value: subject }, type)
        }),
      )
    } catch (error) {
      // An identifier that the column could not hold is in none of its rows.
      if (!isFootingError(error, 'archive-query-invalid')) throw error
    }
  }
  return conditions
}

// The new file is known to the book before it is stored and the old one until it is deleted, so that a run finds what is left.
async function exchange(setting: ArchiveSetting, lease: Lease, old: Batch, kept: readonly OldRow[]): Promise<void> {
  const { db, storage, leaseMs } = setting
  if (kept.length === 0) {
    await db.transaction(async (tx) => {
      await holdLease(tx, lease, leaseMs)
      await discardBatch(tx, old)
    })
  } else {
    const { bytes, facts } = await encodeFile(old.columns, kept)
    const object = `${folderOf(old.module, old.table)}erased-${randomBytes(9).toString('hex')}.parquet`
    const id = await db.transaction(async (tx) => {
      await holdLease(tx, lease, leaseMs)
      return planBatch(tx, lease, object)
    })
    await storage.put(object, bytes, { contentType: 'application/vnd.apache.parquet', sha256: facts.sha256 })
    const written: Batch = { ...old, ...facts, object, id, voided: [] }
    await decodeFile(written, await storage.read(object, { maxBytes: largestFile }))
    await db.transaction(async (tx) => {
      await holdLease(tx, lease, leaseMs)
      await replaceBatch(tx, old, id, facts)
    })
  }
  await abandonBatch(setting, lease, old)
}
