// A change of many rows in batches along a key: each batch and the place it reached are one transaction, so that a run
// that is killed anywhere goes on where it stopped and no row is changed twice.

import pg from 'pg'
import { quoteName } from '../../data/contract/quote.ts'
import { schemaOf } from '../../data/contract/schema-name.ts'
import type { MigrationFile } from '../files/migration-file.ts'
import type { BackfillPlan } from '../files/migration-header.ts'

/** Limits and voice of a backfill. */
export interface BackfillLimits {
  readonly lockTimeoutMs: number
  readonly lockRetries: number
  readonly statementTimeoutMs: number
  readonly sleep: (ms: number) => Promise<void>
  /** Milliseconds, only going forward. */
  readonly elapsed: () => number
  readonly log: (line: string) => void
}

/** How far an unfinished backfill is. */
export interface BackfillProgress {
  readonly module: string
  readonly name: string
  readonly rows: number
  readonly startedAt: Date
}

interface Key {
  readonly columns: readonly string[]
  readonly types: readonly string[]
}

/** Creates the table of the progress when it is absent. Call it under the lock. */
async function ensureProgress(client: pg.ClientBase): Promise<void> {
  await client.query(`create table if not exists footing.backfill (
      module text not null,
      name text not null,
      checksum text,
      last_key text[],
      rows bigint not null default 0,
      started_at timestamptz not null default clock_timestamp(),
      primary key (module, name)
    )`)
}

/** Every backfill that has begun and not ended. */
export async function readProgress(client: pg.ClientBase): Promise<readonly BackfillProgress[]> {
  const { rows: found } = await client.query(`select to_regclass('footing.backfill') is not null as there`)
  if (found[0]?.there !== true) return []
  const { rows } = await client.query<{ module: string; name: string; rows: string; startedAt: Date }>(
    'select module, name, rows, started_at as "startedAt" from footing.backfill order by module, name',
  )
  return rows.map((row) => ({ ...row, rows: Number(row.rows) }))
}

/**
 * Runs a backfill from where it stopped to its end and writes it into the history together with its last batch.
 * @throws what PostgreSQL answers; what was done stays, and the next run goes on
 */
export async function runBackfill(
  client: pg.ClientBase,
  file: MigrationFile,
  plan: BackfillPlan,
  limits: BackfillLimits,
): Promise<void> {
  const schema = schemaOf(file.module)
  await begin(client, schema, limits)
  await client.query(`create schema if not exists ${quoteName(schema)}`)
  await ensureProgress(client)
  const resumed = await claimProgress(client, file)
  const key = await findKey(client, schema, plan)
  await client.query('commit')
  if (resumed > 0) limits.log(`${file.module}/${file.name} goes on after ${resumed} rows`)

  const statement = batchStatement(file, schema, plan, key)
  let told = limits.elapsed()
  for (let rows = resumed, done = false; !done; ) {
    const batch = await runBatch(client, file, plan, statement, limits)
    rows += batch
    done = batch < plan.batch
    if (done) limits.log(`${file.module}/${file.name} went through ${rows} rows`)
    else if (limits.elapsed() - told > 5000) {
      told = limits.elapsed()
      limits.log(`${file.module}/${file.name} has gone through ${rows} rows`)
    }
    if (!done && plan.pauseMs > 0) await limits.sleep(plan.pauseMs)
  }
}

/** Runs it in the open transaction of the caller, for a database that is built anew. */
export async function runBackfillInside(client: pg.ClientBase, file: MigrationFile, plan: BackfillPlan): Promise<void> {
  const schema = schemaOf(file.module)
  const statement = batchStatement(file, schema, plan, await findKey(client, schema, plan))
  let last: readonly string[] | null = null
  for (let rows = plan.batch; rows === plan.batch; ) {
    const { rows: found }: pg.QueryResult<BatchRow> = await client.query<BatchRow>(statement, [plan.batch, last])
    rows = Number(found[0]?.rows ?? 0)
    last = found[0]?.last ?? last
  }
}

interface BatchRow {
  readonly rows: string
  readonly last: string[] | null
}

