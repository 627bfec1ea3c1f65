// Looks at the start whether a database can keep erased people out: the account, and a trigger on each personal table.
import { schemaOf } from '../../data/contract/schema-name.ts'
import type { SendToPrimary } from '../../data/contract/statement-hooks.ts'
import type { DeclaredTable } from './declared-table.ts'
import { fenceFunction, fenceTriggers } from './erasure-tables.ts'
import { personalDataErrors } from './errors.ts'

/** Tables of the database whose fence is missing or switched off, as `module.table`; undefined without the account. */
export async function unfencedTables(
  send: SendToPrimary,
  tables: readonly DeclaredTable[],
): Promise<readonly string[] | undefined> {
  const places = tables.map((table) => ({
    name: `${table.module}.${table.table}`,
    schema: schemaOf(table.module),
    table: table.table,
    routine: fenceFunction(table),
  }))
  const { rows } = await send(
    `select to_regprocedure('footing_personal.is_erased(text)') is not null as installed,
            array(select d->>'name' from jsonb_array_elements($1::jsonb) d where $3 <> (
              select count(*) from pg_trigger t join pg_proc p on p.oid = t.tgfoid join pg_namespace n on n.oid = p.pronamespace
               where t.tgrelid = to_regclass(format('%I.%I', d->>'schema', d->>'table')) and t.tgname = any($2)
                 and t.tgenabled = 'A' and n.nspname = 'footing_personal' and p.proname = d->>'routine')) as unfenced`,
    [JSON.stringify(places), fenceTriggers, fenceTriggers.length],
  )
  // The query names exactly these columns.
  const [found] = rows as readonly { readonly installed: boolean; readonly unfenced: readonly string[] }[]
  return found?.installed === true ? found.unfenced : undefined
}

/** The same as an error. @throws `personal-data-missing`, `personal-data-unfenced` */
export async function requireFences(send: SendToPrimary, tables: readonly DeclaredTable[]): Promise<void> {
  const unfenced = await unfencedTables(send, tables)
  if (unfenced === undefined) throw personalDataErrors('personal-data-missing')
  const [table] = unfenced
  if (table !== undefined) throw personalDataErrors('personal-data-unfenced', { details: { table } })
}
