// The facade of the archive: configuration, leases and the order of the steps.

import { systemClock } from '@footing/kernel'
import { quoteName } from '../data/contract/quote.ts'
import { decodeFile } from './archive-file.ts'
import { type ArchiveSetting, cutoffOf, folderOf, largestFile } from './archive-setting.ts'
import { refuseTwice, verifyTable } from './archived-table.ts'
import { archiveSchema, batchesOf, ensureBook, type Lease, releaseLease, takeLease } from './batch-book.ts'
import { archiveError } from './contract/errors.ts'
import type {
  Archive,
  ArchivedTable,
  ArchiveOptions,
  BatchState,
  ErasedRows,
  EraseRequest,
  RunReport,
  TableStatus,
  VerifyFinding,
  VerifyReport,
} from './contract.ts'
import { columnsOf, tableName } from './describe-table.ts'
import { eraseRows } from './erase-rows.ts'
import { queryArchive } from './query-archive.ts'
import { restoreBatches } from './restore-batches.ts'
import { abandonBatch, type Settled, settleBatch } from './settle-batch.ts'
import { writeBatch } from './write-batch.ts'

/**
 * Opens the archive; nothing is read or created before the first call.
 * @throws `archive-configuration-invalid`
 */
export function openArchive(options: ArchiveOptions): Archive {
  for (const table of options.tables) verifyTable(table)
  refuseTwice(options.tables)
  const setting: ArchiveSetting = {
    db: options.data.forModule(archiveSchema),
    storage: options.storage,
    clock: options.clock ?? systemClock,
    leaseMs: options.leaseMs ?? 120_000,
  }
  const target = (request: { readonly module: string; readonly table: string }): ArchivedTable => {
    const found = options.tables.find(({ module, table }) => module === request.module && table === request.table)
    if (found === undefined)
      throw archiveError('archive-table-unknown', { table: `${request.module}.${request.table}` })
    return found
  }
  return {
    async run(limits = {}) {
      await ensureBook(setting.db)
      const reports: RunReport[] = []
      for (const table of options.tables) reports.push(await runTable(setting, table, limits))
      return reports
    },
    async status() {
      await ensureBook(setting.db)
      return Promise.all(options.tables.map((table) => statusOf(setting, table)))
    },
    async verify({ signal } = {}) {
      await ensureBook(setting.db)
      return verifyFiles(setting, options.tables, signal)
    },
    async query(query, take) {
      const table = target(query)
      await ensureBook(setting.db)
      return queryArchive(setting, table, query, take)
    },
    async erase(request) {
      const table = target(request)
      await ensureBook(setting.db)
      return eraseArchived(setting, table, request)
    },
    async restore(request) {
      const table = target(request)
      await ensureBook(setting.db)
      const lease = await takeLease(setting.db, table, setting.leaseMs)
      if (lease === undefined) throw archiveError('archive-lease-lost', { table: `${table.module}.${table.table}` })
      try {
        return await restoreBatches(setting, lease, table, request)
      } finally {
        await releaseLease(setting.db, lease)
      }
    },
  }
}

// A run of another process is waited for: it ends after a batch or two, or its lease does.
async function eraseArchived(
  setting: ArchiveSetting,
  table: ArchivedTable,
  request: EraseRequest,
): Promise<ErasedRows> {
  for (let attempt = 0; ; attempt += 1) {
    const lease = await takeLease(setting.db, table, setting.leaseMs)
    if (lease !== undefined) {
      try {
        // Files that a killed run left behind may hold rows of the person too.
        await mend(setting, lease, table, () => undefined)
        return await eraseRows(setting, lease, table, request)
      } finally {
        await releaseLease(setting.db, lease)
      }
    }
    if (attempt === patience.times) throw archiveError('archive-busy', { table: `${table.module}.${table.table}` })
    await setting.clock.sleep(patience.ms)
  }
}

const patience = { times: 100, ms: 200 }

async function runTable(
  setting: ArchiveSetting,
  table: ArchivedTable,
  { signal, maxBatches = Number.POSITIVE_INFINITY }: { readonly signal?: AbortSignal; readonly maxBatches?: number },
): Promise<RunReport> {
  const name = { module: table.module, table: table.table }
  const sum = { batches: 0, rows: 0, leftAlone: 0, abandoned: 0 }
  const lease = await takeLease(setting.db, table, setting.leaseMs)
  if (lease === undefined) return { ...name, ...sum, outcome: 'busy' }
  const count = ({ moved, leftAlone, abandoned }: Settled): void => {
    sum.batches += abandoned ? 0 : 1
    sum.rows += moved
    sum.leftAlone += leftAlone
    sum.abandoned += abandoned ? 1 : 0
  }
  const mayGoOn = () => signal?.aborted !== true && sum.batches < maxBatches
  try {
    await mend(setting, lease, table, count)
    while (mayGoOn()) {
      const batch = await writeBatch(setting, lease, table, signal)
      if (batch === undefined) return { ...name, ...sum, outcome: 'done' }
      const settled = await settleBatch(setting, lease, table, batch)
      count(settled)
      // Nothing could be deleted, so the next batch would be the same: these rows wait for the next run.
      if (settled.moved === 0) return { ...name, ...sum, outcome: 'done' }
    }
    return { ...name, ...sum, outcome: 'stopped' }
  } finally {
    await releaseLease(setting.db, lease)
  }
}

