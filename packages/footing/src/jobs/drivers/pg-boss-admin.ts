// Looking after jobs in PostgreSQL, from a process that runs none of them.
import type { Database } from '../../data/contract/contract.ts'
import type {
  JobListRequest,
  JobSelection,
  JobState,
  JobsAdmin,
  ListedJob,
  SelectionResult,
  ShownJob,
} from '../contract/admin.ts'
import { readEnvelope } from '../contract/envelope.ts'
import { sampleQueues } from './pg-boss-sample.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Conditions by the words that people use; each is answered by an index. */
const conditions: Readonly<Record<JobState, string>> = {
  waiting: `j.state in ('created', 'retry') and not j.blocked and j.start_after <= now()`,
  delayed: `j.state in ('created', 'retry') and (j.blocked or j.start_after > now())`,
  running: `j.state = 'active'`,
  done: `j.state = 'completed'`,
  failed: `j.state = 'failed'`,
  cancelled: `j.state = 'cancelled'`,
}

const stateText = `case j.state when 'active' then 'running' when 'completed' then 'done' when 'failed' then 'failed'
  when 'cancelled' then 'cancelled' else case when j.blocked or j.start_after > now() then 'delayed' else 'waiting' end end`

const columns = `j.id, j.name as queue, ${stateText} as state,
  case when j.started_on is null then 0 else j.retry_count + 1 end as attempt, j.retry_limit + 1 as attempts,
  j.created_on as "addedAt", coalesce(j.completed_on, case when j.state = 'active' then j.started_on end, j.start_after) as at,
  j.data, j.output`

interface Row {
  readonly id: string
  readonly queue: string
  readonly state: JobState
  readonly attempt: number
  readonly attempts: number
  readonly addedAt: Date
  readonly at: Date
  readonly data: unknown
  readonly output: unknown
}

/** Looks after the jobs whose queues begin with `prefix`, the application's name as queues carry it. */
export function pgBossAdmin(database: Database<unknown>, prefix: string): JobsAdmin {
  const queueOf = (name: string) => `${prefix}/${name.replace('.', '/')}`
  const nameOf = (queue: string) => queue.slice(prefix.length + 1).replace('/', '.')
  const listed = (row: Row): ListedJob => ({
    id: row.id,
    name: nameOf(row.queue),
    state: row.state,
    attempt: row.attempt,
    attempts: row.attempts,
    addedAt: row.addedAt,
    at: row.at,
    key: readEnvelope(row.data)?.key,
    code: textOf(row.output, 'code'),
  })

  const queues = async () =>
    (
      await database.query<{ name: string }>(
        `select name from footing_jobs.queue where starts_with(name, $1) order by name`,
        [`${prefix}/`],
      )
    ).map(({ name }) => name)

  const change = async (selection: JobSelection, states: string, set: string): Promise<SelectionResult> => {
    const [where, value] =
      'ids' in selection
        ? [`j.id = any($2::uuid[]) and starts_with(j.name, $1)`, selection.ids.filter((id) => uuid.test(id))]
        : [`j.name = $2 and starts_with(j.name, $1)`, queueOf(selection.name)]
    const values = [`${prefix}/`, value]
    if (selection.dryRun === true) {
      const [row] = await database.query<{ matched: number }>(
        `select count(*)::int as matched from footing_jobs.job j where ${where} and ${states}`,
        values,
      )
      return { matched: row?.matched ?? 0, changed: 0 }
    }
    const rows = await database.query<{ changed: number }>(
      `with changed as (update footing_jobs.job j set ${set} from footing_jobs.queue q
         where q.name = j.name and ${where} and ${states} returning 1)
       select count(*)::int as changed from changed`,
      values,
    )
    const changed = rows[0]?.changed ?? 0
    return { matched: changed, changed }
  }

  return Object.freeze({
    driver: 'postgresql',
    async counts() {
      const samples = await sampleQueues(database, await queues())
      return samples.map(({ queue, ...rest }) => ({ ...rest, name: nameOf(queue) }))
    },
    async list({ state, name, limit = 50 }: JobListRequest = {}) {
      const names = name === undefined ? await queues() : [queueOf(name)]
      const most = Math.min(1000, Math.max(1, Math.trunc(limit)))
      // The newest of each queue, then the newest of those: an index of each answers, however many there are.
      const rows = await database.query<Row>(
        `select ${columns} from unnest($1::text[]) as q(name)
         cross join lateral (
           select * from footing_jobs.job j where j.name = q.name ${state === undefined ? '' : `and ${conditions[state]}`}
           order by j.created_on desc limit $2
         ) j order by j.created_on desc limit $2`,
        [names, most],
      )
      return rows.map(listed)
    },
    async show(id: string) {
      if (!uuid.test(id)) return undefined
      const [row] = await database.query<Row & { priority: number }>(
        `select ${columns}, j.priority from unnest($1::text[]) as q(name)
         join footing_jobs.job j on j.name = q.name and j.id = $2`,
        [await queues(), id],
      )
      if (row === undefined) return undefined
      const parents = await database.query<{ id: string }>(
        `select parent_id as id from footing_jobs.job_dependency where child_name = $1 and child_id = $2`,
        [row.queue, id],
      )
      const envelope = readEnvelope(row.data)
      const shown: ShownJob = {
        ...listed(row),
        payload: envelope === undefined ? row.data : envelope.payload,
        version: envelope?.version,
        priority: row.priority,
        message: textOf(row.output, 'message'),
        progress: partOf(row.output, 'progress'),
        requestId: envelope?.requestId,
        traceId: envelope?.traceId,
        waitsFor: parents.map((parent) => parent.id),
      }
      return shown
    },
    // The count of attempts goes on, so that the end of an older attempt is never taken for that of a new one.
    retry: (selection: JobSelection) =>
      change(
        selection,
        `j.state = 'failed'`,
        `state = 'retry', completed_on = null, start_after = now(), retry_limit = j.retry_count + 1 + q.retry_limit,
         deletion_seconds = q.deletion_seconds`,
      ),
    cancel: (selection: JobSelection) =>
      change(selection, `j.state < 'completed'`, `state = 'cancelled', completed_on = now()`),
    async pause(name: string) {
      await database.query(`insert into footing_jobs.paused (queue) values ($1) on conflict do nothing`, [
        queueOf(name),
      ])
    },
    async resume(name: string) {
      await database.query(`delete from footing_jobs.paused where queue = $1`, [queueOf(name)])
    },
    close: async () => undefined,
  } satisfies JobsAdmin)
}

function partOf(output: unknown, part: string): unknown {
  return typeof output === 'object' && output !== null && part in output
    ? (output as Readonly<Record<string, unknown>>)[part]
    : undefined
}

function textOf(output: unknown, part: string): string | undefined {
  const found = partOf(output, part)
  return typeof found === 'string' ? found : undefined
}
