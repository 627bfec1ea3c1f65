// Reads a result that is too large for memory, through any pooler: a cursor that lives and dies with one transaction.
import type { Compilable } from 'kysely'
import type { Database } from '../contract/contract.ts'

/** How a result is read. */
export interface StreamOptions {
  /** Rows held in memory at once. Default 1000. */
  readonly batchSize?: number
  /** Longest time of the whole reading in milliseconds; it holds one connection and one snapshot all that time. */
  readonly timeoutMs?: number
}

/**
 * Calls `take` with one batch of rows after the other, as one snapshot saw them. The next batch is fetched when `take` has
 * resolved, so a slow reader slows the reading and nothing piles up. Returns the number of rows.
 */
export function streamRows<Tables, Row extends object>(
  database: Database<Tables>,
  query: Compilable<Row>,
  take: (rows: readonly Row[]) => Promise<void>,
  options: StreamOptions = {},
): Promise<number> {
  const { batchSize = 1000, timeoutMs } = options
  const { sql, parameters } = query.compile()
  const limits = timeoutMs === undefined ? {} : { timeoutMs }
  return database.transaction(
    async (tx) => {
      await tx.query(`declare footing_rows no scroll cursor without hold for ${sql}`, parameters)
      let total = 0
      for (;;) {
        const rows = await tx.query<Row>(`fetch ${Math.max(1, Math.trunc(batchSize))} from footing_rows`)
        if (rows.length === 0) return total
        total += rows.length
        await take(rows)
      }
    },
    { ...limits, readOnly: true, isolation: 'repeatable read' },
  )
}
