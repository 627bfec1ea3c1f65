// Counts the jobs of queues in PostgreSQL, cheaply however many there are.
import type { Database } from '../../data/contract/contract.ts'
import type { QueueSample } from '../contract/contract.ts'

/** Schema of the tables of jobs. */
export const jobsSchema = 'footing_jobs'

/** Most jobs of a queue that a sample counts one by one; beyond that it takes what the store counted last. */
export const mostCounted = 1000

/** What each queue has: counted one by one up to a limit, beyond it as the store has counted within the last minutes. */
export async function sampleQueues(
  database: Database<unknown>,
  names: readonly string[],
): Promise<readonly QueueSample[]> {
  // One state each and in the order of the index (name, state, blocked, start_after), so that the index alone is read: a bare
  // limit makes the planner read the whole table where it takes that for a small part.
  const counted = (state: string, where: string) =>
    `(select count(*)::int from (select from ${jobsSchema}.job where name = q.name and state = '${state}' and ${where}
      order by blocked, start_after limit ${mostCounted}) few)`
  const ready = 'not blocked and start_after <= now()'
  const later = 'not blocked and start_after > now()'
  const oldest = (state: string) =>
    `(select start_after from ${jobsSchema}.job where name = q.name and state = '${state}' and not blocked
      and start_after <= now() order by start_after limit 1)`
  const rows = await database.query<QueueSample & { ready: number; deferred: number; dead: number }>(
    `select q.name as queue,
       ${counted('created', ready)} + ${counted('retry', ready)} as waiting,
       ${['created', 'retry'].flatMap((state) => [counted(state, later), counted(state, 'blocked')]).join(' + ')} as delayed,
       ${counted('active', 'true')} as running,
       ${counted('failed', 'true')} as failed,
       coalesce(extract(epoch from now() - least(${oldest('created')}, ${oldest('retry')})), 0)::float8 as "oldestSeconds",
       exists (select from ${jobsSchema}.paused p where p.queue = q.name) as paused,
       q.ready_count as ready, q.deferred_count + q.blocked_count as deferred, q.failed_count as dead
     from ${jobsSchema}.queue q where q.name = any($1::text[]) order by q.name`,
    [names],
  )
  return rows.map(({ ready: free, deferred, dead, ...row }) => ({
    ...row,
    waiting: row.waiting < mostCounted ? row.waiting : Math.max(row.waiting, free),
    delayed: row.delayed < mostCounted ? row.delayed : Math.max(row.delayed, deferred),
    failed: row.failed < mostCounted ? row.failed : Math.max(row.failed, dead),
  }))
}
