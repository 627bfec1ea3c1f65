// Looking after jobs in Redis, from a process that runs none of them.
import type { Job, JobType, Queue } from 'bullmq'
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
import { bullmqPrefix, cancelKey, missingPackage, sampleQueue } from './bullmq.ts'

/** States of BullMQ by the words that people use. */
const states: Readonly<Record<JobState, readonly JobType[]>> = {
  waiting: ['wait', 'prioritized'],
  delayed: ['delayed', 'waiting-children'],
  running: ['active'],
  done: ['completed'],
  failed: ['failed'],
  cancelled: [],
}

const pageSize = 500

/**
 * Looks after the jobs whose queues begin with `prefix`, the application's name as queues carry it.
 * @throws `jobs-driver-missing`
 */
export async function bullmqAdmin(url: string, prefix: string): Promise<JobsAdmin> {
  const bullmq = await import('bullmq').catch((cause: unknown) => missingPackage('bullmq', cause))
  const ioredis = await import('ioredis').catch((cause: unknown) => missingPackage('ioredis', cause))
  const redis = new ioredis.Redis(url, { maxRetriesPerRequest: 1, commandTimeout: 5000 })
  redis.on('error', () => undefined)
  const open = new Map<string, Queue>()
  const queueOf = (name: string): Queue => {
    const known = open.get(name)
    if (known !== undefined) return known
    const queue = new bullmq.Queue(name, { connection: redis, prefix: bullmqPrefix })
    queue.on('error', () => undefined)
    open.set(name, queue)
    return queue
  }
  const queueNamed = (name: string) => queueOf(`${prefix}/${name.replace('.', '/')}`)
  const queues = async () =>
    (await redis.smembers(`${bullmqPrefix}:queues`))
      .filter((name) => name.startsWith(`${prefix}/`))
      .toSorted()
      .map(queueOf)
  const nameOf = (queue: string) => queue.slice(prefix.length + 1).replace('/', '.')

  const find = async (id: string): Promise<Job | undefined> => {
    for (const queue of await queues()) {
      const job = await bullmq.Job.fromId(queue, id)
      if (job !== undefined) return job
    }
    return undefined
  }

  const each = async (
    selection: JobSelection,
    of: readonly JobState[],
    change: (job: Job, queue: Queue) => Promise<unknown>,
  ): Promise<SelectionResult> => {
    const types = of.flatMap((state) => states[state])
    const found: Job[] = []
    if ('ids' in selection) {
      for (const id of selection.ids) {
        const job = await find(id)
        if (job !== undefined && of.includes(await stateOf(job))) found.push(job)
      }
    } else {
      const queue = queueNamed(selection.name)
      for (let from = 0; ; from += pageSize) {
        const page = await queue.getJobs([...types], from, from + pageSize - 1, true)
        found.push(...page)
        if (page.length < pageSize) break
      }
    }
    if (selection.dryRun === true) return { matched: found.length, changed: 0 }
    let changed = 0
    for (const job of found) {
      // One that went on in between is left alone.
      const done = await change(job, queueOf(job.queueName)).then(
        () => true,
        () => false,
      )
      if (done) changed += 1
    }
    return { matched: found.length, changed }
  }

  return Object.freeze({
    driver: 'redis',
    async counts() {
      const samples = await Promise.all((await queues()).map(sampleQueue))
      return samples.map(({ queue, ...rest }) => ({ ...rest, name: nameOf(queue) }))
    },
    async list({ state, name, limit = 50 }: JobListRequest = {}) {
      const most = Math.min(1000, Math.max(1, Math.trunc(limit)))
      const types = state === undefined ? Object.values(states).flat() : states[state]
      if (types.length === 0) return []
      const asked = name === undefined ? await queues() : [queueNamed(name)]
      const pages = await Promise.all(asked.map((queue) => queue.getJobs([...types], 0, most - 1, false)))
      const newest = pages
        .flat()
        .toSorted((left, right) => right.timestamp - left.timestamp)
        .slice(0, most)
      return Promise.all(newest.map((job) => listed(job, nameOf(job.queueName))))
    },
    async show(id: string) {
      const job = await find(id)
      if (job === undefined) return undefined
      const envelope = readEnvelope(job.data)
      const children = await job.getDependencies().catch(() => ({ unprocessed: [] }))
      const shown: ShownJob = {
        ...(await listed(job, nameOf(job.queueName))),
        payload: envelope === undefined ? job.data : envelope.payload,
        version: envelope?.version,
        priority: priorityOf(job),
        message: job.failedReason?.replace(/^[a-z0-9-]+: /, ''),
        progress: job.progress === 0 ? undefined : job.progress,
        requestId: envelope?.requestId,
        traceId: envelope?.traceId,
        waitsFor: (children.unprocessed ?? []).map((key) => key.slice(key.lastIndexOf(':') + 1)),
      }
      return shown
    },
    retry: (selection: JobSelection) =>
      each(selection, ['failed'], (job) =>
        job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true }),
      ),
    cancel: (selection: JobSelection) =>
      each(selection, ['waiting', 'delayed', 'running'], async (job, queue) => {
        if (await job.isActive()) await redis.set(cancelKey(queue.name, job.id ?? ''), '1', 'EX', 86_400)
        else await job.remove()
      }),
    pause: (name: string) => queueNamed(name).pause(),
    resume: (name: string) => queueNamed(name).resume(),
    async close() {
      await Promise.all([...open.values()].map((queue) => queue.close()))
      redis.disconnect()
    },
  } satisfies JobsAdmin)
}

async function listed(job: Job, name: string): Promise<ListedJob> {
  const state = await stateOf(job)
  const began = state === 'running' ? job.processedOn : undefined
  const at = job.finishedOn ?? began ?? job.timestamp + (job.opts.delay ?? 0)
  return {
    id: job.id ?? '',
    name,
    state,
    attempt: job.attemptsMade + job.stalledCounter + (state === 'running' ? 1 : 0),
    attempts: job.opts.attempts ?? 1,
    addedAt: new Date(job.timestamp),
    at: new Date(at),
    key: readEnvelope(job.data)?.key,
    code: /^([a-z0-9-]+): /.exec(job.failedReason ?? '')?.[1],
  }
}

async function stateOf(job: Job): Promise<JobState> {
  const state = await job.getState()
  if (state === 'completed') return 'done'
  if (state === 'failed') return 'failed'
  if (state === 'active') return 'running'
  return state === 'delayed' || state === 'waiting-children' ? 'delayed' : 'waiting'
}

function priorityOf({ opts }: Job): number {
  return opts.priority === undefined || opts.priority === 0 ? 0 : 1_000_000 - opts.priority
}
