// Jobs in Redis, by BullMQ. Not transactional: a job is there when `add` resolves, whatever becomes of the change around it.
import { randomUUID } from 'node:crypto'
import type { FlowJob, Job, JobsOptions, Queue, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import type {
  AddedJob,
  Backoff,
  DriverReports,
  FlowStep,
  JobDriver,
  JobQueue,
  NewJob,
  QueueSample,
  RunningJob,
} from '../contract/contract.ts'
import { jobError } from '../contract/errors.ts'
import type { JobGuarantees } from '../contract/guarantees.ts'

/** What the driver promises. */
export const bullmqGuarantees: JobGuarantees = {
  durable: false,
  transactional: false,
  delivery: 'at-least-once',
  fencedSettle: true,
  deduplicated: true,
  delayed: 10 * 365 * 24 * 3600,
  delayClock: 'client',
  prioritised: true,
  globalConcurrency: 'exact',
  rateLimited: true,
  keyed: false,
  cancel: 'running',
  progress: true,
  deadLetters: true,
  replay: true,
  flow: 'tree',
  orphanSeconds: 15,
  maxPayloadBytes: 1024 * 1024,
  bounded: true,
  needsSessionConnection: true,
  ordered: false,
}

/** In front of all keys of this library in a Redis. */
export const bullmqPrefix = 'footing-jobs'

const lockMs = 8000
const stalledCheckMs = 2000
const cancelCheckMs = 1000
const answerMs = 5000
const closeMs = 2000
/** Priorities of BullMQ begin with the lowest number; ours with the highest. */
const middlePriority = 1_000_000

/**
 * Opens it.
 * @throws `jobs-driver-missing`, `jobs-store-failed`, `jobs-store-unsafe`
 */
export async function bullmqDriver(url: string): Promise<JobDriver> {
  const bullmq = await import('bullmq').catch((cause: unknown) => missingPackage('bullmq', cause))
  const ioredis = await import('ioredis').catch((cause: unknown) => missingPackage('ioredis', cause))
  // Whoever adds a job waits for an answer, not for Redis to come back.
  const adding = new ioredis.Redis(url, { maxRetriesPerRequest: 1, commandTimeout: answerMs, connectTimeout: answerMs })
  // A worker waits for Redis to come back.
  const working = new ioredis.Redis(url, { maxRetriesPerRequest: null, lazyConnect: true })
  for (const client of [adding, working]) client.on('error', () => undefined)
  const driver = new BullmqDriver(bullmq, adding, working)
  try {
    await refuseEviction(adding)
  } catch (error) {
    await driver.close()
    throw error
  }
  return driver
}

/** Says what to install. */
export function missingPackage(name: string, cause: unknown): never {
  throw jobError('jobs-driver-missing', { package: name, scheme: 'redis' }, cause)
}

/** Under any other policy a full Redis drops jobs. */
async function refuseEviction(redis: Redis): Promise<void> {
  const memory = await answered('open', () => redis.info('memory'))
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? 'noeviction'
  if (policy === 'noeviction') return
  throw jobError('jobs-store-unsafe', {
    reason: `Redis has maxmemory-policy ${policy} and drops keys when its memory is full.`,
    instead: 'Set maxmemory-policy to noeviction, in a Redis that is no cache as well.',
  })
}

type Bullmq = typeof import('bullmq')

interface Running {
  readonly queue: JobQueue
  readonly job: RunningJob
  cancelled: boolean
  lost: boolean
}

class BullmqDriver implements JobDriver {
  readonly guarantees = bullmqGuarantees
  readonly #bullmq: Bullmq
  readonly #adding: Redis
  readonly #working: Redis
  readonly #queues = new Map<string, Queue>()
  readonly #workers: Worker[] = []
  readonly #running = new Map<string, Running>()
  readonly #wantIdle: (() => void)[] = []
  #reports: DriverReports | undefined
  #cancelTimer: NodeJS.Timeout | undefined
  #closed = false

  constructor(bullmq: Bullmq, adding: Redis, working: Redis) {
    this.#bullmq = bullmq
    this.#adding = adding
    this.#working = working
  }

  async declare(queues: readonly JobQueue[]): Promise<void> {
    if (queues.length === 0) return
    await answered('declare', async () => {
      await this.#adding.sadd(`${bullmqPrefix}:queues`, ...queues.map(({ name }) => name))
      for (const { name, everywhere } of queues) {
        const queue = this.#queueOf(name)
        if (everywhere === undefined) await queue.removeGlobalConcurrency()
        else await queue.setGlobalConcurrency(everywhere)
      }
    })
  }

  async add(jobs: readonly NewJob[]): Promise<readonly AddedJob[]> {
    const added: AddedJob[] = []
    for (const [queue, ones] of Map.groupBy(jobs, (job) => job.queue)) {
      await this.#refuseFull(queue, ones.length)
      const adding = ones.map((job) => ({ name: queue.name, data: job.body, opts: optionsOf(job) }))
      const stored = await answered('add', () => this.#queueOf(queue.name).addBulk(adding), queue.name)
      for (const [index, job] of stored.entries()) {
        const id = adding[index]?.opts.jobId ?? ''
        added.push({ id: job.id ?? id, duplicate: job.id !== id })
      }
    }
    return added
  }

  async #refuseFull({ name, limit }: JobQueue, more: number): Promise<void> {
    if (limit === undefined) return
    const counts = await answered('count', () => this.#queueOf(name).getJobCounts('wait', 'prioritized', 'delayed'))
    const waiting = Object.values(counts).reduce((sum, one) => sum + one, 0)
    if (waiting + more > limit) throw jobError('job-queue-full', { job: name, limit })
  }

  async flow(steps: readonly FlowStep[]): Promise<Readonly<Record<string, string>>> {
    const ids = new Map(steps.map(({ ref }) => [ref, randomUUID()] as const))
    const roots = treesOf(steps, ids)
    await answered('add', async () => {
      const producer = new this.#bullmq.FlowProducer({ connection: this.#adding, prefix: bullmqPrefix })
      producer.on('error', () => undefined)
      await producer.addBulk(roots)
    })
    return Object.fromEntries(ids)
  }

  async cancel(queue: JobQueue, id: string): Promise<boolean> {
    return answered('cancel', async () => {
      const job = await this.#bullmq.Job.fromId(this.#queueOf(queue.name), id)
      if (job === undefined || (await job.isCompleted()) || (await job.isFailed())) return false
      if (await job.isActive()) {
        await this.#adding.set(cancelKey(queue.name, id), '1', 'EX', 86_400)
        return true
      }
      return job.remove().then(
        () => true,
        // It began in between.
        () => this.cancel(queue, id),
      )
    })
  }

  work(...[queues, take, reports]: Parameters<JobDriver['work']>): void {
    this.#reports = reports
    for (const queue of queues) this.#workers.push(this.#workerOf(queue, take))
    this.#cancelTimer = setInterval(() => void this.#lookForCancelled(), cancelCheckMs)
    this.#cancelTimer.unref()
  }

  #workerOf(queue: JobQueue, take: Parameters<JobDriver['work']>[1]): Worker {
    const { Worker: BullmqWorker, DelayedError, UnrecoverableError, WaitingError } = this.#bullmq
    const process = async (job: Job, token?: string) => {
      const attempt = job.attemptsMade + job.stalledCounter + 1
      const running = take({
        id: job.id ?? '',
        queue,
        body: job.data,
        attempt,
        attempts: job.opts.attempts ?? queue.attempts,
        waitedMs: Math.max(0, (job.processedOn ?? Date.now()) - (job.timestamp + (job.opts.delay ?? 0))),
        addedAt: new Date(job.timestamp),
        progress: async (value) => job.updateProgress(value as object), // JSON, as the caller has checked
      })
      const held: Running = { queue, job: running, cancelled: false, lost: false }
      this.#running.set(job.id ?? '', held)
      const settlement = await running.settled
      this.#running.delete(job.id ?? '')
      if (held.cancelled) {
        await this.#adding.del(cancelKey(queue.name, job.id ?? ''))
        return
      }
      if (settlement.kind === 'done') return
      if (settlement.kind === 'given-back') {
        if (settlement.afterMs === undefined) {
          await job.moveToWait(token)
          throw new WaitingError()
        }
        await job.moveToDelayed(Date.now() + settlement.afterMs, token)
        throw new DelayedError()
      }
      // The code travels in front of the sentence: BullMQ keeps one text.
      const message = `${settlement.code}: ${settlement.message}`
      const last = settlement.final || attempt >= (job.opts.attempts ?? queue.attempts)
      throw last ? new UnrecoverableError(message) : new Error(message)
    }
    const worker = new BullmqWorker(queue.name, process, {
      connection: this.#working,
      prefix: bullmqPrefix,
      concurrency: queue.perProcess,
      lockDuration: lockMs,
      lockRenewTime: lockMs / 3,
      stalledInterval: stalledCheckMs,
      maxStalledCount: queue.attempts - 1,
      runRetryDelay: 1000,
      drainDelay: 2,
      ...(queue.rate === undefined ? {} : { limiter: { max: queue.rate.most, duration: queue.rate.perMs } }),
      settings: { backoffStrategy: (made?: number) => waitOf(queue.backoff, made ?? 1) },
    })
    worker.on('error', (error) => this.#fault(error))
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) this.#lose(id)
    })
    worker.on('stalled', (id) => this.#reports?.orphaned({ queue: queue.name, id, attempt: 0, final: false }))
    const settled = () => this.#tellIdle()
    worker.on('completed', settled)
    worker.on('failed', settled)
    return worker
  }

  #lose(id: string): void {
    const held = this.#running.get(id)
    if (held === undefined || held.lost) return
    held.lost = true
    held.job.lose('lost')
    this.#reports?.superseded({ queue: held.queue.name, id, attempt: 0 })
  }

  #fault(error: Error): void {
    // Its end came too late: told as such when the lock was lost.
    if (!this.#closed && !/could not renew lock|Missing lock/.test(error.message)) this.#reports?.fault('work', error)
  }

  async #lookForCancelled(): Promise<void> {
    const running = [...this.#running].filter(([, { cancelled }]) => !cancelled)
    if (running.length === 0) return
    try {
      const keys = running.map(([id, { queue }]) => cancelKey(queue.name, id))
      const found = await this.#adding.mget(...keys)
      for (const [index, [, held]] of running.entries()) {
        if (found[index] === null) continue
        held.cancelled = true
        held.job.lose('cancelled')
      }
    } catch (error) {
      this.#reports?.fault('look for cancelled jobs', error)
    }
  }

  #tellIdle(): void {
    if (this.#running.size > 0) return
    for (const tell of this.#wantIdle.splice(0)) tell()
  }

  async rest(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.pause()))
  }

  async sample(queues: readonly JobQueue[]): Promise<readonly QueueSample[]> {
    return answered('sample', () => Promise.all(queues.map(({ name }) => sampleQueue(this.#queueOf(name)))))
  }

  async strays(application: string, known: readonly JobQueue[]): Promise<readonly { queue: string; jobs: number }[]> {
    return answered('look for strays', async () => {
      const names = await this.#adding.smembers(`${bullmqPrefix}:queues`)
      const strange = names.filter(
        (name) => name.startsWith(`${application}/`) && !known.some((queue) => queue.name === name),
      )
      const found = await Promise.all(
        strange.map(async (queue) => {
          const { waiting, delayed, running } = await sampleQueue(this.#queueOf(queue))
          return { queue, jobs: waiting + delayed + running }
        }),
      )
      return found.filter(({ jobs }) => jobs > 0)
    })
  }

  async ping(): Promise<void> {
    await answered('ping', () => this.#adding.ping())
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#cancelTimer)
    const closing = [
      ...this.#workers.map((worker) => worker.close(true)),
      ...[...this.#queues.values()].map((queue) => queue.close()),
    ]
    // With a Redis that is away closing has no end either.
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(() => late.resolve(), closeMs)
    await Promise.race([Promise.allSettled(closing), late.promise])
    clearTimeout(timer)
    this.#adding.disconnect()
    this.#working.disconnect()
  }

  #queueOf(name: string): Queue {
    let queue = this.#queues.get(name)
    if (queue === undefined) {
      queue = new this.#bullmq.Queue(name, { connection: this.#adding, prefix: bullmqPrefix })
      queue.on('error', () => undefined)
      this.#queues.set(name, queue)
    }
    return queue
  }
}

/** What a queue has. */
export async function sampleQueue(queue: Queue): Promise<QueueSample> {
  const counts = await queue.getJobCounts('wait', 'prioritized', 'delayed', 'waiting-children', 'active', 'failed')
  const of = (state: string) => counts[state] ?? 0
  const [oldest] = await queue.getJobs(['wait', 'prioritized'], 0, 0, true)
  const since = oldest === undefined ? Date.now() : oldest.timestamp + (oldest.opts.delay ?? 0)
  return {
    queue: queue.name,
    waiting: of('wait') + of('prioritized'),
    delayed: of('delayed') + of('waiting-children'),
    running: of('active'),
    failed: of('failed'),
    oldestSeconds: Math.max(0, (Date.now() - since) / 1000),
    paused: await queue.isPaused(),
  }
}

/** Where a job that runs is told that nobody wants it any more. */
export function cancelKey(queue: string, id: string): string {
  return `${bullmqPrefix}:cancelled:${queue}:${id}`
}

function optionsOf({
  queue,
  priority,
  delayMs,
  at,
  deduplicationKey,
}: NewJob): JobsOptions & { readonly jobId: string } {
  const delay = delayMs ?? (at === undefined ? 0 : Math.max(0, at.getTime() - Date.now()))
  return {
    jobId: randomUUID(),
    attempts: queue.attempts,
    backoff: { type: 'footing' },
    priority: middlePriority - priority,
    removeOnComplete: { age: Math.ceil(queue.keepDoneMs / 1000) },
    removeOnFail: { age: Math.ceil(queue.keepFailedMs / 1000) },
    ...(delay > 0 ? { delay } : {}),
    ...(deduplicationKey === undefined
      ? {}
      : {
          deduplication: {
            id: deduplicationKey,
            ...(typeof queue.deduplicate === 'object' ? { ttl: queue.deduplicate.forMs } : {}),
          },
        }),
  }
}

function waitOf({ firstMs, mostMs }: Backoff, made: number): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(16, made - 1) * (1 + Math.random()))
}

/** The steps as BullMQ takes them: whoever waits has those that come before below it, so a step has one that waits for it. */
function treesOf(steps: readonly FlowStep[], ids: ReadonlyMap<string, string>): FlowJob[] {
  const waiting = new Map<string, string>()
  for (const { ref, after, queue } of steps) {
    for (const before of after) {
      if (waiting.has(before)) {
        throw jobError('job-unsupported', {
          job: queue.name,
          guarantee: 'flow in which two wait for one',
          driver: 'redis',
        })
      }
      waiting.set(before, ref)
    }
  }
  const byRef = new Map(steps.map((step) => [step.ref, step] as const))
  const nodeOf = (step: FlowStep): FlowJob => ({
    name: step.queue.name,
    queueName: step.queue.name,
    data: step.body,
    opts: { ...optionsOf(step), jobId: ids.get(step.ref) ?? '' },
    children: step.after.flatMap((ref) => {
      const before = byRef.get(ref)
      return before === undefined ? [] : [nodeOf(before)]
    }),
  })
  return steps.filter(({ ref }) => !waiting.has(ref)).map(nodeOf)
}

/** What Redis could not do, coded, and not later than a person would wait for it: BullMQ itself waits for ever. */
async function answered<T>(operation: string, ask: () => Promise<T>, job?: string): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${answerMs} ms`)), answerMs)
  try {
    return await Promise.race([ask(), late.promise])
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('job')) throw error
    const reason = error instanceof Error ? error.message : String(error)
    // The question may have arrived, or arrive yet, although the answer did not.
    if (operation === 'add') throw jobError('job-outcome-unknown', { job: job ?? '' }, error)
    throw jobError('jobs-store-failed', { operation, reason }, error)
  } finally {
    clearTimeout(timer)
  }
}
