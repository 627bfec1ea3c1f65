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
  const counted = (where: string) =>
    `(select count(*)::int from (select from ${jobsSchema}.job where name = q.name and ${where} limit ${mostCounted}) few)`
  const oldest = (state: string) =>
    `(select start_after from ${jobsSchema}.job where name = q.name and state = '${state}' and not blocked
      and start_after <= now() order by start_after limit 1)`
  const rows = await database.query<QueueSample & { ready: number; deferred: number; dead: number }>(
    `select q.name as queue,
       ${counted(`state in ('created', 'retry') and not blocked and start_after <= now()`)} as waiting,
       ${counted(`state in ('created', 'retry') and (blocked or start_after > now())`)} as delayed,
       ${counted(`state = 'active'`)} as running,
       ${counted(`state = 'failed'`)} as failed,
       coalesce(extract(epoch from now() - least(${oldest('created')}, ${oldest('retry')})), 0)::float8 as "oldestSeconds",
       exists (select from ${jobsSchema}.paused p where p.queue = q.name) as paused,
       q.ready_count as ready, q.deferred_count + q.blocked_count as deferred, q.failed_count as dead
     from ${jobsSchema}.queue q where q.name = any($1::text[]) order by q.name`,
    [names],
  )
  return rows.map(({ ready, deferred, dead, ...row }) => ({
    ...row,
    waiting: row.waiting < mostCounted ? row.waiting : Math.max(row.waiting, ready),
    delayed: row.delayed < mostCounted ? row.delayed : Math.max(row.delayed, deferred),
    failed: row.failed < mostCounted ? row.failed : Math.max(row.failed, dead),
  }))
}
