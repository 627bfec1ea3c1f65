// Finds a table in a committed dump: the types of its columns and its primary key, without a database.

import { nameOf, sqlTokens } from '../files/sql-tokens.ts'
import { parseSchema } from './schema-object.ts'

/** What a dump says of one table. */
export interface DumpedTable {
  /** Column → its type as SQL. */
  readonly types: ReadonlyMap<string, string>
  /** Columns of the primary key; empty when there is none. */
  readonly key: readonly string[]
}

/** The table in the text of a dump; without types and key when it is not there. */
export function dumpedTable(dump: string, table: string): DumpedTable {
  const found = parseSchema(dump).find(({ kind, name }) => kind === 'table' && exactName(name) === table)
  const types = new Map<string, string>()
  let key: readonly string[] = []
  for (const line of found?.lines ?? []) {
    const primary = /^ {2}constraint .* PRIMARY KEY \(([^)]*)\)/.exec(line)?.[1]
    if (primary !== undefined) key = namesIn(primary)
    const [, column, type] = columnLine.exec(line) ?? []
    if (column !== undefined && type !== undefined && primary === undefined) types.set(exactName(column), type)
  }
  return { types, key }
}

const columnLine =
  /^ {2}(?!constraint )("(?:[^"]|"")*"|\S+) (.+?)(?: (?:generated|default|not null|not valid|collate|storage|with(?= \()|comment)(?: .*)?)?$/

function namesIn(list: string): readonly string[] {
  return sqlTokens(list)
    .map((token) => nameOf(token))
    .filter((name) => name !== undefined)
}

function exactName(name: string): string {
  return nameOf(sqlTokens(name)[0]) ?? name
}
