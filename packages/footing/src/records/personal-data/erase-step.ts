// One step of an erasure in one table: a bounded number of rows, with its account, in one transaction.

import type { Database, Transaction } from '../../data/contract/contract.ts'
import { quoteName, quoteText } from '../../data/contract/quote.ts'
import { schemaOf } from '../../data/contract/schema-name.ts'
import type { ColumnRule, ModuleErasure } from '../../module/personal-declaration.ts'
import type { DeclaredTable } from './declared-table.ts'
import { erasingSetting, fenceTriggers } from './erasure-tables.ts'
import { personalDataErrors } from './errors.ts'

/** What a step did, and what the account of the table says now. */
export interface ErasureStep {
  /** Rows of this step; 0 when there was nothing left to do. */
  readonly rows: number
  /** Rows of all steps so far, those of interrupted runs among them. */
  readonly total: number
  /** Rows that name the person and stay. */
  readonly kept: number
}

/**
 * Makes the erasure of a table that no rule can describe. `work` erases at most `most` rows in the transaction that it is
 * given and says how many; it is called until it says 0, and again after every interruption.
 */
export function eraseBy<Tables>(
  work: (tx: Transaction<Tables>, subject: string, most: number) => Promise<number>,
): ModuleErasure {
  // The handle is that of the module whose tables the caller names.
  return (tx, subject, most) => work(tx as unknown as Transaction<Tables>, subject, most)
}

const mostRows = 500

/**
 * Erases some rows of a table. Doing it again when all is done changes nothing.
 * @throws `personal-data-invalid`, `personal-data-missing`, and what the module's own function throws
 */
export async function eraseStep(
  db: Database<unknown>,
  table: DeclaredTable,
  subject: string,
  byModule: ModuleErasure | undefined,
): Promise<ErasureStep> {
  return db.transaction(async (tx) => {
    await begin(tx, table, subject)
    const rows = await eraseSome(tx, table, subject, byModule)
    const kept = table.erase === 'delete' ? 0 : await countRows(tx, table, subject)
    await tx.query('select footing_personal.note_step($1, $2, $3, $4, $5, $6)', [
      subject,
      table.module,
      table.table,
      table.erase,
      rows,
      kept,
    ])
    // The steps of whoever erases themselves are in the access log under their own pseudonym.
    await tx.query('select footing_personal.forget_pseudonyms($1)', [subject])
    const [account] = await tx.query<{ total: number }>(
      `select (s->>'rows')::int as total from jsonb_array_elements(footing_personal.account_of($1)->'steps') s
        where s->>'module' = $2 and s->>'table' = $3`,
      [subject, table.module, table.table],
    )
    return { rows, total: account?.total ?? rows, kept }
  })
}

// The fence lets the erasure itself through; one that is off would make the proof untrue.
async function begin(tx: Transaction<unknown>, table: DeclaredTable, subject: string): Promise<void> {
  const [found] = await tx.query<{ fences: number }>(
    `select set_config('${erasingSetting}', $1, true), (select count(*)::int from pg_trigger
        where tgrelid = $2::regclass and tgname = any($3) and tgenabled = 'A') as fences`,
    [subject, targetOf(table), fenceTriggers],
  )
  if (found?.fences === fenceTriggers.length) return
  throw personalDataErrors('personal-data-unfenced', { details: { table: `${table.module}.${table.table}` } })
}

/**
 * Begins an erasure in the database of a module, once. From here on the fence refuses new rows about the person.
 * @throws `data-lock-timeout` while somebody writes about the person
 */
export async function requestErasure(db: Database<unknown>, subject: string): Promise<void> {
  const [known] = await db.query<{ account: unknown }>('select footing_personal.account_of($1) as account', [subject])
  if (known?.account) return
  // A short wait: writers about other people in the same bucket queue up behind it.
  await db.transaction((tx) => tx.query('select footing_personal.request_erasure($1)', [subject]), {
    lockTimeoutMs: 300,
  })
}

/**
 * Refuses an identifier that is another spelling of the one in the table, such as `007` for 7: the rows would be erased, and
 * the fence would keep out somebody whom nobody knows by that name.
 * @throws `personal-data-subject-unlike`
 */
export async function refuseOtherSpelling(db: Database<unknown>, table: DeclaredTable, subject: string): Promise<void> {
  const own = table.subjects.map(
    (column) => `case when t.${quoteName(column)} = $1 then t.${quoteName(column)}::text end`,
  )
  const [row] = await db.query<{ own: string | null }>(
    `select coalesce(${own.join(', ')}) as own from ${targetOf(table)} t where ${ownRows(table)} limit 1`,
    [subject],
  )
  if (row === undefined || row.own === subject) return
  throw personalDataErrors('personal-data-subject-unlike', {
    details: { subject: JSON.stringify(subject.slice(0, 100)), own: JSON.stringify(row.own) },
  })
}