// What a process left behind that died: each state says how to go on.
async function mend(
  setting: ArchiveSetting,
  lease: Lease,
  table: ArchivedTable,
  count: (settled: Settled) => void,
): Promise<void> {
  for (const batch of await batchesOf(setting.db, table, ['planned', 'written', 'verified'])) {
    const settled =
      batch.state === 'planned'
        ? await abandonBatch(setting, lease, batch)
        : await settleBatch(setting, lease, table, batch)
    count(settled)
  }
  // Files of restored rows stay for a day, because a query that began before may still read them.
  const old = await setting.db.query<{ id: string; object: string }>(
    `select id::text as id, object from ${archiveSchema}.batch where module = $1 and table_name = $2
     and state = 'restored' and changed_at < clock_timestamp() - interval '1 day'`,
    [table.module, table.table],
  )
  for (const { id, object } of old) {
    await setting.storage.delete(object)
    await setting.db.query(`delete from ${archiveSchema}.batch where id = $1 and state = 'restored'`, [id])
  }
}

/** Most rows that `due` counts. */
const mostDue = 100_000

interface Group {
  readonly state: BatchState
  readonly batches: number
  readonly rows: number
  readonly bytes: number
  readonly from: string
  readonly to: string
}

async function statusOf(setting: ArchiveSetting, table: ArchivedTable): Promise<TableStatus> {
  const { db } = setting
  const groups = await db.query<Group>(
    `select state, count(*)::int as batches, sum(row_count - cardinality(voided))::float8 as rows,
       sum(bytes)::float8 as bytes, to_json(min(time_min)) #>> '{}' as "from", to_json(max(time_max)) #>> '{}' as "to"
     from ${archiveSchema}.batch where module = $1 and table_name = $2 group by state order by state`,
    [table.module, table.table],
  )
  const live = await db.transaction((tx) => columnsOf(tx, table.module, table.table), { readOnly: true })
  if (live === undefined) throw archiveError('archive-table-unknown', { table: `${table.module}.${table.table}` })
  const from = tableName(table.module, table.table)
  const due = await db.query<{ due: number }>(
    `select count(*)::int as due from (select 1 from ${from} where ${quoteName(table.timeColumn)} < $1::timestamptz limit ${mostDue}) old`,
    [cutoffOf(setting, table).toISOString()],
  )
  const readable = groups.find(({ state }) => state === 'deleted')
  return {
    module: table.module,
    table: table.table,
    states: Object.fromEntries(groups.map(({ state, batches, rows }) => [state, { batches, rows }])),
    bytes: readable?.bytes ?? 0,
    due: due[0]?.due ?? 0,
    from: readable?.from,
    to: readable?.to,
  }
}

async function verifyFiles(
  setting: ArchiveSetting,
  tables: readonly ArchivedTable[],
  signal: AbortSignal | undefined,
): Promise<VerifyReport> {
  const findings: VerifyFinding[] = []
  let [files, rows] = [0, 0]
  for (const { module, table } of tables) {
    const known = new Set<string>()
    for (const batch of await batchesOf(setting.db, { module, table }, [
      'planned',
      'written',
      'verified',
      'deleted',
      'restored',
    ])) {
      signal?.throwIfAborted()
      known.add(batch.object)
      if (batch.state !== 'deleted') continue
      files += 1
      try {
        const read = await decodeFile(batch, await setting.storage.read(batch.object, { maxBytes: largestFile }))
        rows += read.length - batch.voided.length
      } catch (error) {
        findings.push({
          module,
          table,
          object: batch.object,
          fault: error instanceof Error ? error.message : String(error),
        })
      }
    }
    for (let after: string | undefined, more = true; more; ) {
      const page = await setting.storage.list({
        prefix: folderOf(module, table),
        ...(after === undefined ? {} : { after }),
      })
      for (const { key } of page.objects) {
        if (!known.has(key))
          findings.push({ module, table, object: key, fault: 'The book of this database does not know it.' })
      }
      after = page.next
      more = after !== undefined
    }
  }
  return { files, rows, findings }
}