async function runBatch(
  client: pg.ClientBase,
  file: MigrationFile,
  plan: BackfillPlan,
  statement: string,
  limits: BackfillLimits,
): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await begin(client, schemaOf(file.module), limits)
      const { rows: progress } = await client.query<{ last: string[] | null }>(
        'select last_key as last from footing.backfill where module = $1 and name = $2 for update',
        [file.module, file.name],
      )
      const { rows: found } = await client.query<BatchRow>(statement, [plan.batch, progress[0]?.last ?? null])
      const rows = Number(found[0]?.rows ?? 0)
      if (rows < plan.batch) await finish(client, file)
      else {
        await client.query(
          'update footing.backfill set last_key = $3, rows = rows + $4 where module = $1 and name = $2',
          [file.module, file.name, found[0]?.last ?? null, rows],
        )
      }
      await client.query('commit')
      return rows
    } catch (error) {
      await client.query('rollback').catch(() => undefined)
      if (!isWorthAnotherTry(error) || attempt > limits.lockRetries) throw error
      limits.log(`${file.module}/${file.name} met a lock, the batch is tried again`)
      await limits.sleep(Math.min(5000, 100 * 2 ** attempt))
    }
  }
}

async function finish(client: pg.ClientBase, file: MigrationFile): Promise<void> {
  await client.query('delete from footing.backfill where module = $1 and name = $2', [file.module, file.name])
  await client.query(
    `insert into footing.migration (module, name, checksum, applied_at) values ($1, $2, $3, clock_timestamp())`,
    [file.module, file.name, file.checksum ?? null],
  )
}

async function begin(client: pg.ClientBase, schema: string, limits: BackfillLimits): Promise<void> {
  await client.query(
    `begin; set local lock_timeout = ${limits.lockTimeoutMs}; set local statement_timeout = ${limits.statementTimeoutMs};
     set local search_path = ${quoteName(schema)}, public`,
  )
}

// Another text means another change, which the rows behind the mark have not had: it begins at the first row again.
async function claimProgress(client: pg.ClientBase, file: MigrationFile): Promise<number> {
  const { rows } = await client.query<{ rows: string }>(
    `insert into footing.backfill as mark (module, name, checksum) values ($1, $2, $3)
     on conflict (module, name) do update set checksum = excluded.checksum,
       last_key = case when mark.checksum is not distinct from excluded.checksum then mark.last_key end,
       rows = case when mark.checksum is not distinct from excluded.checksum then mark.rows else 0 end
     returning rows`,
    [file.module, file.name, file.checksum ?? null],
  )
  return Number(rows[0]?.rows ?? 0)
}

// Only a key that names each row once, and never NULL, visits every row exactly once.
async function findKey(client: pg.ClientBase, schema: string, { table, key }: BackfillPlan): Promise<Key> {
  const { rows } = await client.query<{ columns: string[]; types: string[]; primary: boolean; sound: boolean }>(
    `select array_agg(a.attname::text order by k.place) as columns,
            array_agg(format_type(a.atttypid, a.atttypmod) order by k.place) as types,
            i.indisprimary as primary,
            bool_and(a.attnotnull) and i.indisunique and i.indisvalid and i.indpred is null
              and i.indexprs is null as sound
       from pg_index i
       cross join lateral unnest(i.indkey[0:i.indnkeyatts - 1]) with ordinality as k (attnum, place)
       join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
      where i.indrelid = to_regclass($1)
      group by i.indexrelid, i.indisprimary, i.indisunique, i.indisvalid, i.indpred, i.indexprs`,
    [`${quoteName(schema)}.${quoteName(table)}`],
  )
  const wanted = key.join(',')
  const found = rows.find((row) => row.sound && (key.length === 0 ? row.primary : row.columns.join(',') === wanted))
  if (found === undefined) {
    const what =
      key.length === 0 ? 'has no primary key' : `has no unique index on exactly ${key.join(', ')}, all not null`
    throw new Error(`the table ${table} of the backfill is not there or ${what}`)
  }
  return { columns: found.columns, types: found.types }
}

// The statement of the file runs as a part of one that also finds the batch and says where it ends.
function batchStatement(file: MigrationFile, schema: string, plan: BackfillPlan, key: Key): string {
  if (file.body.kind !== 'sql') throw new Error('only SQL can be a backfill')
  const names = key.columns.map(quoteName)
  const table = `${quoteName(schema)}.${quoteName(plan.table)}`
  const last = key.types.map((type, index) => `($2::text[])[${index + 1}]::${type}`)
  const descending = names.map((name) => `${name} desc`).join(', ')
  return `with batch as materialized (
  select ${names.join(', ')} from ${table}
   where $2::text[] is null or (${names.join(', ')}) > (${last.join(', ')})
   order by ${names.join(', ')} limit $1::int
), change as (
${file.body.text.trimEnd().replace(/;\s*$/, '')}
)
select (select count(*) from batch) as rows,
  (select array[${names.map((name) => `${name}::text`).join(', ')}] from batch order by ${descending} limit 1) as last`
}

function isWorthAnotherTry(error: unknown): boolean {
  return error instanceof pg.DatabaseError && ['55P03', '40P01', '40001'].includes(error.code ?? '')
}
