// Tables out of SQL texts: written, read, and words that are no table.
import { expect, test } from 'vitest'
import { tableStatements } from './table-statements.ts'

const told = (text: string) =>
  tableStatements(text).map(
    ({ schema, table, writes }) => `${writes ? 'writes' : 'reads'} ${schema === '' ? '' : `${schema}.`}${table}`,
  )

test.each([
  ['insert into invoice (id) values ($1)', ['writes invoice']],
  ['INSERT INTO "Invoice" (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET x = 1', ['writes Invoice']],
  ['update only billing.invoice as i set paid = true from pledge p', ['writes billing.invoice', 'reads pledge']],
  ['delete from billing . invoice where id = 1', ['writes billing.invoice']],
  ['truncate table invoice', ['writes invoice']],
  ['select * from invoice join "billing"."plan" on true', ['reads invoice', 'reads billing.plan']],
  ['select 1 from account for update of account skip locked', ['reads account']],
  ['select extract(day from created_at) from invoice', ['reads created_at', 'reads invoice']],
  ['select * from unnest($1::int[]) as u(x)', []],
  ["select 'delete from account' -- update account set x\n from invoice /* join x */", ['reads invoice']],
  ['with gone as (delete from invoice returning *) select * from gone', ['writes invoice', 'reads gone']],
  ['merge into invoice using plan on true', ['writes invoice']],
])('%s', (text, expected) => {
  expect(told(text)).toEqual(expected)
})

test('a hostile text is read to its end', () => {
  expect(tableStatements(`select ${'from '.repeat(19_000)}`)).not.toHaveLength(0)
  expect(tableStatements(`insert into ${'('.repeat(60_000)}`)).toEqual([])
  expect(tableStatements("'".repeat(99_999))).toEqual([])
  expect(tableStatements(`delete from ${'a.'.repeat(40_000)}`)).toHaveLength(1)
})
