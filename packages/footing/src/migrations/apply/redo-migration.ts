// Undoes the last migration of a module and applies it anew, for the developer who is still writing it. PostgreSQL cannot
// run a migration backwards, so the schema is built again from the files and the rows are carried over: in one transaction,
// so that whatever happens, the database is as it was or as it should be.

import { systemClock } from '@footing/kernel'
import type pg from 'pg'
import { withDirectClient, withMigrationLock } from '../../data/connection/direct-session.ts'
import type { MigrationSource } from '../../data/contract/contract.ts'
import { dataError } from '../../data/contract/errors.ts'
import { quoteName } from '../../data/contract/quote.ts'
import { schemaOf } from '../../data/contract/schema-name.ts'
import type { MigrationFile } from '../files/migration-file.ts'
import { sqlTokens } from '../files/sql-tokens.ts'
import { explain, runBody } from './apply-migration.ts'
import { type CarryLoss, carryRows } from './carry-rows.ts'
import { compareHistory, ensureHistory, readHistory } from './migration-history.ts'
import { readAllMigrations } from './migrator.ts'
import { runBackfillInside } from './run-backfill.ts'

/** What is done again. */
export interface RedoOptions {
  readonly url: string
  readonly sources: readonly MigrationSource[]
  readonly module: string
  /** True goes on although rows or values cannot be carried over. */
  readonly acceptLoss?: boolean
  readonly log?: (line: string) => void
}

/** What was done. */
export interface RedoResult {
  readonly module: string
  readonly name: string
  /** Rows that were carried over. */
  readonly rows: number
  readonly lost: readonly CarryLoss[]
}

/**
 * Rebuilds the module.
 * @throws `migration-redo-nothing`, `migration-redo-loses-data`, `migration-redo-depended`, `migration-changed` for an
 * earlier file, `migration-failed`
 */
export async function redoMigration(options: RedoOptions): Promise<RedoResult> {
  const { module, sources, log = () => undefined } = options
  const schema = schemaOf(module)
  const files = (await readAllMigrations(sources)).filter((file) => file.module === module)
  const patience = {
    timeoutMs: 60_000,
    sleep: (ms: number) => systemClock.sleep(ms),
    elapsed: () => performance.now(),
    log,
  }
  return withDirectClient(options.url, (client) =>
    withMigrationLock(client, patience, async () => {
      await ensureHistory(client)
      const applied = await appliedFiles(client, module, files)
      const last = applied.at(-1)
      if (last === undefined) throw dataError('migration-redo-nothing', { module })
      try {
        await client.query('begin')
        const carried = await rebuild(client, schema, applied, last)
        if (carried.lost.length > 0 && options.acceptLoss !== true) {
          const losses = carried.lost.map(({ what, rows }) => `${what} (${rows})`).join(', ')
          throw dataError('migration-redo-loses-data', { module, name: last.name, losses })
        }
        await client.query('commit')
        return { module, name: last.name, ...carried }
      } catch (error) {
        await client.query('rollback').catch(() => undefined)
        throw error
      }
    }),
  )
}

// Every file but the last must be as it was applied: they are applied again as well, and must come to the same.
async function appliedFiles(
  client: pg.Client,
  module: string,
  files: readonly MigrationFile[],
): Promise<readonly MigrationFile[]> {
  const history = (await readHistory(client)).filter((row) => row.module === module)
  const statuses = compareHistory(files, history)
  const begun = statuses.filter(({ state }) => state !== 'pending')
  for (const [index, { name, state }] of begun.entries()) {
    if (state === 'missing') throw dataError('migration-missing', { module, name })
    if (state === 'changed' && index < begun.length - 1) throw dataError('migration-changed', { module, name })
  }
  return files.filter(({ name }) => begun.some((status) => status.name === name))
}

async function rebuild(
  client: pg.Client,
  schema: string,
  applied: readonly MigrationFile[],
  last: MigrationFile,
): Promise<{ rows: number; lost: readonly CarryLoss[] }> {
  const own = quoteName(schema)
  const away = `footing_redo_${schema}`.slice(0, 63)
  await client.query(`alter schema ${own} rename to ${quoteName(away)}; create schema ${own}`)
  for (const file of applied.slice(0, -1)) await applyInside(client, file)
  const carried = await carryRows(client, away, schema)
  await applyInside(client, last)
  await dropAlone(client, away, last.module)
  await client.query(
    `update footing.migration set checksum = $3, started_at = clock_timestamp(), applied_at = clock_timestamp()
      where module = $1 and name = $2`,
    [last.module, last.name, last.checksum ?? null],
  )
  return carried
}

async function applyInside(client: pg.Client, file: MigrationFile): Promise<void> {
  const schema = schemaOf(file.module)
  try {
    await client.query(`set local search_path = ${quoteName(schema)}, public`)
    if (file.backfill !== undefined) await runBackfillInside(client, file, file.backfill)
    else await runBody(client, insideTransaction(file), schema)
  } catch (error) {
    throw explain(error, { ...file, transactional: true })
  }
}

// Nobody else uses a development database, so an index may lock its table here.
function insideTransaction(file: MigrationFile): MigrationFile {
  if (file.transactional || file.body.kind !== 'sql') return file
  const text = sqlTokens(file.body.text)
    .filter((token) => !(token.kind === 'word' && token.text.toLowerCase() === 'concurrently'))
    .map((token) => token.text)
    .join('')
  return { ...file, body: { kind: 'sql', text } }
}

// Dropping the old schema takes along what others built on it; then nothing may happen at all.
async function dropAlone(client: pg.Client, schema: string, module: string): Promise<void> {
  const before = await everythingOutside(client, schema)
  await client.query(`drop schema ${quoteName(schema)} cascade`)
  const after = new Set(await everythingOutside(client, schema))
  const gone = before.filter((thing) => !after.has(thing))
  if (gone.length > 0) throw dataError('migration-redo-depended', { module, things: gone.slice(0, 10).join(', ') })
}

async function everythingOutside(client: pg.Client, schema: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ thing: string }>(
    `with outside as (
       select oid from pg_namespace where nspname <> $1 and nspname <> 'information_schema' and nspname !~ '^pg_'
     )
     select pg_describe_object('pg_class'::regclass, oid, 0) as thing from pg_class where relnamespace in (select oid from outside)
     union all
     select pg_describe_object('pg_constraint'::regclass, oid, 0) from pg_constraint
      where connamespace in (select oid from outside)
     union all
     select pg_describe_object('pg_proc'::regclass, oid, 0) from pg_proc where pronamespace in (select oid from outside)
     union all
     select pg_describe_object('pg_attrdef'::regclass, d.oid, 0) from pg_attrdef d join pg_class c on c.oid = d.adrelid
      where c.relnamespace in (select oid from outside)
     union all
     select pg_describe_object('pg_class'::regclass, c.oid, a.attnum) from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relnamespace in (select oid from outside) and a.attnum > 0 and not a.attisdropped
     union all
     select pg_describe_object('pg_trigger'::regclass, t.oid, 0) from pg_trigger t join pg_class c on c.oid = t.tgrelid
      where not t.tgisinternal and c.relnamespace in (select oid from outside)
     order by 1`,
    [schema],
  )
  return rows.map(({ thing }) => thing)
}
