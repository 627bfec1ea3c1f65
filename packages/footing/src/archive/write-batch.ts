// The first half of moving rows: read the oldest ones, store them as a file, and note that in the book.

import { randomBytes } from 'node:crypto'
import { quoteName } from '../data/contract/quote.ts'
import { encodeFile, type OldRow } from './archive-file.ts'
import { type ArchiveSetting, cutoffOf, folderOf } from './archive-setting.ts'
import { type Batch, batchesOf, holdLease, type Lease, markWritten, planBatch } from './batch-book.ts'
import type { ArchivedTable } from './contract.ts'
import { type DescribedTable, describeTable, fixTextForms, textExpression } from './describe-table.ts'

const mostText = 32 * 1024 * 1024
const fetchRows = 500

/** Writes the next batch. Undefined when no row is old enough. */
export async function writeBatch(
  setting: ArchiveSetting,
  lease: Lease,
  target: ArchivedTable,
  signal: AbortSignal | undefined,
): Promise<Batch | undefined> {
  const { db, storage, leaseMs } = setting
  const read = await readOldRows(setting, target)
  const first = read.rows[0]
  if (first === undefined) return undefined
  const { bytes, facts } = await encodeFile(read.table.columns, read.rows)
  const day = read.timeMin.slice(0, 10).replace(/[^0-9-]/g, '_')
  const object = `${folderOf(target.module, target.table)}${day}-${randomBytes(9).toString('hex')}.parquet`

  const id = await db.transaction(async (tx) => {
    await holdLease(tx, lease, leaseMs)
    return planBatch(tx, lease, object)
  })
  await storage.put(object, bytes, {
    contentType: 'application/vnd.apache.parquet',
    sha256: facts.sha256,
    ...(storage.guarantees.atomicIfAbsent ? { ifAbsent: true } : {}),
    ...(signal === undefined ? {} : { signal }),
  })
  return db.transaction(async (tx) => {
    await holdLease(tx, lease, leaseMs)
    await markWritten(tx, id, { ...facts, timeMin: read.timeMin, timeMax: read.timeMax })
    return (await batchesOf(tx, lease, ['written'])).find((batch) => batch.id === id)
  })
}

interface OldRows {
  readonly table: DescribedTable
  readonly rows: readonly OldRow[]
  readonly timeMin: string
  readonly timeMax: string
}

// One statement is one snapshot, so that all rows are as they were at one moment.
function readOldRows(setting: ArchiveSetting, target: ArchivedTable): Promise<OldRows> {
  const { batchRows = 20_000 } = target
  return setting.db.transaction(
    async (tx) => {
      await fixTextForms(tx)
      const table = await describeTable(tx, target)
      const time = `t.${quoteName(table.time.name)}`
      const texts = table.columns.map(
        ({ name, type }, index) => `${textExpression(type, `t.${quoteName(name)}`)} as c${index}`,
      )
      const order = [time, ...table.key.map((name) => `t.${quoteName(name)}`)].join(', ')
      await tx.query(
        `declare footing_archive no scroll cursor without hold for
         select ${texts.join(', ')}, ${table.digest} as digest, (${time}::timestamptz)::text as moment
         from ${table.sqlName} t where ${time} < $1::timestamptz order by ${order} limit ${batchRows}`,
        [cutoffOf(setting, target).toISOString()],
      )
      const rows: OldRow[] = []
      let [timeMin, timeMax, size] = ['', '', 0]
      while (size < mostText) {
        const fetched = await tx.query<Record<string, string | null>>(`fetch ${fetchRows} from footing_archive`)
        for (const row of fetched) {
          if (size >= mostText) break
          const values = table.columns.map((_column, index) => row[`c${index}`] ?? null)
          size += values.reduce((sum, value) => sum + (value?.length ?? 0), 100)
          rows.push({ texts: values, digest: row.digest ?? '' })
          timeMin ||= row.moment ?? ''
          timeMax = row.moment ?? ''
        }
        if (fetched.length < fetchRows) break
      }
      return { table, rows, timeMin, timeMax }
    },
    { readOnly: true },
  )
}
