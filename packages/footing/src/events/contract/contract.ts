// What a driver of events must do, and what it says of itself as data.
import type { AnyTransaction } from '../../data/contract/transaction-end.ts'

/** What a driver can promise. A manifest demands by these names: `guarantees: { events: ['durable'] }`. */
export const eventGuarantees = ['transactional', 'ordered', 'durable', 'at-least-once', 'across-processes'] as const

/** See `eventGuarantees`. */
export type EventGuarantee = (typeof eventGuarantees)[number]

/** The promises of one driver. */
export interface DriverGuarantees {
  /** Nothing is delivered before the commit, nothing after a rollback. */
  readonly transactional: boolean
  /** One subscriber hears the events of one module in the order of their commits, in one process. */
  readonly ordered: boolean
  /** What was committed is delivered even when the process dies. */
  readonly durable: boolean
  /** A handler that failed is called again; without it: at most once. */
  readonly 'at-least-once': boolean
  /** Subscribers in other processes hear it too. */
  readonly 'across-processes': boolean
}

/** An event on its way; JSON. */
export interface EventEnvelope {
  readonly id: string
  /** Module that announces. */
  readonly module: string
  readonly event: string
  /** Checked and frozen. */
  readonly payload: unknown
  /** Milliseconds since 1970. */
  readonly at: number
  readonly requestId: string
  readonly traceId: string
}

/** Who hears. */
export interface Subscriber {
  /** Module that subscribes. */
  readonly module: string
  /** Module that announces, and its event. */
  readonly emitter: string
  readonly event: string
  /** Runs the handler until its deadline; true when it succeeded. Never rejects. */
  readonly deliver: (envelope: EventEnvelope) => Promise<boolean>
}

/** Carries events from the module that announces them to those that hear. */
export interface EventDriver {
  readonly name: string
  readonly guarantees: DriverGuarantees
  /** Called before `start`, once for each subscriber. */
  subscribe(subscriber: Subscriber): void
  /** Begins to deliver. */
  start(): Promise<void>
  /**
   * Takes an event: after the commit of `tx` it is on its way, without `tx` at once. Waits while there is no room.
   * `patienceMs` is how long the caller can wait.
   * @throws `event-queue-full`, `events-closed`
   */
  take(envelope: EventEnvelope, tx: AnyTransaction | undefined, patienceMs: number): Promise<void>
  /** How many wait or run. */
  readonly waiting: number
  /** Takes nothing from outside any more; resolves with how many are left undelivered when all is done or `deadlineMs` is over. */
  drain(deadlineMs: number): Promise<number>
}
