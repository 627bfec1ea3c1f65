// What somebody who looks after jobs can see and do, whichever store has them.
import type { QueueSample } from './contract.ts'

/** State of a job as people speak of it. */
export type JobState = 'waiting' | 'delayed' | 'running' | 'done' | 'failed' | 'cancelled'

/** All states, in the order of a job's life. */
export const jobStates = [
  'waiting',
  'delayed',
  'running',
  'done',
  'failed',
  'cancelled',
] as const satisfies readonly JobState[]

/** A job in a list. */
export interface ListedJob {
  readonly id: string
  /** `mail.welcome`. */
  readonly name: string
  readonly state: JobState
  /** Attempts that have begun. */
  readonly attempt: number
  readonly attempts: number
  readonly addedAt: Date
  /** When it can begin, or began, or ended. */
  readonly at: Date
  readonly key: string | undefined
  /** Code of the last failure. */
  readonly code: string | undefined
}

/** A job with all that is known of it. */
export interface ShownJob extends ListedJob {
  readonly payload: unknown
  readonly version: number | undefined
  readonly priority: number
  readonly message: string | undefined
  readonly progress: unknown
  readonly requestId: string | undefined
  readonly traceId: string | undefined
  /** Jobs that have to be done before it. */
  readonly waitsFor: readonly string[]
}

/** The state of one queue, from a sample: counts are exact up to a thousand. */
export interface JobCounts extends Omit<QueueSample, 'queue'> {
  /** `mail.welcome`. */
  readonly name: string
}

/** Which jobs: these, or all of a name. */
export type JobSelection = ({ readonly ids: readonly string[] } | { readonly name: string }) & {
  /** Says how many, and changes nothing. */
  readonly dryRun?: boolean
}

/** What a selection met. */
export interface SelectionResult {
  /** Jobs in a state in which it can be done. */
  readonly matched: number
  /** Jobs that were changed: 0 in a dry run. */
  readonly changed: number
}

/** Which jobs are listed, newest first. */
export interface JobListRequest {
  readonly state?: JobState
  readonly name?: string
  /** 1 to 1000. Default 50. */
  readonly limit?: number
}

/** Looks after the jobs of one application. */
export interface JobsAdmin {
  /** `postgresql`, `redis`, `sqs`. */
  readonly driver: string
  counts(): Promise<readonly JobCounts[]>
  /** @throws `job-unsupported` where the store cannot look into its queues */
  list(request?: JobListRequest): Promise<readonly ListedJob[]>
  show(id: string): Promise<ShownJob | undefined>
  /** Lets jobs that failed for good run again, with all their attempts. */
  retry(selection: JobSelection): Promise<SelectionResult>
  /** Takes back what waits; what runs has its signal aborted. */
  cancel(selection: JobSelection): Promise<SelectionResult>
  /** No job of the name begins until it is resumed; what runs ends. */
  pause(name: string): Promise<void>
  resume(name: string): Promise<void>
  close(): Promise<void>
}
