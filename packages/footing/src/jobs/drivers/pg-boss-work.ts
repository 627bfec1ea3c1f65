// The working side of the PostgreSQL driver: looks for jobs, claims them, keeps the claims alive, settles what has ended,
// and brings back what killed processes held. All of it by single statements or short transactions, so no session is needed.
import type { Job, PgBoss } from 'pg-boss'
import type { Database } from '../../data/contract/contract.ts'
import type { AnyTransaction } from '../../data/contract/transaction-end.ts'
import type { DriverReports, JobQueue, RunningJob, Settlement, TakeJob } from '../contract/contract.ts'
import type { JobBody } from '../contract/envelope.ts'
import { claimWithin } from './pg-boss-claim.ts'
import { codedAgain, executorIn, planned } from './pg-boss-executor.ts'

/** Seconds after which a claim without a sign of life is over; the least that pg-boss allows. */
export const beatSeconds = 10

const beatMs = 3000
const rescueMs = 1000
const flowMs = 5000
const superviseMs = 60_000
/** Between two looks while jobs come, and while none do. */
const hotMs = 20
const coldMs = 250
const restAfterFaultMs = 1000
/** Before a queue is asked again whose limit let nothing through. */
const limitedMs = 100
const mostRescued = 200

/**
 * What is stored with an envelope so that a claim need not bring all columns of a job: for many short jobs those cost more than
 * the rest. The times are for people and metrics; the store decides by its own.
 */
export interface StoredBody extends JobBody {
  /** Milliseconds since 1970 at which it was added. */
  readonly a: number
  /** Milliseconds that it had to wait. */
  readonly d?: number
  /** Others wait for it. */
  readonly b?: 1
}

/** What it works with. */
export interface PgBossWorkOptions {
  readonly boss: PgBoss
  readonly database: Database<unknown>
  readonly queues: readonly JobQueue[]
  readonly take: TakeJob
  readonly reports: DriverReports
}

interface Attempt {
  readonly id: string
  readonly retryCount: number
}

interface Held extends Attempt {
  readonly running: RunningJob
  /** True where other jobs wait for it. */
  readonly blocking: boolean
  /** True when the store has it no longer as ours: nothing is said to it any more. */
  lost: boolean
  settling: boolean
}

class Worker {
  readonly queue: JobQueue
  readonly held = new Map<string, Held>()
  /** Ended well, not yet told to the store. */
  readonly done: Held[] = []
  claiming = false
  again = false
  telling = false
  /** True while a claim for freed places is due at the end of this turn of the loop. */
  due = false
  /** True when the last claim brought as many as it asked for. */
  hungry = false
  /** As it was at the last look. */
  paused = false
  /** A limit let nothing through; until this moment it is not asked again unless a place is freed. */
  quietUntil = 0

  constructor(queue: JobQueue) {
    this.queue = queue
  }

  /** True where places of other processes, or time, decide how many may begin. */
  get limited(): boolean {
    const { everywhere, perKey, rate } = this.queue
    return everywhere !== undefined || perKey !== undefined || rate !== undefined
  }

  get free(): number {
    return this.queue.perProcess - this.held.size
  }
}

/** The work of one process. */
export class PgBossWork {
  readonly #options: PgBossWorkOptions
  readonly #workers: ReadonlyMap<string, Worker>
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #wantIdle: (() => void)[] = []
  #stopped = false
  #resting = false
  #lookMs = hotMs
  #looking = false
  #lookAgain = false
  #look: NodeJS.Timeout | undefined

  constructor(options: PgBossWorkOptions) {
    this.#options = options
    this.#workers = new Map(options.queues.map((queue) => [queue.name, new Worker(queue)] as const))
  }

