// What is known about one stall of the event loop, and where it is published.
import { channel } from 'node:diagnostics_channel'
import type { Context } from '../../work/context.ts'
import type { StackFrame } from './stack-frame.ts'

/** How the handler of a stall was found. */
export type Attribution =
  /** The thread was stopped inside the stall and its context read; without a handler, it was code outside of any. */
  | 'sample'
  /** A stretch of work without a break covered the stall. */
  | 'section'
  /** The work that ended right after the stall; likely, not certain. */
  | 'end'
  /** Nothing tells. */
  | 'none'

/** Published on `footing:stall` when the loop has stood still for longer than the guard's threshold. */
export interface Stall {
  /** Milliseconds that the thread was busy without a turn of the loop; known to within one beat. */
  readonly durationMs: number
  /** Processor time of the thread in it; much less than the duration: it waited, for a disk or for its turn. */
  readonly cpuMs: number
  /** `GET /articles/{slug}`, `billing.quote`, the name of a job; undefined outside of any. */
  readonly handler: string | undefined
  readonly module: string | undefined
  /** The request that it was part of. */
  readonly route: string | undefined
  readonly attribution: Attribution
  readonly context: Context | undefined
  /** The application's own innermost function. */
  readonly frame: StackFrame | undefined
  /** The function that ran, whoever it belongs to. */
  readonly innermost: StackFrame | undefined
  /** Innermost first, at most eight. */
  readonly stack: readonly StackFrame[]
  readonly budgetMs: number
  readonly withinBudget: boolean
}

/** Where stalls are published. */
export const stallChannel = channel('footing:stall')
