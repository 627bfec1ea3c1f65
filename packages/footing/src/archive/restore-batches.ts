// Puts archived rows back into their table, a whole batch in one transaction.

import type { Transaction } from '../data/contract/contract.ts'
import { quoteName } from '../data/contract/quote.ts'
import { decodeFile } from './archive-file.ts'
import { type ArchiveSetting, largestFile } from './archive-setting.ts'
import { advanceBatch, type Batch, batchesOf, holdLease, type Lease } from './batch-book.ts'
import { archiveError } from './contract/errors.ts'
import type { ArchivedTable, RestoreRequest } from './contract.ts'
import { describeTable, fixTextForms } from './describe-table.ts'

const insertRows = 1000

/** Restores every batch that has a row in the time asked for. Returns the number of rows. */
export async function restoreBatches(
  setting: ArchiveSetting,
  lease: Lease,
  target: ArchivedTable,
  request: RestoreRequest,
): Promise<number> {
  let rows = 0
  for (const batch of await batchesOf(setting.db, target, ['deleted'], request)) {
    const all = await decodeFile(batch, await setting.storage.read(batch.object, { maxBytes: largestFile }))
    const voided = new Set(batch.voided)
    const counting = all.filter((_row, position) => !voided.has(position)).map(({ texts }) => texts)
    await setting.db.transaction(async (tx) => {
      await holdLease(tx, lease, setting.leaseMs)
      await fixTextForms(tx)
      await insertAll(tx, target, batch, counting, request)
      await advanceBatch(tx, batch.id, 'deleted', 'restored')
    })
    rows += counting.length
  }
  return rows
}

async function insertAll(
  tx: Transaction<unknown>,
  target: ArchivedTable,
  batch: Batch,
  rows: readonly (readonly (string | null)[])[],
  { withoutColumns = [] }: RestoreRequest,
): Promise<void> {
  const table = await describeTable(tx, target)
  const now = new Map(table.columns.map((column) => [column.name, column]))
  const lost = batch.columns.filter(({ name }) => !now.has(name) && !withoutColumns.includes(name))
  if (lost.length > 0) {
    const columns = lost.map(({ name }) => name).join(', ')
    throw archiveError('archive-restore-columns', {
      object: batch.object,
      table: `${target.module}.${target.table}`,
      columns,
    })
  }
  const places = batch.columns.flatMap(({ name }, index) => {
    const column = now.get(name)
    // What PostgreSQL computes it computes again.
    return column === undefined || column.generated ? [] : [{ ...column, index }]
  })
  const arrays = places.map((_place, index) => `$${index + 1}::text[]`).join(', ')
  const names = places.map((_place, index) => `c${index}`)
  const values = places.map(({ type }, index) => `r.c${index}::${type}`)
  const statement = `insert into ${table.sqlName} (${places.map(({ name }) => quoteName(name)).join(', ')})
    overriding system value select ${values.join(', ')} from unnest(${arrays}) as r(${names.join(', ')})`
  for (let start = 0; start < rows.length; start += insertRows) {
    const part = rows.slice(start, start + insertRows)
    await tx.query(
      statement,
      places.map(({ index }) => part.map((texts) => texts[index] ?? null)),
    )
  }
}
