// Attempts in PostgreSQL: one row a key that says when all of its attempts are free again, by the server's clock.
import type { Database } from '../../data/contract/contract.ts'
import type { Attempt, LimitStore, Outcome } from '../contract/contract.ts'

/** Schema of the table. */
export const limitsSchema = 'footing_limits'

/** Counts in the schema `footing_limits` of this database. */
export function postgresqlLimits(database: Pick<Database<unknown>, 'query'>): LimitStore {
  const columns = (attempts: readonly Attempt[]) => [
    attempts.map(({ key }) => key),
    attempts.map(({ burst }) => burst),
    attempts.map(({ everyMs }) => everyMs),
  ]
  return {
    name: 'postgresql',
    async take(attempts): Promise<Outcome> {
      const [row] = await database.query<{ refused: number | null; retry_ms: string | null; remaining: number[] }>(
        'select refused, retry_ms, remaining from footing_limits.take($1::text[], $2::int[], $3::float8[])',
        columns(attempts),
      )
      if (row === undefined) throw new Error('the store of attempts gave no row')
      const { refused, retry_ms: retry, remaining } = row
      return refused === null ? { remaining } : { refused: refused - 1, retryAfterMs: Math.ceil(Number(retry)) }
    },
    async giveBack(attempts) {
      const [keys, , every] = columns(attempts)
      await database.query('select footing_limits.give_back($1::text[], $2::float8[])', [keys, every])
    },
  }
}

/** Deletes what is free again, some rows at a time; answers with how many. */
export async function sweepLimits(database: Pick<Database<unknown>, 'query'>): Promise<number> {
  const rows = await database.query<{ swept: number }>('select footing_limits.sweep() as swept')
  return rows[0]?.swept ?? 0
}
