// Jobs in the PostgreSQL of the application, by pg-boss: it stores, claims, settles and cleans; when to claim and for how
// long a claim holds is decided here, over the connections of the application and behind any pooler.
import { randomUUID } from 'node:crypto'
import type { FlowJob, JobInsert, PgBoss } from 'pg-boss'
import type { Database } from '../../data/contract/contract.ts'
import { type AnyTransaction, onTransactionEnd } from '../../data/contract/transaction-end.ts'
import type { AddedJob, FlowStep, JobDriver, JobQueue, NewJob, QueueSample } from '../contract/contract.ts'
import { jobError } from '../contract/errors.ts'
import type { JobGuarantees } from '../contract/guarantees.ts'
import { codedAgain, executorIn, executorOn } from './pg-boss-executor.ts'
import { jobsSchema, mostCounted, sampleQueues } from './pg-boss-sample.ts'
import { beatSeconds, PgBossWork, type StoredBody } from './pg-boss-work.ts'

/** What the driver promises. */
export const pgBossGuarantees: JobGuarantees = {
  durable: 'fsync',
  transactional: true,
  delivery: 'at-least-once',
  fencedSettle: true,
  deduplicated: true,
  delayed: 10 * 365 * 24 * 3600,
  delayClock: 'store',
  prioritised: true,
  globalConcurrency: 'exact',
  rateLimited: true,
  keyed: true,
  cancel: 'running',
  progress: true,
  deadLetters: true,
  replay: true,
  flow: 'any',
  orphanSeconds: 15,
  maxPayloadBytes: 1024 * 1024,
  bounded: true,
  needsSessionConnection: false,
  ordered: false,
}

/**
 * Opens it on the connections of the application.
 * @throws `jobs-not-provisioned`
 */
export async function pgBossDriver(database: Database<unknown>): Promise<JobDriver> {
  const boss = await openBoss(database)
  return new PgBossDriver(boss, database)
}

/** A pg-boss without timers of its own, on connections of the application. */
async function openBoss(database: Database<unknown>): Promise<PgBoss> {
  const found = await database.query<{ there: boolean }>(
    `select to_regclass('${jobsSchema}.version') is not null and to_regclass('${jobsSchema}.paused') is not null as there`,
  )
  if (found[0]?.there !== true) throw jobError('jobs-not-provisioned', { state: 'not there' })
  const { PgBoss: Boss } = await import('pg-boss')
  const boss = new Boss({
    db: executorOn(database),
    schema: jobsSchema,
    supervise: false,
    schedule: false,
    migrate: false,
    createSchema: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
    // Counting all jobs of all queues is dear; a sample counts up to a limit and reads these beyond it.
    monitorIntervalSeconds: 300,
    maintenanceIntervalSeconds: 600,
  })
  // Without a listener an error that it only reports would end the process.
  boss.on('error', () => undefined)
  try {
    await boss.start()
  } catch (error) {
    const again = codedAgain(error)
    if (again !== error) throw again
    throw jobError('jobs-not-provisioned', { state: 'of another version' }, error)
  }
  return boss
}

class PgBossDriver implements JobDriver {
  readonly guarantees = pgBossGuarantees
  readonly #boss: PgBoss
  readonly #database: Database<unknown>
  #work: PgBossWork | undefined

  constructor(boss: PgBoss, database: Database<unknown>) {
    this.#boss = boss
    this.#database = database
  }

