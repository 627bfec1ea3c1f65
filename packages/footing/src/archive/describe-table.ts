// What the database says of a table, and whether its rows can be moved without losing or changing any.

import type { Transaction } from '../data/contract/contract.ts'
import { quoteName } from '../data/contract/quote.ts'
import { schemaOf } from '../data/contract/schema-name.ts'
import { archiveError } from './contract/errors.ts'
import type { ArchivedTable } from './contract.ts'
import { digestExpression } from './row-digest.ts'

/** A column. */
export interface TableColumn {
  readonly name: string
  /** As `format_type` writes it. */
  readonly type: string
  /** Number of the type, by which the driver knows how to read its text. */
  readonly oid: number
  /** Filled in by PostgreSQL: not written when rows come back. */
  readonly generated: boolean
}

/** A table as the archive works with it. All SQL names are quoted. */
export interface DescribedTable {
  readonly module: string
  readonly table: string
  /** `"schema"."table"` */
  readonly sqlName: string
  readonly columns: readonly TableColumn[]
  /** Names of the primary key's columns. */
  readonly key: readonly string[]
  readonly time: TableColumn
  /** SQL of the fingerprint of a row of `t`. */
  readonly digest: string
}

/** `"schema"."table"` of a module's table. */
export function tableName(module: string, table: string): string {
  return `${quoteName(schemaOf(module))}.${quoteName(table)}`
}

// Types whose cast to text writes the same as their output; for others the cast may cut: the blanks of char, the mask of inet.
const castable =
  /^(?:boolean|smallint|integer|bigint|real|double precision|numeric|text|character varying|uuid|jsonb?|bytea|date|timestamp\b.*)(?:\(.*\))?$/

/** The type without its length or precision, which would cut or round a value that is cast to it. */
export function plainType(type: string): string {
  const plain = type.replace(/\([^)]*\)/, '')
  // Without a length these two mean a length of one.
  const unlimited: Readonly<Record<string, string>> = { character: 'bpchar', bit: 'bit varying' }
  return unlimited[plain] ?? plain
}

/** SQL of the text of a value, with everything that its type has. */
export function textExpression(type: string, value: string): string {
  return castable.test(type) ? `${value}::text` : `case when ${value} is null then null else format('%s', ${value}) end`
}

/**
 * Settings under which values become text, for this transaction only: the same everywhere, so that texts can be compared.
 */
export async function fixTextForms(tx: Transaction<unknown>): Promise<void> {
  const settings = {
    timezone: 'UTC',
    datestyle: 'ISO, YMD',
    intervalstyle: 'postgres',
    bytea_output: 'hex',
    extra_float_digits: '1',
  }
  const calls = Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', true)`)
  await tx.query(`select ${calls.join(', ')}`)
}

/** Columns of a table or view in their order, or undefined when it is absent. */
export async function columnsOf(
  tx: Transaction<unknown>,
  module: string,
  table: string,
): Promise<readonly TableColumn[] | undefined> {
  const columns = await tx.query<TableColumn>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.atttypid::int8::float8 as oid,
            (a.attgenerated <> '') as generated
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [schemaOf(module), table],
  )
  return columns.length === 0 ? undefined : columns
}

/**
 * Reads the table's description.
 * @throws `archive-table-unknown`, `archive-table-unsafe`
 */
export async function describeTable(tx: Transaction<unknown>, target: ArchivedTable): Promise<DescribedTable> {
  const { module, table } = target
  const name = `${module}.${table}`
  const found = await tx.query<{ oid: string; kind: string; encoding: string; inherited: boolean }>(
    `select c.oid::text as oid, c.relkind::text as kind, current_setting('server_encoding') as encoding,
            exists (select from pg_inherits i where i.inhparent = c.oid) as inherited
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2`,
    [schemaOf(module), table],
  )
  const relation = found[0]
  if (relation === undefined) throw archiveError('archive-table-unknown', { table: name })
  const unsafe = (reason: string, instead: string) =>
    archiveError('archive-table-unsafe', { table: name, reason, instead })
  if (relation.kind !== 'r' && relation.kind !== 'p') throw unsafe('it is no table.', 'Archive the tables behind it.')
  if (relation.encoding !== 'UTF8') throw unsafe(`the database is in ${relation.encoding}.`, 'Use a database in UTF8.')

  if (relation.kind === 'r' && relation.inherited) {
    throw unsafe(
      'other tables inherit from it, so that its key does not tell its rows apart.',
      'Use partitions instead.',
    )
  }
  const columns = (await columnsOf(tx, module, table)) ?? []
  const keys = await tx.query<{ name: string }>(
    `select a.attname as name from pg_index i
     cross join lateral unnest(i.indkey::int2[]) with ordinality as k(attnum, position)
     join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
     where i.indrelid = $1::oid and i.indisprimary order by k.position`,
    [relation.oid],
  )
  if (keys.length === 0)
    throw unsafe('it has no primary key, so that its rows cannot be told apart.', 'Add a primary key.')
  await refuseSideEffects(tx, relation.oid, unsafe)

  const time = columns.find((column) => column.name === target.timeColumn)
  if (time === undefined || !/^(?:date|timestamp)/.test(time.type)) {
    const reason = `timeColumn ${target.timeColumn} is ${time === undefined ? 'not a column' : `of type ${time.type}`}.`
    throw archiveError('archive-configuration-invalid', { table: name, reason })
  }
  return {
    module,
    table,
    sqlName: tableName(module, table),
    columns,
    key: keys.map((key) => key.name),
    time,
    digest: digestExpression(columns.map(({ name, type }) => textExpression(type, `t.${quoteName(name)}`))),
  }
}

// Rows of other tables that a delete would take along or change are in no file.
async function refuseSideEffects(
  tx: Transaction<unknown>,
  oid: string,
  unsafe: (reason: string, instead: string) => Error,
): Promise<void> {
  const followers = await tx.query<{ name: string; action: string }>(
    `select conrelid::regclass::text as name, case confdeltype when 'c' then 'deleted' else 'changed' end as action
     from pg_constraint where confrelid = $1::oid and contype = 'f' and confdeltype in ('c', 'n', 'd')
     and conrelid <> confrelid order by 1`,
    [oid],
  )
  const first = followers[0]
  if (first === undefined) return
  throw unsafe(
    `rows of ${first.name} are ${first.action} with the rows that they refer to.`,
    `Change that foreign key to "on delete no action", and archive ${first.name} first.`,
  )
}
