// Claims jobs of one queue within its limits. Where the limits count over all processes, one claims after the other, so that
// they are exact: for the length of one transaction a lock on the queue is held.
import type { Job, PgBoss } from 'pg-boss'
import type { Database, Transaction } from '../../data/contract/contract.ts'
import type { JobQueue, Rate } from '../contract/contract.ts'
import { executorIn } from './pg-boss-executor.ts'
import type { StoredBody } from './pg-boss-work.ts'

type Claimed = readonly Job<Partial<StoredBody>>[]

interface Store {
  readonly boss: PgBoss
  readonly database: Database<unknown>
}

/** Claims at most `most` jobs that may begin now. */
export async function claimWithin({ boss, database }: Store, queue: JobQueue, most: number): Promise<Claimed> {
  const { name, everywhere, perKey, rate } = queue
  const together = everywhere ?? perKey
  if (together === undefined && rate === undefined) {
    return boss.fetch<Partial<StoredBody>>(name, { batchSize: most })
  }
  return database.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`footing_jobs ${name}`])
    const pace = rate === undefined ? free : await readPace(tx, name, rate)
    // Jobs of one key come one by one, because a key may have room for one only.
    const batchSize = Math.min(most, pace.left, rate?.perKey === true ? 1 : most)
    if (batchSize <= 0) return []
    const jobs = await boss.fetch<Partial<StoredBody>>(name, {
      batchSize,
      ...(together === undefined ? {} : { groupConcurrency: together }),
      ...(pace.full.length === 0 ? {} : { ignoreGroups: [...pace.full] }),
      db: executorIn(tx),
    })
    if (rate !== undefined) await notePace(tx, name, rate, jobs)
    return jobs
  })
}

interface Pace {
  /** How many more may begin. */
  readonly left: number
  /** Keys of which none may. */
  readonly full: readonly string[]
}

const free: Pace = { left: Number.POSITIVE_INFINITY, full: [] }

/** A sliding window: what has begun within it is remembered one by one, so that no edge lets twice as many through. */
async function readPace(tx: Transaction<unknown>, queue: string, { most, perMs, perKey }: Rate): Promise<Pace> {
  const rows = await tx.query<{ key: string; begun: number }>(
    `select key, (select count(*)::int from unnest(begun) as at where at > clock_timestamp() - $2 * interval '1 millisecond') as begun
     from footing_jobs.pace where queue = $1 and last > clock_timestamp() - $2 * interval '1 millisecond'`,
    [queue, perMs],
  )
  if (perKey)
    return { left: Number.POSITIVE_INFINITY, full: rows.filter(({ begun }) => begun >= most).map(({ key }) => key) }
  return { left: most - (rows[0]?.begun ?? 0), full: [] }
}

async function notePace(
  tx: Transaction<unknown>,
  queue: string,
  { perMs, perKey }: Rate,
  jobs: Claimed,
): Promise<void> {
  for (const [key, ones] of Map.groupBy(jobs, ({ groupId }) => (perKey ? (groupId ?? '') : ''))) {
    await tx.query(
      `insert into footing_jobs.pace as p (queue, key, begun, last)
       values ($1, $2, array_fill(clock_timestamp(), array[$3::int]), clock_timestamp())
       on conflict (queue, key) do update set last = excluded.last, begun = excluded.begun || array(
         select at from unnest(p.begun) as at where at > clock_timestamp() - $4 * interval '1 millisecond')`,
      [queue, key, ones.length, perMs],
    )
  }
}
