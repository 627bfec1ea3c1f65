// What a rehearsal may do to calls between processes, and what it is told about them.

/** One call on its way. */
export interface DisturbedCall {
  readonly module: string
  readonly operation: string
  readonly idempotent: boolean
  /** Module that calls; undefined from outside of any. */
  readonly caller: string | undefined
  /** What it is given, as it was given. */
  readonly input: unknown
  readonly requestId: string
  /** `METHOD /path` of the request that it belongs to. */
  readonly route: string | undefined
}

/** How one call is disturbed: its answer is lost after the module has done its work, or it arrives twice. */
export type Disturbance = 'none' | 'lost-answer' | 'twice'

/** How a call ended, as its caller sees it: with a value, or with the code of an error. */
export type CallEnd = { readonly value: unknown } | { readonly code: string }

/** Disturbs calls to modules elsewhere. For rehearsals: production has none. */
export interface CallDisturbance {
  /** Asked before each time that a call is sent; `attempt` counts from 1. What disturbs it may take its time. */
  plan(call: DisturbedCall, attempt: number): Promise<Disturbance>
  /** Told when an arrival begins that only the rehearsal causes; the result is called when it is over. */
  extra(): () => void
  /** Told both ends of a call that arrived twice. */
  twice(call: DisturbedCall, first: CallEnd, second: CallEnd): void
  /** Told how a call ended for its caller, with the milliseconds that it took. */
  ended(call: DisturbedCall, end: CallEnd, ms: number): void
}
