// The book of all batches, in PostgreSQL: the one place that says where rows are. Every step is one transaction.
import { randomUUID } from 'node:crypto'
import type { Database, Transaction } from '../data/contract/contract.ts'
import type { KindName } from './contract/column-kind.ts'
import { archiveError } from './contract/errors.ts'
import type { ArchivedTable, BatchState } from './contract.ts'

/** Schema of the book. */
export const archiveSchema = 'footing_archive'

/** A column as a file has it. */
export interface BatchColumn {
  readonly name: string
  readonly type: string
  readonly oid: number
  readonly kind: KindName
  readonly generated: boolean
  /** Smallest and largest value as text, where the column has an order that files are pruned by. */
  readonly min?: string
  readonly max?: string
}

/** A batch of rows. */
export interface Batch {
  readonly id: string
  readonly module: string
  readonly table: string
  readonly state: BatchState
  readonly object: string
  readonly rows: number
  /** Positions in the file, from 0, of rows that do not count: they were changed or deleted before the batch was. */
  readonly voided: readonly number[]
  readonly bytes: number
  readonly sha256: string
  /** Fingerprint of all rows in their order. */
  readonly content: string
  readonly columns: readonly BatchColumn[]
}

/** What is known once a file is stored. */
export interface WrittenFile {
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
  readonly content: string
  readonly columns: readonly BatchColumn[]
  readonly timeMin: string
  readonly timeMax: string
}

/** Who works on a table. */
export interface Lease {
  readonly module: string
  readonly table: string
  readonly owner: string
}

/** Creates the tables of the book where they are absent. */
export async function ensureBook(db: Database<unknown>): Promise<void> {
  const there = await db.query<{ there: boolean }>(
    `select exists (select from pg_attribute where attrelid = to_regclass('${archiveSchema}.batch')
       and attname = 'replaces' and not attisdropped) as there`,
  )
  if (there[0]?.there === true) return
  await db.transaction(async (tx) => {
    // Of two that find it absent one waits here, and then finds it there.
    await tx.query(`select pg_advisory_xact_lock(hashtext('${archiveSchema}'))`)
    await tx.query(`create schema if not exists ${archiveSchema}`)
    await tx.query(`create table if not exists ${archiveSchema}.lease (
      module text not null, table_name text not null, owner text not null, until timestamptz not null,
      primary key (module, table_name))`)
    await tx.query(`create table if not exists ${archiveSchema}.batch (
      id bigint generated always as identity primary key,
      module text not null, table_name text not null,
      state text not null check (state in ('planned', 'written', 'verified', 'deleted', 'restored')),
      object text not null unique,
      row_count int not null default 0, voided int[] not null default '{}', bytes bigint not null default 0,
      sha256 text not null default '', content text not null default '', columns jsonb not null default '[]',
      time_min timestamptz, time_max timestamptz,
      changed_at timestamptz not null default clock_timestamp())`)
    await tx.query(`alter table ${archiveSchema}.batch add column if not exists replaces bigint`)
    await tx.query(
      `create index if not exists batch_by_time on ${archiveSchema}.batch (module, table_name, state, time_min, time_max)`,
    )
    await tx.query(`comment on schema ${archiveSchema} is 'Where archived rows are; written by footing archive only'`)
  })
}

/** Takes the table, or undefined when another process has it and is alive. */
export async function takeLease(
  db: Database<unknown>,
  { module, table }: ArchivedTable,
  leaseMs: number,
): Promise<Lease | undefined> {
  const owner = randomUUID()
  const taken = await db.query(
    `insert into ${archiveSchema}.lease as l (module, table_name, owner, until)
     values ($1, $2, $3, clock_timestamp() + $4::int * interval '1 ms')
     on conflict (module, table_name) do update set owner = excluded.owner, until = excluded.until
     where l.until < clock_timestamp() returning 1`,
    [module, table, owner, leaseMs],
  )
  return taken.length === 0 ? undefined : { module, table, owner }
}

/**
 * Inside a transaction: this process still has the table, and nobody can take it before the transaction ends.
 * @throws `archive-lease-lost`
 */
export async function holdLease(
  tx: Transaction<unknown>,
  { module, table, owner }: Lease,
  leaseMs: number,
): Promise<void> {
  const held = await tx.query(
    `update ${archiveSchema}.lease set until = clock_timestamp() + $4::int * interval '1 ms'
     where module = $1 and table_name = $2 and owner = $3 returning 1`,
    [module, table, owner, leaseMs],
  )
  if (held.length === 0) throw archiveError('archive-lease-lost', { table: `${module}.${table}` })
}

/** Gives the table back. One that was taken over is left alone. */
export async function releaseLease(db: Database<unknown>, { module, table, owner }: Lease): Promise<void> {
  await db.query(`delete from ${archiveSchema}.lease where module = $1 and table_name = $2 and owner = $3`, [
    module,
    table,
    owner,
  ])
}

