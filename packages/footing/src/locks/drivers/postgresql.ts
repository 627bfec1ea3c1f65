// Locks in PostgreSQL: one row a key, by the server's clock. No session is held, so it works behind a pooler.
import type { Database } from '../../data/contract/contract.ts'
import type { LockStore } from '../contract/contract.ts'

/** Schema of the tables. */
export const locksSchema = 'footing_locks'

/** Keeps locks in the schema `footing_locks` of this database. */
export function postgresqlLocks(database: Pick<Database<unknown>, 'query'>): LockStore {
  return {
    name: 'postgresql',
    async acquire(key, holder, ttlMs) {
      const [row] = await database.query<{ token: string }>(
        `insert into footing_locks.lock as l (key, token, holder, held_until)
         values ($1, 1, $2, clock_timestamp() + $3::float8 * interval '1 ms')
         on conflict (key) do update
           set token = l.token + 1, holder = excluded.holder, held_until = clock_timestamp() + $3::float8 * interval '1 ms'
           where l.held_until < clock_timestamp()
         returning token::text`,
        [key, holder, ttlMs],
      )
      return row === undefined ? undefined : Number(row.token)
    },
    async extend(key, holder, ttlMs) {
      const rows = await database.query(
        `update footing_locks.lock set held_until = clock_timestamp() + $3::float8 * interval '1 ms'
          where key = $1 and holder = $2 and held_until >= clock_timestamp() returning 1`,
        [key, holder, ttlMs],
      )
      return rows.length > 0
    },
    async release(key, holder) {
      await database.query(
        "update footing_locks.lock set held_until = '-infinity' where key = $1 and holder = $2 and held_until <> '-infinity'",
        [key, holder],
      )
    },
  }
}
