// Finds out which logged records a result shows: PostgreSQL names table and column behind every column of a result.
import type pg from 'pg'
import type { LoggedTable } from './logged-table.ts'

/** One read as the log keeps it: a record by its key, or a statement whose records cannot be named. */
export interface ReadRecord {
  readonly module: string
  readonly table_name: string
  readonly key: Readonly<Record<string, string>> | null
  readonly statement: string | null
}

/** A relation through which logged records can be seen: the table, a partition, or a view on it. */
export interface WatchedRelation {
  readonly oid: number
  readonly name: string
  readonly table: LoggedTable
  /** Number of each key column; empty for a view, whose columns cannot be followed to the table. */
  readonly keyColumns: ReadonlyMap<number, string>
}

const longestStatement = 500
const mostTexts = 500

/** Looks at results for one set of watched relations. */
export class WatchedReads {
  readonly #byOid = new Map<number, WatchedRelation[]>()
  readonly #names: readonly { readonly pattern: RegExp; readonly relation: WatchedRelation }[]
  readonly #byFields = new WeakMap<readonly pg.FieldDef[], readonly WatchedRelation[]>()
  readonly #named = new Map<string, readonly WatchedRelation[]>()

  constructor(relations: readonly WatchedRelation[]) {
    for (const relation of relations) {
      this.#byOid.set(relation.oid, [...(this.#byOid.get(relation.oid) ?? []), relation])
    }
    this.#names = relations.map((relation) => ({
      pattern: new RegExp(`(?<![\\w$])${RegExp.escape(relation.name)}(?![\\w$])`, 'i'),
      relation,
    }))
  }

  /**
   * What has to be recorded of a result. A column of a logged table without its key, an aggregate, or a view gives one
   * entry for the statement: the log may say too much, never too little.
   */
  recordsOf(text: string, result: pg.QueryResult): readonly ReadRecord[] {
    if (this.#names.length === 0) return []
    if (Array.isArray(result)) return result.flatMap((one: pg.QueryResult) => this.recordsOf(text, one))
    // What a write returns is in its own entries.
    if (/^(INSERT|UPDATE|DELETE|MERGE)$/.test(result.command) || result.fields.length === 0) return []
    const shown = this.#shown(result.fields)
    const mentioned = this.#mentioned(text)
    if (shown.length === 0 && mentioned.length === 0) return []
    const keyed = new Map<LoggedTable, readonly ReadRecord[]>()
    const stated = new Set<LoggedTable>()
    for (const relation of shown) {
      const fields = keyFields(relation, result)
      if (fields === undefined) stated.add(relation.table)
      else keyed.set(relation.table, recordsByKey(relation.table, fields, result.rows))
    }
    for (const { table } of mentioned) if (!keyed.has(table)) stated.add(table)
    const statement = text.slice(0, longestStatement).toWellFormed().replaceAll('\0', '\u{fffd}')
    return [
      ...[...keyed.values()].flat(),
      ...[...stated].map(({ module, table }) => ({ module, table_name: table, key: null, statement })),
    ]
  }

  /** The relations that the columns of a result come from. A prepared statement has the same list each time. */
  #shown(fields: readonly pg.FieldDef[]): readonly WatchedRelation[] {
    const known = this.#byFields.get(fields)
    if (known !== undefined) return known
    const found = [...new Set(fields.map(({ tableID }) => tableID))].flatMap((oid) => this.#byOid.get(oid) ?? [])
    this.#byFields.set(fields, found)
    return found
  }

  #mentioned(text: string): readonly WatchedRelation[] {
    const known = this.#named.get(text)
    if (known !== undefined) return known
    const found = this.#names.filter(({ pattern }) => pattern.test(text)).map(({ relation }) => relation)
    if (this.#named.size >= mostTexts) this.#named.clear()
    this.#named.set(text, found)
    return found
  }
}

function keyFields(relation: WatchedRelation, { fields }: pg.QueryResult): ReadonlyMap<string, string> | undefined {
  if (relation.keyColumns.size === 0) return undefined
  const found = new Map<string, string>()
  for (const { tableID, columnID, name } of fields) {
    const key = tableID === relation.oid ? relation.keyColumns.get(columnID) : undefined
    // Of two columns of one name the driver keeps the last, so neither can be trusted to be the key.
    if (key !== undefined && fields.filter((other) => other.name === name).length === 1) found.set(key, name)
  }
  return found.size === relation.keyColumns.size ? found : undefined
}

function recordsByKey(
  { module, table }: LoggedTable,
  fields: ReadonlyMap<string, string>,
  rows: readonly Readonly<Record<string, unknown>>[],
): readonly ReadRecord[] {
  const seen = new Map<string, ReadRecord>()
  for (const row of rows) {
    // The other side of an outer join has no record.
    if ([...fields.values()].some((field) => row[field] === null || row[field] === undefined)) continue
    const key = Object.fromEntries([...fields].map(([column, field]) => [column, textOf(row[field])]))
    seen.set(JSON.stringify(key), { module, table_name: table, key, statement: null })
  }
  return [...seen.values()]
}

function textOf(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value).toWellFormed()
}
