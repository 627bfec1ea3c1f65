// The second half of moving rows: read the file back, compare, then delete exactly the rows that it holds.

import { isFootingError } from '@footing/kernel'
import type { Transaction } from '../data/contract/contract.ts'
import { quoteName } from '../data/contract/quote.ts'
import { decodeFile, type OldRow } from './archive-file.ts'
import { type ArchiveSetting, largestFile } from './archive-setting.ts'
import { advanceBatch, type Batch, forgetBatch, holdLease, type Lease, markDeleted } from './batch-book.ts'
import type { ArchivedTable } from './contract.ts'
import { type DescribedTable, describeTable, fixTextForms } from './describe-table.ts'

/** What became of a batch. */
export interface Settled {
  /** Rows that are now in the file and no longer in the table. */
  readonly moved: number
  readonly leftAlone: number
  /** True when its file was thrown away, because nothing in it counts. */
  readonly abandoned: boolean
}

const deleteRows = 1000

/**
 * Takes a written or verified batch to its end.
 * @throws `archive-file-wrong` after the batch was given up, so that the next run writes it anew
 */
export async function settleBatch(
  setting: ArchiveSetting,
  lease: Lease,
  target: ArchivedTable,
  batch: Batch,
): Promise<Settled> {
  const rows = await readBack(setting, lease, batch)
  if (rows === undefined) return abandonBatch(setting, lease, batch)
  const { db, leaseMs } = setting
  if (batch.state === 'written') {
    await db.transaction(async (tx) => {
      await holdLease(tx, lease, leaseMs)
      await advanceBatch(tx, batch.id, 'written', 'verified')
    })
  }
  const moved = await db.transaction(async (tx) => {
    await holdLease(tx, lease, leaseMs)
    await fixTextForms(tx)
    const table = await describeTable(tx, target)
    // From here on the columns stay what they are until the rows are gone.
    await tx.query(`lock table ${table.sqlName} in row exclusive mode`)
    const now = await describeTable(tx, target)
    // A column that was added or changed since is not in the file, and would be deleted with its row.
    if (!sameColumns(now, batch)) return 0
    const voided = await deleteExactly(tx, now, rows)
    if (voided.length < rows.length) await markDeleted(tx, batch.id, voided)
    return rows.length - voided.length
  })
  if (moved === 0) return { ...(await abandonBatch(setting, lease, batch)), leftAlone: rows.length }
  return { moved, leftAlone: rows.length - moved, abandoned: false }
}

/** Throws away the file of a batch whose rows are all still in the table. */
export async function abandonBatch(setting: ArchiveSetting, lease: Lease, batch: Batch): Promise<Settled> {
  const { db, storage, leaseMs } = setting
  // The file first: as long as the book knows it, the next run can do this again.
  await storage.delete(batch.object)
  await db.transaction(async (tx) => {
    await holdLease(tx, lease, leaseMs)
    await forgetBatch(tx, batch.id)
  })
  return { moved: 0, leftAlone: 0, abandoned: true }
}

async function readBack(setting: ArchiveSetting, lease: Lease, batch: Batch): Promise<readonly OldRow[] | undefined> {
  try {
    return await decodeFile(batch, await setting.storage.read(batch.object, { maxBytes: largestFile }))
  } catch (error) {
    if (isFootingError(error, 'storage-object-missing')) return undefined
    const damaged = ['archive-file-wrong', 'storage-object-damaged', 'storage-checksum-mismatch']
    if (isFootingError(error) && damaged.includes(error.code)) await abandonBatch(setting, lease, batch)
    throw error
  }
}

// Deletes each row only if it is still what the file holds; returns the positions of the others. A row that somebody
// else changes at this moment is waited for and looked at again: then its fingerprint is another one.
async function deleteExactly(
  tx: Transaction<unknown>,
  table: DescribedTable,
  rows: readonly OldRow[],
): Promise<readonly number[]> {
  const keys = table.key.map((name) => table.columns.findIndex((column) => column.name === name))
  const sources = keys.map((_key, index) => `$${index + 3}::text[]`).join(', ')
  const names = keys.map((_key, index) => `k${index}`)
  const matches = keys.map((key, index) => {
    const { name = '', type = 'text' } = table.columns[key] ?? {}
    return `t.${quoteName(name)} = a.k${index}::${type}`
  })
  const statement = `delete from ${table.sqlName} t
    using unnest($1::int[], $2::text[], ${sources}) as a(position, digest, ${names.join(', ')})
    where ${matches.join(' and ')} and ${table.digest} = a.digest returning a.position`
  const voided: number[] = []
  for (let start = 0; start < rows.length; start += deleteRows) {
    const part = rows.slice(start, start + deleteRows)
    const values = keys.map((key) => part.map(({ texts }) => texts[key] ?? null))
    const positions = part.map((_row, index) => start + index)
    const gone = await tx.query<{ position: number }>(statement, [
      positions,
      part.map(({ digest }) => digest),
      ...values,
    ])
    const deleted = new Set(gone.map(({ position }) => position))
    voided.push(...positions.filter((position) => !deleted.has(position)))
  }
  return voided
}

function sameColumns(table: DescribedTable, batch: Batch): boolean {
  const facts = (columns: readonly { name: string; type: string }[]) =>
    JSON.stringify(columns.map(({ name, type }) => [name, type]))
  return facts(table.columns) === facts(batch.columns)
}
