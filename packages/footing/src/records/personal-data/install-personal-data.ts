// Puts the account of erasures and the fences into a database.

import type pg from 'pg'
import { withDirectClient } from '../../data/connection/direct-session.ts'
import { quoteName, quoteText } from '../../data/contract/quote.ts'
import { schemaOf } from '../../data/contract/schema-name.ts'
import { type DeclaredTable, type PersonalModule, personalTables } from './declared-table.ts'
import { createErasureTables, fenceFunction, fenceFunctionBody, fenceTriggers } from './erasure-tables.ts'
import { personalDataErrors } from './errors.ts'

/**
 * Installs what erasing needs: tables of account, and on each personal table a trigger that refuses rows about people who
 * were erased. Where no module declares anything, and without an account from before, the database is left as it is.
 * @throws `personal-data-invalid` when a table or a column does not exist
 */
export async function installPersonalData(directUrl: string, modules: readonly PersonalModule[]): Promise<void> {
  const tables = modules.flatMap(personalTables)
  await withDirectClient(directUrl, async (client) => {
    const { rows } = await client.query<{ there: boolean }>(
      "select to_regclass('footing_personal.erasure') is not null as there",
    )
    const declared = modules.some(({ personal }) => Object.keys(personal ?? {}).length > 0)
    if (!declared && rows[0]?.there !== true) return
    await client.query('begin')
    try {
      await client.query("select pg_advisory_xact_lock(hashtext('footing personal data'))")
      await client.query("set local lock_timeout = '5s'")
      await client.query(createErasureTables)
      for (const table of tables) await installFence(client, table)
      await removeFences(client, tables)
      await client.query('commit')
    } catch (error) {
      await client.query('rollback').catch(() => undefined)
      throw error
    }
  })
}

async function installFence(client: pg.Client, table: DeclaredTable): Promise<void> {
  await verifyColumns(client, table)
  const target = `${quoteName(schemaOf(table.module))}.${quoteName(table.table)}`
  const routine = `footing_personal.${fenceFunction(table)}()`
  await client.query(
    `create or replace function ${routine} returns trigger language plpgsql security definer
       set search_path = pg_catalog, pg_temp as ${quoteText(fenceFunctionBody(table))};
     revoke all on function ${routine} from public`,
  )
  const { rows } = await client.query<{ count: number }>(
    "select count(*)::int as count from pg_trigger where tgrelid = $1::regclass and tgname = any($2) and tgenabled = 'A'",
    [target, fenceTriggers],
  )
  // Making a trigger locks the table against writers, so what is there already is left alone.
  if (rows[0]?.count === fenceTriggers.length) return
  await client.query(
    `create or replace trigger footing_personal_insert after insert on ${target} referencing new table as footing_new
       for each statement execute function ${routine};
     create or replace trigger footing_personal_update after update on ${target}
       referencing old table as footing_old new table as footing_new for each statement execute function ${routine};
     alter table ${target} enable always trigger footing_personal_insert, enable always trigger footing_personal_update`,
  )
}

async function verifyColumns(client: pg.Client, table: DeclaredTable): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select a.attname as name from pg_attribute a
      where a.attrelid = to_regclass(format('%I.%I', $1::text, $2::text)) and a.attnum > 0 and not a.attisdropped`,
    [schemaOf(table.module), table.table],
  )
  const names = new Set(rows.map(({ name }) => name))
  const missing = [...table.subjects, ...table.keys, ...Object.keys(table.columns)].find((name) => !names.has(name))
  if (missing === undefined) return
  const place = [table.module, table.table, ...(names.size === 0 ? [] : [missing])].join('.')
  throw personalDataErrors('personal-data-absent', { details: { place } })
}

async function removeFences(client: pg.Client, tables: readonly DeclaredTable[]): Promise<void> {
  const wanted = new Set(tables.map((table) => fenceFunction(table)))
  const { rows } = await client.query<{ trigger: string; target: string; routine: string }>(
    `select t.tgname as trigger, t.tgrelid::regclass::text as target, p.proname as routine
       from pg_trigger t join pg_proc p on p.oid = t.tgfoid join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = 'footing_personal' and p.proname like 'fence\\_%' and not t.tgisinternal`,
  )
  for (const { trigger, target, routine } of rows) {
    if (!wanted.has(routine)) await client.query(`drop trigger ${quoteName(trigger)} on ${target}`)
  }
}