  begin(): void {
    if (this.#workers.size === 0) return
    this.#lookIn(0)
    this.#every(beatMs, () => this.#beat())
    this.#every(rescueMs, () => this.#rescue())
    this.#every(flowMs, () => this.#options.boss.resolveFlow())
    this.#every(superviseMs, () => this.#maintain())
  }

  /** Looks at once, because something was added to this queue. */
  lookAt(queue: string): void {
    if (!this.#workers.has(queue)) return
    if (this.#looking) this.#lookAgain = true
    else this.#lookIn(0)
  }

  /** Claims nothing more; resolves when all that is held was settled. */
  async rest(): Promise<void> {
    this.#resting = true
    clearTimeout(this.#look)
    if (this.#isIdle()) return
    await new Promise<void>((resolve) => this.#wantIdle.push(resolve))
  }

  async stop(): Promise<void> {
    this.#resting = true
    this.#stopped = true
    clearTimeout(this.#look)
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  #isIdle(): boolean {
    return [...this.#workers.values()].every(({ held, claiming }) => held.size === 0 && !claiming)
  }

  #tellIdle(): void {
    if (this.#wantIdle.length === 0 || !this.#isIdle()) return
    for (const tell of this.#wantIdle.splice(0)) tell()
  }

  // Real time: the store has its own, and a clock that a test holds still must not keep a claim from being kept alive.
  #every(ms: number, work: () => Promise<unknown>): void {
    const again = (wait: number) => {
      if (this.#stopped) return
      const timer = setTimeout(async () => {
        this.#timers.delete(timer)
        const worked = await this.#attempt('look after its jobs', work)
        again(worked ? ms : Math.max(ms, restAfterFaultMs))
      }, wait)
      timer.unref()
      this.#timers.add(timer)
    }
    // Processes that start together do not ask together.
    again(ms * (0.5 + Math.random() / 2))
  }

  async #attempt(what: string, work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      if (!this.#stopped) this.#options.reports.fault(what, codedAgain(error))
      return false
    }
  }

  #lookIn(ms: number): void {
    if (this.#resting) return
    clearTimeout(this.#look)
    this.#look = setTimeout(() => void this.#lookOnce(), ms)
    this.#look.unref()
  }

  async #lookOnce(): Promise<void> {
    if (this.#looking || this.#resting) return
    this.#looking = true
    this.#lookAgain = false
    let found = 0
    const worked = await this.#attempt('look for jobs', async () => {
      const ready = await this.#ready()
      found = ready.length
      for (const worker of ready) void this.#claim(worker)
    })
    this.#looking = false
    this.#lookMs = found > 0 ? hotMs : Math.min(coldMs, Math.ceil(this.#lookMs * 1.1))
    this.#lookIn(this.#lookAgain ? 0 : worked ? this.#lookMs : restAfterFaultMs)
  }

  /** Queues with room here and jobs there: one question for all of them. */
  async #ready(): Promise<readonly Worker[]> {
    const workers = [...this.#workers.values()]
    const now = performance.now()
    const rows = await this.#options.database.query<{ name: string; paused: boolean; ready: boolean }>(lookText, [
      workers.map(({ queue }) => queue.name),
      // One that claims, or is claimed for when places are free, finds its jobs without a look.
      workers.map(
        ({ free, claiming, hungry, held, quietUntil }) =>
          free > 0 && !claiming && now >= quietUntil && !(hungry && held.size > 0),
      ),
    ])
    return rows.flatMap(({ name, paused, ready }) => {
      const worker = this.#workers.get(name)
      if (worker === undefined) return []
      worker.paused = paused
      return ready && !paused ? [worker] : []
    })
  }

  async #claim(worker: Worker): Promise<void> {
    if (worker.claiming) {
      worker.again = true
      return
    }
    worker.claiming = true
    await this.#attempt('claim jobs', async () => {
      do {
        worker.again = false
        const { free } = worker
        if (this.#resting || worker.paused || free <= 0) break
        const jobs = await claimWithin(this.#options, worker.queue, free)
        worker.hungry = jobs.length >= free
        if (jobs.length === 0 && worker.limited) worker.quietUntil = performance.now() + limitedMs
        for (const job of jobs) this.#begin(worker, job)
      } while (worker.again || (worker.hungry && worker.free > 0))
    })
    worker.claiming = false
    this.#tellIdle()
  }

  #begin(worker: Worker, job: Job<Partial<StoredBody>>): void {
    const { queue } = worker
    const now = Date.now()
    // Somebody else may have written it.
    const { a: added = now, d: delayed = 0, b: awaited } = job.data ?? {}
    const begun = job.retryCount + 1
    const attempt = { id: job.id, retryCount: job.retryCount }
    const running = this.#options.take({
      id: job.id,
      queue,
      body: job.data,
      attempt: begun,
      // Told to run again it has all of them anew.
      attempts: queue.attempts * Math.ceil(begun / queue.attempts),
      waitedMs: begun > 1 ? 0 : Math.max(0, now - Number(added) - Number(delayed)),
      addedAt: new Date(Number(added)),
      progress: (value) => this.#progress(queue, attempt, value),
    })
    const held: Held = { ...attempt, running, blocking: awaited === 1, lost: false, settling: false }
    worker.held.set(job.id, held)
    running.settled.then((settlement) => this.#ended(worker, held, settlement))
  }

  async #ended(worker: Worker, held: Held, settlement: Settlement): Promise<void> {
    if (held.lost) return this.#release(worker, held)
    held.settling = true
    if (settlement.kind === 'done') {
      worker.done.push(held)
      await this.#tellDone(worker)
      return
    }
    await this.#insist('settle a job', () =>
      settlement.kind === 'failed'
        ? this.#fail(worker.queue, held, settlement)
        : this.#giveBack(worker.queue, held, settlement),
    )
    this.#release(worker, held)
  }

  // While one statement is under way the next ones gather, so that many short jobs cost few statements.
  async #tellDone(worker: Worker): Promise<void> {
    if (worker.telling) return
    worker.telling = true
    // Those that end in the same turn of the loop are told together.
    await new Promise((resolve) => setImmediate(resolve))
    const { boss, reports } = this.#options
    const { name } = worker.queue
    while (worker.done.length > 0) {
      const batch = worker.done.splice(0, 500)
      const mine = batch.filter(({ lost }) => !lost).map(({ id, retryCount }) => ({ id, retryCount }))
      await this.#insist('settle jobs', async () => {
        if (mine.length === 0) return
        const answer = await boss.complete(name, mine)
        const settled = new Set((answer as { readonly settled?: readonly string[] }).settled)
        for (const { id, retryCount } of mine) {
          if (!settled.has(id)) reports.superseded({ queue: name, id, attempt: retryCount + 1 })
        }
      })
      for (const held of batch) this.#release(worker, held)
      if (batch.some(({ blocking }) => blocking)) await this.#attempt('free jobs that wait', () => boss.resolveFlow())
    }
    worker.telling = false
  }

  // What has happened must reach the store, however long it is away: otherwise it happens again.
  async #insist(what: string, work: () => Promise<unknown>): Promise<void> {
    for (let wait = 100; !(await this.#attempt(what, work)) && !this.#stopped; wait = Math.min(5000, wait * 2)) {
      await new Promise((resolve) => setTimeout(resolve, wait))
    }
  }

  #release(worker: Worker, held: Held): void {
    if (worker.held.get(held.id) === held) worker.held.delete(held.id)
    this.#claimSoon(worker)
    this.#tellIdle()
  }

  // Places are freed together, and half of them at least, so that one claim brings many jobs.
  #claimSoon(worker: Worker): void {
    if (worker.due || this.#resting) return
    worker.due = true
    setImmediate(() => {
      worker.due = false
      if (worker.limited || (worker.hungry && worker.free * 2 >= worker.queue.perProcess)) void this.#claim(worker)
    })
  }

  async #fail(queue: JobQueue, held: Held, failure: Settlement & { kind: 'failed' }): Promise<void> {
    const { boss, database, reports } = this.#options
    const output = { code: failure.code, message: failure.message }
    const attempt = { id: held.id, retryCount: held.retryCount }
    const affected = await database.transaction(async (tx) => {
      if (failure.final) {
        await tx.query(
          `update footing_jobs.job set retry_limit = retry_count
           where name = $1 and id = $2 and state = 'active' and retry_count = $3`,
          [queue.name, held.id, held.retryCount],
        )
      }
      const answer = await boss.fail(queue.name, attempt, output, { db: executorIn(tx) })
      await keepFailed(tx, queue, [held.id])
      return (answer as { readonly affected?: number }).affected ?? 0
    })
    if (affected === 0) reports.superseded({ queue: queue.name, id: held.id, attempt: held.retryCount + 1 })
  }

  // Without the moment of its beginning the next claim counts no attempt.
  async #giveBack(queue: JobQueue, held: Held, { afterMs = 0 }: Settlement & { kind: 'given-back' }): Promise<void> {
    await this.#options.database.query(
      `update footing_jobs.job set
         state = case when retry_count > 0 then 'retry' else 'created' end::footing_jobs.job_state,
         started_on = null, heartbeat_on = null,
         start_after = greatest(start_after, now() + $4 * interval '1 millisecond')
       where name = $1 and id = $2 and state = 'active' and retry_count = $3`,
      [queue.name, held.id, held.retryCount, afterMs],
    )
  }

  async #progress(queue: JobQueue, { id, retryCount }: Attempt, value: unknown): Promise<void> {
    await this.#options.database.query(
      `update footing_jobs.job set output = jsonb_build_object('progress', $4::text::jsonb)
       where name = $1 and id = $2 and state = 'active' and retry_count = $3`,
      [queue.name, id, retryCount, JSON.stringify(value ?? null)],
    )
  }

  /** Says that the claims live; one that the store does not have any more is over. */
  async #beat(): Promise<void> {
    const { boss } = this.#options
    for (const { queue, held } of this.#workers.values()) {
      const mine = [...held.values()].filter(({ lost, settling }) => !lost && !settling)
      if (mine.length === 0) continue
      const answer = await boss.touch(
        queue.name,
        mine.map(({ id, retryCount }) => ({ id, retryCount })),
      )
      const alive = new Set((answer as { readonly settled?: readonly string[] }).settled)
      const over = mine.filter(({ id, settling }) => !settling && !alive.has(id))
      if (over.length > 0) await this.#lose(queue, over)
    }
  }

  async #lose(queue: JobQueue, over: readonly Held[]): Promise<void> {
    const rows = await this.#options.database.query<{ id: string }>(
      `select id from footing_jobs.job where name = $1 and id = any($2::uuid[]) and state = 'cancelled'`,
      [queue.name, over.map(({ id }) => id)],
    )
    const cancelled = new Set(rows.map(({ id }) => id))
    for (const held of over) {
      if (held.settling) continue
      held.lost = true
      held.running.lose(cancelled.has(held.id) ? 'cancelled' : 'lost')
      if (!cancelled.has(held.id)) {
        this.#options.reports.superseded({ queue: queue.name, id: held.id, attempt: held.retryCount + 1 })
      }
    }
  }

  /** Ends the attempts of processes that give no sign of life; the next one may begin at once. */
  async #rescue(): Promise<void> {
    const { boss, database, reports } = this.#options
    const names = [...this.#workers.keys()]
    const orphans = await database.transaction(async (tx) => {
      const found = await tx.query<Orphan>(orphansText, [names])
      for (const [name, ones] of Map.groupBy(found, (one) => one.name)) {
        const worker = this.#workers.get(name)
        if (worker === undefined) continue
        const output = { code: 'job-orphaned', message: 'The process that ran it went away.' }
        const attempts = ones.map(({ id, retryCount }) => ({ id, retryCount }))
        await boss.fail(name, attempts, output, { db: executorIn(tx) })
        const ids = ones.map(({ id }) => id)
        await tx.query(
          `update footing_jobs.job set start_after = now() where name = $1 and id = any($2::uuid[]) and state = 'retry'`,
          [name, ids],
        )
        await keepFailed(tx, worker.queue, ids)
      }
      return found
    })
    for (const { name, id, retryCount, retryLimit } of orphans) {
      reports.orphaned({ queue: name, id, attempt: retryCount + 1, final: retryCount >= retryLimit })
    }
    for (const name of new Set(orphans.map((one) => one.name))) this.lookAt(name)
  }

  async #maintain(): Promise<void> {
    await this.#options.boss.supervise()
    await this.#options.database.query('delete from footing_jobs.kept_out where until < now()')
    await this.#options.database.query(`delete from footing_jobs.pace where last < now() - interval '1 day'`)
  }
}

