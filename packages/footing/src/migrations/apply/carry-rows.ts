// Copies the rows of one schema into another that was built like it, table by table, parents first.

import type pg from 'pg'
import { quoteName } from '../../data/contract/quote.ts'

/** Something that could not be copied. */
export interface CarryLoss {
  /** `item`, or `item.price`. */
  readonly what: string
  /** Rows, or rows with a value in that column. */
  readonly rows: number
  readonly why: string
}

interface Table {
  readonly name: string
  /** Column → whether it is written by the server only. */
  readonly columns: ReadonlyMap<string, boolean>
  readonly parents: readonly string[]
}

/** Copies inside of the open transaction. What the new schema held already is replaced. */
export async function carryRows(
  client: pg.Client,
  from: string,
  to: string,
): Promise<{ rows: number; lost: readonly CarryLoss[] }> {
  const source = await readTables(client, from)
  const target = await readTables(client, to)
  const lost: CarryLoss[] = []
  let rows = 0
  for (const table of source.values()) {
    if (!target.has(table.name)) lost.push(...(await countLoss(client, from, table.name)))
  }
  const ordered = parentsFirst([...target.values()])
  for (const { name } of ordered.toReversed()) await client.query(`delete from ${nameIn(to, name)}`)
  for (const table of ordered) {
    const old = source.get(table.name)
    if (old === undefined) continue
    for (const column of old.columns.keys()) {
      if (!table.columns.has(column)) lost.push(...(await countLoss(client, from, table.name, column)))
    }
    const outcome = await copyTable(client, from, to, table, old)
    if (typeof outcome === 'number') rows += outcome
    else lost.push(...(await countLoss(client, from, table.name, undefined, outcome.reason)))
  }
  await carrySequences(client, from, to)
  return { rows, lost }
}

async function copyTable(
  client: pg.Client,
  from: string,
  to: string,
  table: Table,
  old: Table,
): Promise<number | { readonly reason: string }> {
  const shared = [...table.columns].filter(([column, written]) => !written && old.columns.has(column))
  const columns = shared.map(([column]) => quoteName(column)).join(', ')
  const target = nameIn(to, table.name)
  await client.query('savepoint carry')
  try {
    // What the triggers of the module did, they did when the row was first written.
    await client.query(`alter table ${target} disable trigger user`)
    const { rowCount } = await client.query(
      columns === ''
        ? `insert into ${target} select from ${nameIn(from, table.name)}`
        : `insert into ${target} (${columns}) overriding system value select ${columns} from ${nameIn(from, table.name)}`,
    )
    await client.query('set constraints all immediate; set constraints all deferred')
    await client.query(`alter table ${target} enable trigger user; release savepoint carry`)
    return rowCount ?? 0
  } catch (error) {
    await client.query('rollback to savepoint carry')
    return { reason: error instanceof Error ? error.message : String(error) }
  }
}

async function countLoss(
  client: pg.Client,
  schema: string,
  table: string,
  column?: string,
  why = column === undefined ? 'the last migration made the table' : 'the last migration made the column',
): Promise<readonly CarryLoss[]> {
  const counted = column === undefined ? '*' : quoteName(column)
  const { rows } = await client.query<{ count: string }>(`select count(${counted}) from ${nameIn(schema, table)}`)
  const count = Number(rows[0]?.count ?? 0)
  return count === 0 ? [] : [{ what: column === undefined ? table : `${table}.${column}`, rows: count, why }]
}

async function carrySequences(client: pg.Client, from: string, to: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select a.sequencename as name from pg_sequences a join pg_sequences b on b.sequencename = a.sequencename
      where a.schemaname = $1 and b.schemaname = $2`,
    [from, to],
  )
  for (const { name } of rows) {
    await client.query(`select setval($1::regclass, last_value, is_called) from ${nameIn(from, name)}`, [
      nameIn(to, name),
    ])
  }
}

async function readTables(client: pg.Client, schema: string): Promise<ReadonlyMap<string, Table>> {
  const { rows } = await client.query<{ name: string; columns: [string, boolean][]; parents: string[] }>(
    `select c.relname as name,
       coalesce((select json_agg(json_build_array(a.attname, a.attgenerated <> '') order by a.attnum)
          from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]') as columns,
       array(select p.relname::text from pg_constraint k join pg_class p on p.oid = k.confrelid
          where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid and p.relnamespace = c.relnamespace) as parents
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind in ('r', 'p') and not c.relispartition
     order by c.relname collate "C"`,
    [schema],
  )
  return new Map(rows.map((row) => [row.name, { ...row, columns: new Map(row.columns) }]))
}

// Tables that point at each other in a cycle come as they are; a foreign key then says what cannot be copied.
function parentsFirst(tables: readonly Table[]): readonly Table[] {
  const byName = new Map(tables.map((table) => [table.name, table]))
  const ordered = new Set<Table>()
  const open = new Set<Table>()
  const visit = (table: Table): void => {
    if (ordered.has(table) || open.has(table)) return
    open.add(table)
    for (const parent of table.parents) {
      const found = byName.get(parent)
      if (found !== undefined) visit(found)
    }
    open.delete(table)
    ordered.add(table)
  }
  for (const table of tables) visit(table)
  return [...ordered]
}

function nameIn(schema: string, name: string): string {
  return `${quoteName(schema)}.${quoteName(name)}`
}