  async declare(queues: readonly JobQueue[]): Promise<void> {
    await coded(async () => {
      const known = new Set((await this.#boss.getQueues(queues.map(({ name }) => name))).map(({ name }) => name))
      for (const queue of queues) {
        const options = optionsOf(queue)
        if (known.has(queue.name)) await this.#boss.updateQueue(queue.name, options)
        else await this.#boss.createQueue(queue.name, { ...options, policy: policyOf(queue) })
      }
      // What was added under the policy of before keeps it; pg-boss cannot change it for what comes.
      await this.#database.query(
        `update ${jobsSchema}.queue q set policy = d.policy
         from unnest($1::text[], $2::text[]) as d(name, policy) where q.name = d.name and q.policy <> d.policy`,
        [queues.map(({ name }) => name), queues.map(policyOf)],
      )
    })
  }

  async add(jobs: readonly NewJob[], tx: AnyTransaction | undefined): Promise<readonly AddedJob[]> {
    const guarded = jobs.some(
      ({ queue, deduplicationKey }) => queue.limit !== undefined || deduplicationKey !== undefined,
    )
    const byQueue = Map.groupBy(jobs, ({ queue }) => queue)
    const inOne = guarded || byQueue.size > 1
    const added =
      tx !== undefined
        ? await coded(() => this.#addIn(tx, byQueue))
        : inOne
          ? await this.#database.transaction((own) => coded(() => this.#addIn(own, byQueue)))
          : await coded(() => this.#insert(undefined, jobs))
    this.#ring(tx, byQueue.keys())
    return added
  }

  async #addIn(tx: AnyTransaction, byQueue: ReadonlyMap<JobQueue, readonly NewJob[]>): Promise<readonly AddedJob[]> {
    const added: AddedJob[] = []
    for (const [queue, jobs] of byQueue) {
      await refuseFull(tx, queue, jobs.length)
      const single = jobs.filter(({ deduplicationKey }) => deduplicationKey !== undefined)
      const plain = jobs.filter(({ deduplicationKey }) => deduplicationKey === undefined)
      for (const job of single) added.push(await this.#addOnce(tx, job))
      if (plain.length > 0) added.push(...(await this.#insert(tx, plain)))
    }
    return added
  }

  async #addOnce(tx: AnyTransaction, job: NewJob): Promise<AddedJob> {
    const { queue, deduplicationKey = '' } = job
    const id = randomUUID()
    if (queue.deduplicate === 'unfinished') return this.#addUnlessUnfinished(tx, job, id)
    const forMs = queue.deduplicate?.forMs ?? 0
    // Of two at once the second waits here for the end of the first one's transaction.
    const [row] = await inTransaction<{ job: string }>(
      tx,
      `insert into ${jobsSchema}.kept_out as k (queue, key, job, until)
       values ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond')
       on conflict (queue, key) do update set job = excluded.job, until = excluded.until
       where k.until <= clock_timestamp() returning job`,
      [queue.name, deduplicationKey, id, forMs],
    )
    if (row !== undefined) {
      await this.#insert(tx, [job], id)
      return { id, duplicate: false }
    }
    const [first] = await inTransaction<{ job: string }>(
      tx,
      `select job from ${jobsSchema}.kept_out where queue = $1 and key = $2`,
      [queue.name, deduplicationKey],
    )
    return { id: first?.job ?? id, duplicate: true }
  }

  async #addUnlessUnfinished(tx: AnyTransaction, job: NewJob, id: string): Promise<AddedJob> {
    const { queue, deduplicationKey } = job
    const insert = {
      ...insertOf(job),
      id,
      ...(deduplicationKey === undefined ? {} : { singletonKey: deduplicationKey }),
    }
    // It may end between the two questions; then it is added.
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const ids = await this.#boss.insert(queue.name, [insert], { db: executorIn(tx), returnId: true })
      if (ids !== null && ids.length > 0) return { id, duplicate: false }
      const [first] = await inTransaction<{ id: string }>(
        tx,
        `select id from ${jobsSchema}.job where name = $1 and singleton_key = $2 and state <= 'active' limit 1`,
        [queue.name, deduplicationKey],
      )
      if (first !== undefined) return { id: first.id, duplicate: true }
    }
    throw jobError('jobs-store-failed', { operation: 'add', reason: 'the job of the same key came and went.' })
  }

  async #insert(tx: AnyTransaction | undefined, jobs: readonly NewJob[], id?: string): Promise<readonly AddedJob[]> {
    const [first] = jobs
    if (first === undefined) return []
    const inserts = jobs.map((job) => ({ ...insertOf(job), id: id ?? randomUUID() }))
    await this.#boss.insert(first.queue.name, inserts, tx === undefined ? {} : { db: executorIn(tx) })
    return inserts.map((insert) => ({ id: insert.id, duplicate: false }))
  }

  async flow(steps: readonly FlowStep[], tx: AnyTransaction | undefined): Promise<Readonly<Record<string, string>>> {
    const [only] = steps
    if (only !== undefined && steps.length === 1) {
      const [added] = await this.add(steps, tx)
      return { [only.ref]: added?.id ?? '' }
    }
    const awaited = new Set(steps.flatMap(({ after }) => after))
    const jobs = steps.map((step): FlowJob => {
      const { data, ...options } = insertOf(step, awaited.has(step.ref))
      return { ref: step.ref, name: step.queue.name, data: data ?? {}, options, dependsOn: [...step.after] }
    })
    const ids = await coded(() => this.#boss.flow(jobs, tx === undefined ? {} : { db: executorIn(tx) }))
    this.#ring(tx, new Set(steps.map(({ queue }) => queue)))
    return ids
  }

  async cancel(queue: JobQueue, id: string): Promise<boolean> {
    if (!uuid.test(id)) return false
    const result = await coded(() => this.#boss.cancel(queue.name, id))
    this.#work?.lookAt(queue.name)
    return 'affected' in result && result.affected === 1
  }

  work(...[queues, take, reports]: Parameters<JobDriver['work']>): void {
    this.#boss.on('error', (error) => reports.fault('maintain its tables', codedAgain(error)))
    this.#work = new PgBossWork({ boss: this.#boss, database: this.#database, queues, take, reports })
    this.#work.begin()
  }

  async rest(): Promise<void> {
    await this.#work?.rest()
  }

  async sample(queues: readonly JobQueue[]): Promise<readonly QueueSample[]> {
    return sampleQueues(
      this.#database,
      queues.map(({ name }) => name),
    )
  }

  async strays(application: string, known: readonly JobQueue[]): Promise<readonly { queue: string; jobs: number }[]> {
    return this.#database.query<{ queue: string; jobs: number }>(
      `select q.name as queue, j.jobs from ${jobsSchema}.queue q
       cross join lateral (
         select count(*)::int as jobs from (
           select from ${jobsSchema}.job where name = q.name and state in ('created', 'retry', 'active') limit ${mostCounted}
         ) few
       ) j
       where starts_with(q.name, $1) and q.name <> all($2::text[]) and j.jobs > 0`,
      [`${application}/`, known.map(({ name }) => name)],
    )
  }

  async ping(): Promise<void> {
    await this.#database.query(`select from ${jobsSchema}.version`)
  }

  async close(): Promise<void> {
    await this.#work?.stop()
    await this.#boss.stop({ graceful: false, close: false })
  }

  /** Wakes the workers of this process; others see it at their next look. */
  #ring(tx: AnyTransaction | undefined, queues: Iterable<JobQueue>): void {
    const work = this.#work
    if (work === undefined) return
    const names = [...queues].map(({ name }) => name)
    const ring = () => {
      for (const name of names) work.lookAt(name)
    }
    if (tx === undefined) ring()
    else onTransactionEnd(tx, (outcome) => outcome === 'committed' && ring())
  }
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

function insertOf({ queue, body, priority, delayMs, at, key }: NewJob, awaited = false): JobInsert {
  const now = Date.now()
  const wait = delayMs ?? (at === undefined ? 0 : at.getTime() - now)
  const data: StoredBody = { ...body, a: now, ...(wait > 0 ? { d: wait } : {}), ...(awaited ? { b: 1 } : {}) }
  const group = queue.everywhere !== undefined ? everyone : (key ?? (countsKeys(queue) ? nobody : undefined))
  return {
    data,
    ...(priority === 0 ? {} : { priority }),
    ...(delayMs === undefined ? {} : { startAfter: `${(delayMs / 1000).toFixed(3)} seconds` }),
    ...(at === undefined ? {} : { startAfter: at.toISOString() }),
    ...(group === undefined ? {} : { group: { id: group } }),
    // Under this policy jobs without a key would keep each other out.
    ...(queue.deduplicate === 'unfinished' ? { singletonKey: randomUUID() } : {}),
  }
}

/** Group of all jobs of a queue that is limited as a whole. */
const everyone = '*'
/** Group of the jobs without a key where keys are limited. */
const nobody = '-'

function countsKeys({ perKey, rate }: JobQueue): boolean {
  return perKey !== undefined || rate?.perKey === true
}

function policyOf({ deduplicate }: JobQueue): string {
  return deduplicate === 'unfinished' ? 'exclusive' : 'standard'
}

function optionsOf(queue: JobQueue) {
  const seconds = (ms: number) => Math.max(1, Math.ceil(ms / 1000))
  return {
    retryLimit: queue.attempts - 1,
    retryBackoff: true,
    retryDelay: seconds(queue.backoff.firstMs),
    retryDelayMax: seconds(queue.backoff.mostMs),
    // The attempt is ended by its process; this ends what a process has forgotten.
    expireInSeconds: seconds(queue.timeoutMs + 60_000),
    heartbeatSeconds: beatSeconds,
    // A job that nobody runs is not deleted: it waits for whoever declares it again.
    retentionSeconds: pgBossGuarantees.delayed,
    deleteAfterSeconds: seconds(queue.keepDoneMs),
  }
}

async function refuseFull(tx: AnyTransaction, { name, limit }: JobQueue, more: number): Promise<void> {
  if (limit === undefined) return
  const [row] = await inTransaction<{ waiting: number }>(
    tx,
    `select count(*)::int as waiting from (
       select from ${jobsSchema}.job where name = $1 and state in ('created', 'retry') limit $2
     ) few`,
    [name, limit],
  )
  if ((row?.waiting ?? 0) + more > limit) throw jobError('job-queue-full', { job: name, limit })
}

async function inTransaction<Row extends object>(
  tx: AnyTransaction,
  text: string,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const { rows } = await executorIn(tx).executeSql(text, [...values])
  return rows as Row[] // named by the caller, as plain SQL carries none
}

async function coded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw codedAgain(error)
  }
}
