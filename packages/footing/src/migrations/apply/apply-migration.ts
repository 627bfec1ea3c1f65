// Runs one migration so that it is applied whole or not at all, and so that waiting for a lock never stops production.

import { isFootingError } from '@footing/kernel'
import pg from 'pg'
import { dataError } from '../../data/contract/errors.ts'
import { quoteName } from '../../data/contract/quote.ts'
import { schemaOf } from '../../data/contract/schema-name.ts'
import { transactionHandle } from '../../data/transaction/open-transaction.ts'
import type { MigrationFile, MigrationTables } from '../files/migration-file.ts'
import { type BackfillLimits, runBackfill } from './run-backfill.ts'

/**
 * Limits of one migration. Everybody who comes later queues behind a migration that waits for a lock, so it waits briefly
 * and tries again.
 */
export type ApplyLimits = BackfillLimits

/**
 * Applies a migration and writes it into the history.
 * @throws `migration-failed` with the line of the statement where PostgreSQL names one
 */
export async function applyMigration(client: pg.Client, file: MigrationFile, limits: ApplyLimits): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (file.backfill !== undefined) await runBackfill(client, file, file.backfill, limits)
      else await (file.transactional ? applyInTransaction(client, file, limits) : applyAlone(client, file, limits))
      return
    } catch (error) {
      await client.query('rollback').catch(() => undefined)
      // A backfill has tried each of its batches again by itself.
      if (sqlState(error) !== '55P03' || attempt > limits.lockRetries || file.backfill !== undefined) {
        throw explain(error, file)
      }
      limits.log(`${file.module}/${file.name} got no lock within ${limits.lockTimeoutMs} ms, trying again`)
      await limits.sleep(Math.min(5000, 200 * 2 ** attempt))
    }
  }
}

async function applyInTransaction(client: pg.Client, file: MigrationFile, limits: ApplyLimits): Promise<void> {
  const schema = schemaOf(file.module)
  await client.query(
    `begin; set local lock_timeout = ${limits.lockTimeoutMs}; set local statement_timeout = ${limits.statementTimeoutMs};
     create schema if not exists ${quoteName(schema)};
     set local search_path = ${quoteName(schema)}, public`,
  )
  try {
    const before = await transactionId(client)
    await runBody(client, file, schema)
    if ((await transactionId(client)) !== before) {
      throw new Error('it contains commit or rollback, so that it cannot be applied as a whole')
    }
    await client.query(
      `insert into footing.migration (module, name, checksum, applied_at) values ($1, $2, $3, clock_timestamp())`,
      [file.module, file.name, file.checksum ?? null],
    )
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}

/** Runs what the file holds, on a transaction that is open and looks into the schema of its module. */
export async function runBody(client: pg.Client, file: MigrationFile, schema: string): Promise<void> {
  if (file.body.kind === 'sql') {
    await client.query(file.body.text)
    return
  }
  const up = await file.body.load()
  const life = { over: false }
  const send = (text: string, values: readonly unknown[]) => client.query(text, [...values])
  try {
    await up(transactionHandle<MigrationTables>(schema, send, life))
  } finally {
    life.over = true
  }
}

// The row is written before, so that an interrupted run is known as such and mended by the next.
async function applyAlone(client: pg.Client, file: MigrationFile, limits: ApplyLimits): Promise<void> {
  if (file.body.kind !== 'sql') throw new Error('only SQL can run without a transaction')
  const schema = quoteName(schemaOf(file.module))
  await client.query(`create schema if not exists ${schema}`)
  await client.query(
    `insert into footing.migration (module, name, checksum) values ($1, $2, $3)
     on conflict (module, name) do update set checksum = excluded.checksum, started_at = clock_timestamp()`,
    [file.module, file.name, file.checksum ?? null],
  )
  await client.query(`set search_path = ${schema}, public`)
  await client.query(`set lock_timeout = ${limits.lockTimeoutMs}`)
  try {
    await dropInvalidIndexes(client, schemaOf(file.module))
    await client.query(file.body.text)
    await client.query('update footing.migration set applied_at = clock_timestamp() where module = $1 and name = $2', [
      file.module,
      file.name,
    ])
  } finally {
    await client.query('reset search_path; reset lock_timeout').catch(() => undefined)
  }
}

// An interrupted "create index concurrently" leaves an index that costs writes and serves no reads,
// and that makes "if not exists" skip the new attempt.
async function dropInvalidIndexes(client: pg.Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
       join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and not i.indisvalid`,
    [schema],
  )
  for (const { name } of rows) {
    await client.query(`drop index concurrently if exists ${quoteName(schema)}.${quoteName(name)}`)
  }
}

async function transactionId(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ id: string }>('select pg_current_xact_id()::text as id')
  return rows[0]?.id
}

/** The coded error for whatever went wrong with a migration. */
export function explain(error: unknown, file: MigrationFile): Error {
  if (isFootingError(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  const position = error instanceof pg.DatabaseError ? Number(error.position ?? Number.NaN) : Number.NaN
  const line = lineOf(file, position)
  return dataError(
    'migration-failed',
    {
      module: file.module,
      name: file.name,
      reason: message,
      state: stateAfterFailure(file),
      position: line === undefined ? '' : ` at line ${line}`,
    },
    error,
  )
}

function stateAfterFailure(file: MigrationFile): string {
  if (file.backfill !== undefined) return 'The batches before it are committed; the next run goes on after them.'
  if (file.transactional) return 'It was rolled back as a whole.'
  return 'It runs without a transaction, so a part of it may have stayed; the next run begins it again.'
}

function lineOf(file: MigrationFile, position: number): number | undefined {
  // The statement of a backfill is sent inside of another one, whose positions are not those of the file.
  if (file.body.kind !== 'sql' || file.backfill !== undefined || !Number.isInteger(position)) return undefined
  return file.body.text.slice(0, position).split('\n').length
}

function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}