interface Orphan {
  readonly name: string
  readonly id: string
  readonly retryCount: number
  readonly retryLimit: number
}

/** Jobs that failed for good are kept longer than those that are done. */
async function keepFailed(
  tx: AnyTransaction & { query(text: string, values: readonly unknown[]): Promise<unknown> },
  queue: JobQueue,
  ids: readonly string[],
): Promise<void> {
  await tx.query(
    `update footing_jobs.job set deletion_seconds = $3 where name = $1 and id = any($2::uuid[]) and state = 'failed'`,
    [queue.name, ids, Math.ceil(queue.keepFailedMs / 1000)],
  )
}

// One look into the index for each queue, whatever the server thinks of its statistics.
const lookText = `${planned}
  select q.name, exists (select from footing_jobs.paused p where p.queue = q.name) as paused,
    q.room and (
      exists (select from (select from footing_jobs.job where name = q.name and state = 'created' and not blocked
        and start_after <= now() limit 1) one)
      or exists (select from (select from footing_jobs.job where name = q.name and state = 'retry' and not blocked
        and start_after <= now() limit 1) one)) as ready
  from unnest($1::text[], $2::boolean[]) as q(name, room)`

const orphansText = `${planned}
  select name, id, retry_count as "retryCount", retry_limit as "retryLimit" from footing_jobs.job
  where name = any($1::text[]) and state = 'active' and heartbeat_seconds is not null
    and heartbeat_on + heartbeat_seconds * interval '1 second' < now()
  limit ${mostRescued} for update skip locked`
