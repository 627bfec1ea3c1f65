// What is told when an attempt of a job has ended.
import { channel } from 'node:diagnostics_channel'

/** Published on `footing:job` when an attempt has ended. */
export interface JobRecord {
  /** `mail.welcome`. */
  readonly name: string
  readonly module: string
  readonly id: string
  /** 1 for the first one. */
  readonly attempt: number
  /** How long the handler ran. */
  readonly durationMs: number
  /** How long the job had waited since it could have begun. */
  readonly waitedMs: number
  readonly outcome: 'done' | 'failed' | 'given-back'
  /** Code of the error that it ended with. */
  readonly code: string | undefined
  readonly requestId: string
  readonly traceId: string
}

/** Where ended attempts are published. */
export const jobChannel = channel('footing:job')
