// What a module says in its manifest about the log of who read or changed its records.

/** How one table is logged. */
export interface TableAccess {
  /** Column or columns that name a record; their values stand in the log, so they must not be personal. */
  readonly key: string | readonly string[]
  /** Records inserts, updates, deletes and truncations, by trigger. Default true. */
  readonly writes?: boolean
  /** Records which rows a statement of the repository layer returned. Default false. */
  readonly reads?: boolean
  /** Keeps old and new values of changed columns, not only their names. Default false. */
  readonly values?: boolean
  /** Columns whose values never reach the log; that they changed does. Personal columns are always among them. */
  readonly redact?: readonly string[]
}

/** Logged tables by name. */
export type AccessDeclaration = Readonly<Record<string, TableAccess>>

/** What is wrong with a declaration, as the rest of a sentence; undefined when nothing is. */
export function accessFault(tables: readonly string[], access: AccessDeclaration): string | undefined {
  for (const [table, options] of Object.entries(access)) {
    if (!tables.includes(table)) return `access.${table} is not among its tables.`
    const key = keyOf(options)
    if (key.length === 0 || key.some((column) => typeof column !== 'string' || column === '')) {
      return `access.${table}.key names no column.`
    }
    const hidden = key.find((column) => options.redact?.includes(column))
    if (hidden !== undefined) return `access.${table} redacts ${hidden}, which is its key.`
    if (options.writes === false && options.reads !== true) return `access.${table} records neither reads nor writes.`
  }
  return undefined
}

/** The key columns as a list. */
export function keyOf({ key }: TableAccess): readonly string[] {
  return typeof key === 'string' ? [key] : key
}
