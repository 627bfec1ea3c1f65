// Answers who read or changed a record, and what a person did.
import { withDirectClient } from '../../data/connection/direct-session.ts'

/** Which entries are wanted; what is left out does not narrow. */
export interface AccessQuery {
  /** `table` or `module.table`. */
  readonly table?: string | undefined
  /** The whole key, column by column. */
  readonly key?: Readonly<Record<string, string>> | undefined
  /** Identifier of a user whom nobody has erased. */
  readonly user?: string | undefined
  readonly operation?: string | undefined
  readonly request?: string | undefined
  /** Most entries, newest first; default 100, at most 10 000. */
  readonly limit?: number | undefined
  /** `id` of the last entry of the page before. */
  readonly before?: string | undefined
}

/** One entry as it is shown. */
export interface AccessEntry {
  readonly id: string
  readonly at: string
  readonly module: string
  readonly table: string
  readonly operation: 'read' | 'insert' | 'update' | 'delete' | 'truncate'
  readonly key: Readonly<Record<string, string>> | null
  readonly columns: readonly string[] | null
  readonly changes: unknown
  readonly statement: string | null
  /** The user; null when nobody was known, or when the person was erased: then only the pseudonym is left. */
  readonly user: string | null
  readonly pseudonym: string | null
  readonly databaseUser: string
  readonly request: string | null
  readonly trace: string | null
  readonly source: string | null
}

const usual = 100
const most = 10_000

/** Reads entries, newest first, over the direct URL. */
export async function readAccessLog(directUrl: string, query: AccessQuery = {}): Promise<readonly AccessEntry[]> {
  const values: unknown[] = []
  const where = conditions(query, (value) => `$${values.push(value)}`)
  const limit = Math.max(1, Math.min(most, Math.trunc(query.limit ?? usual)))
  return withDirectClient(directUrl, async (client) => {
    const { rows } = await client.query<AccessEntry>(
      `select e.id::text, to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, e.module,
              e.table_name as table, e.operation, e.key, e.columns, e.changes, e.statement, p.user_id as user,
              e.subject as pseudonym, e.db_user as "databaseUser", e.request_id as request, e.trace_id as trace, e.source
         from footing_access.entry e left join footing_access.subject p on p.pseudonym = e.subject
        where ${where.join(' and ') || 'true'} order by e.id desc limit ${limit}`,
      values,
    )
    return rows
  })
}

function conditions(query: AccessQuery, value: (given: unknown) => string): readonly string[] {
  const found: string[] = []
  const { table, key, user, operation, request, before } = query
  if (table !== undefined) {
    const [module, name] = table.includes('.') ? table.split('.', 2) : [undefined, table]
    if (module !== undefined) found.push(`e.module = ${value(module)}`)
    found.push(`e.table_name = ${value(name)}`)
  }
  if (key !== undefined) {
    const given = value(JSON.stringify(key))
    // The hash is what the index has; the comparison is what is meant.
    found.push(
      `hashtextextended(e.key::text, 0) = hashtextextended(${given}::jsonb::text, 0) and e.key = ${given}::jsonb`,
    )
  }
  if (user !== undefined) {
    found.push(`e.subject in (select pseudonym from footing_access.subject where user_id = ${value(user)})`)
  }
  if (operation !== undefined) found.push(`e.operation = ${value(operation)}`)
  if (request !== undefined) found.push(`e.request_id = ${value(request)}`)
  if (before !== undefined) found.push(`e.id < ${value(before)}::bigint`)
  return found
}
