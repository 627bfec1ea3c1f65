// The trigger of one logged table: a set of rows becomes a set of entries in one statement, in the same transaction.

import { createHash } from 'node:crypto'
import { quoteName, quoteText } from '../../data/contract/quote.ts'
import { schemaOf } from '../../data/contract/schema-name.ts'
import { actorSetting } from './actor.ts'
import type { LoggedTable } from './logged-table.ts'

/** Name of the trigger function of a table, in the schema of the log. */
export function writeFunction({ module, table }: Pick<LoggedTable, 'module' | 'table'>): string {
  return `write_${createHash('sha256').update(`${module}.${table}`).digest('hex').slice(0, 16)}`
}

/** Names of the triggers on a logged table. Behind `footing_access_` they tell when they fire. */
export const writeTriggers = ['insert', 'update', 'delete', 'truncate'].map((event) => `footing_access_${event}`)

/** Condition on a row `t` of pg_trigger: it fires always, for everything, and when its name says so. */
export const soundWriteTrigger = `t.tgenabled = 'A' and t.tgqual is null and (t.tgname, t.tgtype) in
  (('footing_access_insert', 4), ('footing_access_update', 16), ('footing_access_delete', 8), ('footing_access_truncate', 34))`

/**
 * Body of the trigger function. Rows before and after an update are joined by key, so that a changed key is two entries:
 * one for the record that is gone under its old name, one for the one that came.
 */
export function writeFunctionBody(table: LoggedTable): string {
  const place = [table.module, table.table].map((name) => quoteText(name)).join(', ')
  const key = (row: string) =>
    `jsonb_build_object(${table.key.map((column) => `${quoteText(column)}, ${row}.${quoteName(column)}::text`).join(', ')})`
  const target = `${quoteName(schemaOf(table.module))}.${quoteName(table.table)}`
  const record = (operation: string, keyed: string, columns: string, changes: string, rows: string) => `
    insert into footing_access.entry (module, table_name, operation, key, columns, changes, subject, request_id, trace_id, source)
    select ${place}, '${operation}', ${keyed}, ${columns}, ${changes}, who, actor->>'request', actor->>'trace', actor->>'source'
      from ${rows};`
  const one = (side: 'old' | 'new') => (table.values ? oneSided(table, side) : 'null')
  return `
declare
  actor jsonb := nullif(current_setting('${actorSetting}', true), '')::jsonb;
  who uuid := footing_access.pseudonym_of(actor->>'user');
begin
  if tg_op = 'INSERT' then ${record('insert', key('r'), 'null', one('new'), 'footing_new r')}
  elsif tg_op = 'DELETE' then ${record('delete', key('r'), 'null', one('old'), 'footing_old r')}
  elsif tg_op = 'TRUNCATE' then ${record('truncate', key('r'), 'null', 'null', `${target} r`)}
  else ${record(
    'update',
    'coalesce(n.k, o.k)',
    `array(select key from jsonb_each(o.j) a full join jsonb_each(n.j) b using (key) where a.value is distinct from b.value order by key)`,
    table.values ? twoSided(table) : 'null',
    `(select ${key('r')} as k, to_jsonb(r) as j from footing_old r) o
      full join (select ${key('r')} as k, to_jsonb(r) as j from footing_new r) n on n.k = o.k`,
  )}
  end if;
  return null;
end `
}

function oneSided(table: LoggedTable, side: 'old' | 'new'): string {
  return `(select jsonb_object_agg(key, ${hidden(table, `jsonb_build_object('${side}', value)`)}) from jsonb_each(to_jsonb(r)))`
}

function twoSided(table: LoggedTable): string {
  return `(select jsonb_object_agg(key, ${hidden(table, "jsonb_strip_nulls(jsonb_build_object('old', a.value, 'new', b.value))")})
        from jsonb_each(o.j) a full join jsonb_each(n.j) b using (key) where a.value is distinct from b.value)`
}

function hidden({ redact }: LoggedTable, shown: string): string {
  if (redact.length === 0) return shown
  const names = redact.map((column) => quoteText(column)).join(', ')
  return `case when key in (${names}) then '{"redacted": true}'::jsonb else ${shown} end`
}