async function eraseSome(
  tx: Transaction<unknown>,
  table: DeclaredTable,
  subject: string,
  byModule: ModuleErasure | undefined,
): Promise<number> {
  if (table.erase === 'keep') return 0
  if (table.erase === 'by-module') {
    if (byModule === undefined) {
      const reason = 'its module has no function for it; return it as personal from the implementation.'
      throw personalDataErrors('personal-data-invalid', {
        details: { table: `${table.module}.${table.table}`, reason },
      })
    }
    return byModule(tx, subject, mostRows)
  }
  const target = targetOf(table)
  const key = table.keys.map((column) => quoteName(column)).join(', ')
  const replaced = table.erase === 'anonymise' ? await replacements(tx, table) : []
  const undone = replaced.map(({ column, value }) => `t.${column}::text is distinct from (${value})::text`).join(' or ')
  const some = `select ${key} from ${target} t where (${ownRows(table)}) ${undone === '' ? '' : `and (${undone})`}
    order by ${key} limit ${mostRows} for update`
  const statement =
    table.erase === 'delete'
      ? `delete from ${target} t where (${key}) in (${some})`
      : `update ${target} t set ${replaced.map(({ column, value }) => `${column} = ${value}`).join(', ')} where (${key}) in (${some})`
  const [done] = await tx.query<{ count: number }>(
    `with done as (${statement} returning 1) select count(*)::int as count from done`,
    replaced.some(({ random }) => random) ? [subject, subject] : [subject],
  )
  return done?.count ?? 0
}

async function countRows(tx: Transaction<unknown>, table: DeclaredTable, subject: string): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    `select count(*)::int as count from ${targetOf(table)} t where ${ownRows(table)}`,
    [subject],
  )
  return row?.count ?? 0
}

/** Name of the table with its schema, quoted. */
export function targetOf({ module, table }: DeclaredTable): string {
  return `${quoteName(schemaOf(module))}.${quoteName(table)}`
}

/** The condition for rows of the person in `$1`. */
export function ownRows({ subjects }: DeclaredTable): string {
  return subjects.map((column) => `t.${quoteName(column)} = $1`).join(' or ')
}

interface Replacement {
  readonly column: string
  /** SQL of the new value. */
  readonly value: string
  /** True when it takes the person once more, as text in `$2`. */
  readonly random: boolean
}

async function replacements(tx: Transaction<unknown>, table: DeclaredTable): Promise<readonly Replacement[]> {
  const columns = await tx.query<{ name: string; type: string; category: string; required: boolean }>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, t.typcategory as category, a.attnotnull as required
       from pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped`,
    [targetOf(table)],
  )
  return Object.entries(table.columns).flatMap(([name, rule]) => {
    const found = columns.find((column) => column.name === name)
    if (found === undefined || rule === 'keep' || rule === 'other') return []
    const value = emptied(rule, found, table)
    const random = typeof rule === 'object' && rule.replace.includes('{random}')
    if (value !== undefined) return [{ column: quoteName(name), value, random }]
    const reason = `nothing is known that could stand in ${name} of type ${found.type}, which may not be empty.`
    throw personalDataErrors('personal-data-invalid', { details: { table: `${table.module}.${table.table}`, reason } })
  })
}

// Categories of PostgreSQL's types: string, array, number, boolean, date and time.
const emptyValues: Readonly<Record<string, string>> = { S: "''", A: "'{}'", N: '0', B: 'false', D: "'epoch'" }
const emptyByType: Readonly<Record<string, string>> = {
  json: "'{}'",
  jsonb: "'{}'",
  uuid: "'00000000-0000-0000-0000-000000000000'",
  bytea: "''",
  interval: "'0'",
}

function emptied(
  rule: Exclude<ColumnRule, 'keep' | 'other'>,
  column: { readonly name: string; readonly type: string; readonly category: string; readonly required: boolean },
  table: DeclaredTable,
): string | undefined {
  if (typeof rule === 'object') {
    const key = table.keys.map((name) => `t.${quoteName(name)}::text`).join(` || '-' || `)
    const place = quoteText(`${table.module}.${table.table}.${column.name}`)
    const random = `footing_personal.replacement_of($2, ${place}, ${key})`
    const parts = rule.replace.split('{random}').map((part) => quoteText(part))
    return `(${parts.join(` || ${random} || `)})::${column.type}`
  }
  if (!column.required) return `null::${column.type}`
  const empty = emptyByType[column.type] ?? emptyValues[column.category]
  return empty === undefined ? undefined : `${empty}::${column.type}`
}