/** Notes that a file will be written, before anything of it is: whatever happens, somebody can find it. */
export async function planBatch(tx: Transaction<unknown>, { module, table }: Lease, object: string): Promise<string> {
  const rows = await tx.query<{ id: string }>(
    `insert into ${archiveSchema}.batch (module, table_name, state, object)
     values ($1, $2, 'planned', $3) returning id::text as id`,
    [module, table, object],
  )
  return rows[0]?.id ?? ''
}

/** Notes the file. */
export async function markWritten(tx: Transaction<unknown>, id: string, file: WrittenFile): Promise<void> {
  const { rows, bytes, sha256, content, columns, timeMin, timeMax } = file
  await step(
    tx,
    `update ${archiveSchema}.batch set state = 'written', row_count = $2, bytes = $3, sha256 = $4, content = $5,
       columns = $6::jsonb, time_min = $7::timestamptz, time_max = $8::timestamptz, changed_at = clock_timestamp()
     where id = $1 and state = 'planned' returning 1`,
    [id, rows, bytes, sha256, content, JSON.stringify(columns), timeMin, timeMax],
  )
}

/** Moves a batch from one state to the next. */
export async function advanceBatch(
  tx: Transaction<unknown>,
  id: string,
  from: BatchState,
  to: BatchState,
): Promise<void> {
  await step(
    tx,
    `update ${archiveSchema}.batch set state = $3, changed_at = clock_timestamp() where id = $1 and state = $2 returning 1`,
    [id, from, to],
  )
}

/** Notes, with the delete in the same transaction, that the file is where the rows are. */
export async function markDeleted(tx: Transaction<unknown>, id: string, voided: readonly number[]): Promise<void> {
  await step(
    tx,
    `update ${archiveSchema}.batch set state = 'deleted', voided = $2::int[], changed_at = clock_timestamp()
     where id = $1 and state = 'verified' returning 1`,
    [id, voided],
  )
}

/**
 * Puts a stored file in the place of another one: the planned batch `id` becomes what `old` is, without its voided rows, and
 * `old` becomes a file that the next run throws away.
 */
export async function replaceBatch(
  tx: Transaction<unknown>,
  old: Batch,
  id: string,
  file: Omit<WrittenFile, 'timeMin' | 'timeMax'>,
): Promise<void> {
  const { rows, bytes, sha256, content, columns } = file
  await step(
    tx,
    `update ${archiveSchema}.batch b set state = o.state, row_count = $3, bytes = $4, sha256 = $5, content = $6,
       columns = $7::jsonb, time_min = o.time_min, time_max = o.time_max, replaces = o.id, changed_at = clock_timestamp()
     from ${archiveSchema}.batch o where b.id = $1 and b.state = 'planned' and o.id = $2 and o.state = $8 returning 1`,
    [id, old.id, rows, bytes, sha256, content, JSON.stringify(columns), old.state],
  )
  await discardBatch(tx, old)
}

/** Makes a batch one that the next run throws away, file first. */
export async function discardBatch(tx: Transaction<unknown>, { id, state }: Batch): Promise<void> {
  await advanceBatch(tx, id, state, 'planned')
}

/** The batch that took the place of another one. */
export async function replacementOf(db: Pick<Transaction<unknown>, 'query'>, { id, ...batch }: Batch) {
  const rows = await db.query<{ id: string }>(
    `select id::text as id from ${archiveSchema}.batch where replaces = $1::bigint`,
    [id],
  )
  const found = rows[0]?.id
  if (found === undefined) return undefined
  return (await batchesOf(db, batch, ['deleted', 'restored'])).find((other) => other.id === found)
}

/** Forgets a batch whose rows are still in the table. */
export async function forgetBatch(tx: Transaction<unknown>, id: string): Promise<void> {
  await tx.query(`delete from ${archiveSchema}.batch where id = $1 and state in ('planned', 'written', 'verified')`, [
    id,
  ])
}

/** Batches of a table in some states, oldest first. */
export async function batchesOf(
  tx: Pick<Transaction<unknown>, 'query'>,
  { module, table }: { readonly module: string; readonly table: string },
  states: readonly BatchState[],
  between: { readonly from?: Date | undefined; readonly to?: Date | undefined } = {},
): Promise<readonly Batch[]> {
  const rows = await tx.query<Omit<Batch, 'bytes'> & { bytes: string }>(
    `select id::text as id, module, table_name as "table", state, object, row_count as rows, voided, bytes::text as bytes,
       sha256, content, columns
     from ${archiveSchema}.batch where module = $1 and table_name = $2 and state = any ($3::text[])
       and ($4::timestamptz is null or time_max is null or time_max >= $4::timestamptz)
       and ($5::timestamptz is null or time_min is null or time_min < $5::timestamptz) order by id`,
    [module, table, states, between.from ?? null, between.to ?? null],
  )
  return rows.map((row) => ({ ...row, bytes: Number(row.bytes) }))
}

// The lease was held in this transaction, so only a fault of this program makes a step find another state.
async function step(tx: Transaction<unknown>, text: string, values: readonly unknown[]): Promise<void> {
  if ((await tx.query(text, values)).length !== 1)
    throw new Error('a batch of the archive is not in the expected state')
}
