// One page of what a table holds about a person, as JSON texts: numbers that JavaScript cannot hold stay what they are.

import type { Database } from '../../data/contract/contract.ts'
import { quoteName, quoteText } from '../../data/contract/quote.ts'
import type { DeclaredTable } from './declared-table.ts'
import { ownRows, targetOf } from './erase-step.ts'

/** Some rows, and where the next page begins. */
export interface PersonalPage {
  /** Each a JSON object: column → value. */
  readonly rows: readonly string[]
  /** Undefined on the last page. */
  readonly next: string | undefined
}

const pageSize = 100

/** Reads a page by key. Columns that are secret, or say nothing about the person, are left out. */
export async function exportPage(
  db: Database<unknown>,
  table: DeclaredTable,
  subject: string,
  after: string | undefined,
): Promise<PersonalPage> {
  const target = targetOf(table)
  const keys = table.keys.map((column) => quoteName(column))
  const hidden = Object.entries(table.columns)
    .filter(([column, rule]) => (rule === 'secret' || rule === 'other') && !table.keys.includes(column))
    .map(([column]) => column)
  // The row type of the table gives the key of the last page its types back.
  const behind = keys.map((key) => `(jsonb_populate_record(null::${target}, $3::jsonb)).${key}`).join(', ')
  const pairs = table.keys.map((column, index) => `${quoteText(column)}, t.${keys[index]}`).join(', ')
  const rows = await db.query<{ row: string; key: string }>(
    `select (to_jsonb(t) - $2::text[])::text as row, jsonb_build_object(${pairs})::text as key from ${target} t
      where (${ownRows(table)}) and ${after === undefined ? '$3::jsonb is null' : `(${keys.map((key) => `t.${key}`).join(', ')}) > (${behind})`}
      order by ${keys.map((key) => `t.${key}`).join(', ')} limit ${pageSize}`,
    [subject, hidden, after ?? null],
  )
  return { rows: rows.map(({ row }) => row), next: rows.length < pageSize ? undefined : rows.at(-1)?.key }
}
