// Which statements the server spends its time on, and which module and route they come from.
import type { Database } from '../contract/contract.ts'
import { dataError } from '../contract/errors.ts'

/** One normalised statement since the statistics were last reset. */
export interface StatementStatistics {
  /** Module that sent it, read from its tag; undefined for statements of others. */
  readonly module: string | undefined
  /** Route that sent it first: PostgreSQL keeps one text for all callers of the same statement. */
  readonly route: string | undefined
  /** SQL with its values replaced by $1, $2 … */
  readonly text: string
  readonly calls: number
  readonly rows: number
  /** Milliseconds in the server, all calls together. */
  readonly totalMs: number
  readonly meanMs: number
  /** Part of all the time that this database spent in statements, 0 to 1. */
  readonly share: number
  /** 8 kB blocks found in memory, and those that had to be fetched. */
  readonly blocksHit: number
  readonly blocksRead: number
}

/**
 * The statements that took most time, dearest first.
 * @throws data-statistics-missing when the server does not collect them
 */
export async function topStatements(
  database: Pick<Database<unknown>, 'query'>,
  most = 20,
): Promise<readonly StatementStatistics[]> {
  const place = await extensionSchema(database)
  const rows = await database.query<StatisticsRow>(
    `select query as text, calls::float8, rows::float8, total_exec_time as total_ms, mean_exec_time as mean_ms,
            shared_blks_hit::float8 as hit, shared_blks_read::float8 as read,
            coalesce(total_exec_time / nullif(sum(total_exec_time) over (), 0), 0) as share
       from ${place}.pg_stat_statements
      where dbid = (select oid from pg_database where datname = current_database())
      order by total_exec_time desc limit $1`,
    [Math.max(1, Math.trunc(most))],
  )
  return rows.map((row) => ({
    ...readTag(row.text),
    calls: row.calls,
    rows: row.rows,
    totalMs: row.total_ms,
    meanMs: row.mean_ms,
    share: row.share,
    blocksHit: row.hit,
    blocksRead: row.read,
  }))
}

interface StatisticsRow {
  readonly text: string
  readonly calls: number
  readonly rows: number
  readonly total_ms: number
  readonly mean_ms: number
  readonly hit: number
  readonly read: number
  readonly share: number
}

async function extensionSchema(database: Pick<Database<unknown>, 'query'>): Promise<string> {
  const [found] = await database.query<{ place: string; loaded: boolean }>(
    `select quote_ident(n.nspname) as place,
            position('pg_stat_statements' in coalesce(current_setting('shared_preload_libraries', true), '')) > 0 as loaded
       from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements'`,
  )
  if (found === undefined)
    throw dataError('data-statistics-missing', { reason: 'the extension is not in this database' })
  if (!found.loaded) throw dataError('data-statistics-missing', { reason: 'its library was not loaded at start' })
  return found.place
}

/** Splits the tag that tagStatement put behind the first word from the statement. */
export function readTag(text: string): Pick<StatementStatistics, 'module' | 'route' | 'text'> {
  const found = /^(\s*[A-Za-z]*)\s*\/\* ([A-Za-z0-9_-]+)(?: ([A-Za-z0-9 _.:/{}-]+))? \*\//.exec(text)
  if (found === null) return { module: undefined, route: undefined, text }
  const [whole, word = '', module, route] = found
  return { module, route, text: `${word}${text.slice(whole.length)}`.trim() }
}
