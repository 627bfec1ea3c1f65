// What surrounds a piece of work: who asked, until when, and whether anybody still waits.
import type { JsonObject } from '@footing/kernel'

/** Whoever a request acts for. */
export interface User {
  readonly id: string
  readonly roles?: readonly string[]
  /** Anything else a token said; JSON, so that it crosses a wire. */
  readonly claims?: JsonObject
}

/** Given to every handler and operation, and found by `currentContext()` anywhere below them. */
export interface Context {
  /** Identifies one request through all logs, calls and processes. */
  readonly requestId: string
  /** W3C trace id, 32 hexadecimal digits. */
  readonly traceId: string
  /** W3C span id of this call, 16 hexadecimal digits. */
  readonly spanId: string
  readonly user: User | undefined
  /** Module whose code runs. */
  readonly module: string | undefined
  /** Operation, `METHOD /path` of a route, or name of a job. */
  readonly operation: string | undefined
  /** Milliseconds since 1970 after which no answer is wanted; undefined when there is no limit. */
  readonly deadlineAt: number | undefined
  /** Milliseconds left until the deadline; Infinity without one, never negative. */
  remainingMs(): number
  /** Aborts when the deadline passes, the caller withdraws or the client hangs up. */
  readonly signal: AbortSignal
}
