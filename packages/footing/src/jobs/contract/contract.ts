// What a driver of jobs has to do. What a job is, its checks, its handlers and their time stand above it.
import type { AnyTransaction } from '../../data/contract/transaction-end.ts'
import type { JobBody } from './envelope.ts'
import type { JobGuarantees } from './guarantees.ts'

/** A queue as the driver needs to know it: one for each job of each module. */
export interface JobQueue {
  /** `shop/mail/welcome`: application, module and job. */
  readonly name: string
  /** How often a job is tried, the first time counted. */
  readonly attempts: number
  /** Milliseconds that one attempt may take. */
  readonly timeoutMs: number
  readonly backoff: Backoff
  /** Jobs that one process runs at once. */
  readonly perProcess: number
  /** Jobs that all processes together run at once; undefined without a limit. */
  readonly everywhere: number | undefined
  /** Jobs of one key that all processes together run at once. */
  readonly perKey: number | undefined
  readonly rate: Rate | undefined
  readonly deduplicate: Deduplication | undefined
  /** Most that may wait. */
  readonly limit: number | undefined
  readonly keepDoneMs: number
  readonly keepFailedMs: number
}

/** The wait before a repetition: between `firstMs`·2ⁿ and twice that after the nth failure, never more than `mostMs`. */
export interface Backoff {
  readonly firstMs: number
  readonly mostMs: number
}

/** How many may begin in a length of time. */
export interface Rate {
  readonly most: number
  readonly perMs: number
  /** True where it counts for each key by itself. */
  readonly perKey: boolean
}

/** How long a job keeps others of its key out: for a time from its adding, or until it has ended. */
export type Deduplication = { readonly forMs: number } | 'unfinished'

/** A job to be stored. */
export interface NewJob {
  readonly queue: JobQueue
  readonly body: JobBody
  readonly priority: number
  /** Milliseconds to wait, measured by the store. */
  readonly delayMs: number | undefined
  /** Moment before which it does not begin. */
  readonly at: Date | undefined
  readonly key: string | undefined
  /** Undefined where it is never a duplicate. */
  readonly deduplicationKey: string | undefined
}

/** One job of a flow. */
export interface FlowStep extends NewJob {
  readonly ref: string
  /** Refs of the jobs that have to be done before it. */
  readonly after: readonly string[]
}

/** What became of adding a job. */
export interface AddedJob {
  readonly id: string
  /** True where a job of the same key was there; `id` is then that one's. */
  readonly duplicate: boolean
}

/** One attempt that a worker holds. */
export interface ClaimedJob {
  readonly id: string
  readonly queue: JobQueue
  /** As the store gives it; nobody has looked at it. */
  readonly body: unknown
  /** 1 for the first one. */
  readonly attempt: number
  /** How many it has; more than its queue says where it was told to run again. */
  readonly attempts: number
  /** Milliseconds between the moment at which it could run and its claim, by the store's clock. */
  readonly waitedMs: number
  readonly addedAt: Date
  /** Notes how far it is; what it says is JSON. */
  progress(value: unknown): Promise<void>
}

/** How an attempt ended. */
export type Settlement =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'failed'
      readonly code: string
      readonly message: string
      /** True where another attempt would be of no use. */
      readonly final: boolean
    }
  /** It did not come to it: no attempt is counted. It may run again at once, or after a time. */
  | { readonly kind: 'given-back'; readonly afterMs?: number }

/** What the facade makes of an attempt. */
export interface RunningJob {
  readonly settled: Promise<Settlement>
  /** The claim is gone, or the job was cancelled: nobody wants its end any more. */
  lose(reason: 'cancelled' | 'lost'): void
}

/** Begins an attempt. It never throws. */
export type TakeJob = (job: ClaimedJob) => RunningJob

/** What a driver tells the process. */
export interface DriverReports {
  /** The store could not do something; it is tried again. */
  fault(what: string, error: unknown): void
  /** An attempt was ended by the store and not by its handler: its process is gone, or stands still. */
  orphaned(job: {
    readonly queue: string
    readonly id: string
    readonly attempt: number
    readonly final: boolean
  }): void
  /** The end of an attempt came too late: another one had begun. */
  superseded(job: { readonly queue: string; readonly id: string; readonly attempt: number }): void
}

/** State of one queue, from a sampler. */
export interface QueueSample {
  readonly queue: string
  /** Could begin now. */
  readonly waiting: number
  /** Wait for their time, or for other jobs. */
  readonly delayed: number
  readonly running: number
  /** Ended for good without being done. */
  readonly failed: number
  /** Seconds for which the oldest one could have begun. */
  readonly oldestSeconds: number
  readonly paused: boolean
}

/** A store of jobs, open in one process. */
export interface JobDriver {
  readonly guarantees: JobGuarantees
  /** Makes the queues known to the store; called before anything else, by every process. */
  declare(queues: readonly JobQueue[]): Promise<void>
  /** Stores jobs, all or none. `tx` only where the driver is transactional. */
  add(jobs: readonly NewJob[], tx: AnyTransaction | undefined): Promise<readonly AddedJob[]>
  /** Stores jobs that wait for each other, all or none; only where the driver has flows. */
  flow?(steps: readonly FlowStep[], tx: AnyTransaction | undefined): Promise<Readonly<Record<string, string>>>
  /** Takes a job back; false where it had ended. */
  cancel(queue: JobQueue, id: string): Promise<boolean>
  /** Begins to run jobs of these queues. */
  work(queues: readonly JobQueue[], take: TakeJob, reports: DriverReports): void
  /** Begins no more jobs, and resolves when those that run have ended, or were given back, and the store knows it. */
  rest(): Promise<void>
  sample(queues: readonly JobQueue[]): Promise<readonly QueueSample[]>
  /** Names of queues of this application that hold jobs and that nobody declares. */
  strays(application: string, known: readonly JobQueue[]): Promise<readonly { queue: string; jobs: number }[]>
  ping(): Promise<void>
  close(): Promise<void>
}
