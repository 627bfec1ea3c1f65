// Puts the access log into a database: its own schema, and a trigger on every table that a manifest logs.

import type pg from 'pg'
import { withDirectClient } from '../../data/connection/direct-session.ts'
import { quoteName, quoteText } from '../../data/contract/quote.ts'
import { schemaOf } from '../../data/contract/schema-name.ts'
import { accessLogErrors } from './errors.ts'
import { createLogTables } from './log-tables.ts'
import { type AccessModule, type LoggedTable, loggedTables } from './logged-table.ts'
import { soundWriteTrigger, writeFunction, writeFunctionBody, writeTriggers } from './record-writes.ts'

/**
 * Installs the log for the tables that the manifests name, and takes the triggers off those that are logged no longer.
 * Runs after the migrations, over the direct URL; running it again changes nothing. Without a logged table, and without
 * a log from before, the database is left as it is.
 * @throws `access-log-invalid` when a table or a key column does not exist
 */
export async function installAccessLog(directUrl: string, modules: readonly AccessModule[]): Promise<void> {
  const tables = loggedTables(modules)
  await withDirectClient(directUrl, async (client) => {
    const { rows } = await client.query<{ there: boolean }>(
      "select to_regclass('footing_access.entry') is not null as there",
    )
    if (tables.length === 0 && rows[0]?.there !== true) return
    await client.query('begin')
    try {
      await client.query("select pg_advisory_xact_lock(hashtext('footing access log'))")
      await client.query("set local lock_timeout = '5s'")
      await client.query(createLogTables)
      await removeTriggers(client, tables)
      for (const table of tables) await installTable(client, table)
      await client.query('select footing_access.maintain()')
      await client.query('commit')
    } catch (error) {
      await client.query('rollback').catch(() => undefined)
      throw error
    }
  })
}

async function installTable(client: pg.Client, table: LoggedTable): Promise<void> {
  const name = `${schemaOf(table.module)}.${table.table}`
  const { rows: columns } = await client.query<{ column: string; kind: string }>(
    `select a.attname as column, c.relkind as kind from pg_class c join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where n.nspname = $1 and c.relname = $2`,
    [schemaOf(table.module), table.table],
  )
  const refuse = (reason: string) => accessLogErrors('access-log-invalid', { details: { table: name, reason } })
  if (columns.length === 0) throw refuse('there is no such table.')
  if (!['r', 'p'].includes(columns[0]?.kind ?? '')) throw refuse('it is no table.')
  const missing = [...table.key, ...table.redact].find((name) => !columns.some(({ column }) => column === name))
  if (missing !== undefined) throw refuse(`it has no column ${missing}.`)
  if (!table.writes) return
  const routine = `footing_access.${writeFunction(table)}()`
  await client.query(
    `create or replace function ${routine} returns trigger language plpgsql security definer
       set search_path = pg_catalog, pg_temp as ${quoteText(writeFunctionBody(table))};
     revoke all on function ${routine} from public`,
  )
  for (const target of await relationsOf(client, table)) {
    // What is there already is left alone: making a trigger locks the table against writers.
    if (!(await hasTriggers(client, target, table))) await client.query(triggersOn(target, routine))
  }
}

async function hasTriggers(client: pg.Client, target: string, table: LoggedTable): Promise<boolean> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count from pg_trigger t join pg_proc p on p.oid = t.tgfoid
       join pg_namespace n on n.oid = p.pronamespace
      where t.tgrelid = $1::regclass and n.nspname = 'footing_access' and p.proname = $2 and ${soundWriteTrigger}`,
    [target, writeFunction(table)],
  )
  return rows[0]?.count === writeTriggers.length
}

// A statement fires the triggers of the relation that it names, so a partition that is named directly needs its own.
async function relationsOf(client: pg.Client, { module, table }: LoggedTable): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_partition_tree(format('%I.%I', $1::text, $2::text)::regclass) t
       join pg_class c on c.oid = t.relid join pg_namespace n on n.oid = c.relnamespace
     union select format('%I.%I', $1::text, $2::text)`,
    [schemaOf(module), table],
  )
  return rows.map(({ name }) => name)
}

// "enable always": not even a session in the role of a replica writes unseen.
function triggersOn(target: string, routine: string): string {
  const trigger = (event: string, when: string, tables: string) =>
    `create or replace trigger footing_access_${event} ${when} ${event} on ${target} ${tables} for each statement
       execute function ${routine};
     alter table ${target} enable always trigger footing_access_${event};`
  return [
    trigger('insert', 'after', 'referencing new table as footing_new'),
    trigger('update', 'after', 'referencing old table as footing_old new table as footing_new'),
    trigger('delete', 'after', 'referencing old table as footing_old'),
    trigger('truncate', 'before', ''),
  ].join('\n')
}

async function removeTriggers(client: pg.Client, tables: readonly LoggedTable[]): Promise<void> {
  const wanted = new Set(tables.filter(({ writes }) => writes).map((table) => writeFunction(table)))
  const { rows } = await client.query<{ trigger: string; target: string; routine: string }>(
    `select t.tgname as trigger, t.tgrelid::regclass::text as target, p.proname as routine
       from pg_trigger t join pg_proc p on p.oid = t.tgfoid join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = 'footing_access' and p.proname like 'write\\_%' and not t.tgisinternal`,
  )
  for (const { trigger, target, routine } of rows) {
    if (!wanted.has(routine)) await client.query(`drop trigger ${quoteName(trigger)} on ${target}`)
  }
}
