// What a driver of events must do, and what it says of itself as data.
import type { AnyTransaction } from '../../data/contract/transaction-end.ts'

/** What a driver can promise. A manifest demands by these names: `guarantees: { events: ['durable'] }`. */
export const eventGuarantees = [
  'transactional',
  'ordered',
  'ordered-per-key',
  'durable',
  'at-least-once',
  'across-processes',
  'replay',
  'fan-out',
  'unaffected-by-open-transactions',
  'lag-visible',
] as const

/** See `eventGuarantees`. */
export type EventGuarantee = (typeof eventGuarantees)[number]

/** The promises of one driver. */
export interface DriverGuarantees {
  /** Nothing is delivered before the commit, nothing after a rollback. */
  readonly transactional: boolean
  /** One subscriber hears the events of one module in the order of their commits, one at a time, in one process. */
  readonly ordered: boolean
  /** One subscriber hears the events of one key of one module in the order of their commits, one at a time, in all processes. */
  readonly 'ordered-per-key': boolean
  /** What was committed is delivered even when the process dies. */
  readonly durable: boolean
  /** A handler that failed is called again; without it: at most once. */
  readonly 'at-least-once': boolean
  /** Subscribers in other processes hear it too. */
  readonly 'across-processes': boolean
  /** How many seconds an event can at least be read again; 0 for never. */
  readonly replay: number
  /** How an event reaches several subscribers: each reads one log, or each gets a copy. */
  readonly 'fan-out': 'cursor' | 'copy'
  /** A transaction that stays open, whether it reads or has written, delays no events but its own. */
  readonly 'unaffected-by-open-transactions': boolean
  /** How far each subscriber is behind can be seen from outside of the process. */
  readonly 'lag-visible': boolean
}

/** An event on its way; JSON. */
export interface EventEnvelope {
  readonly id: string
  /** Module that announces. */
  readonly module: string
  readonly event: string
  /** Events of one key keep their order where the driver promises it; undefined for none. */
  readonly key?: string | undefined
  /** As it was announced, checked and a copy; whoever hears it gets it through the schema of its own version. */
  readonly payload: unknown
  /** Milliseconds since 1970. */
  readonly at: number
  readonly requestId: string
  readonly traceId: string
}

/** Why a handler did not do its work. */
export interface DeliveryFault {
  readonly code: string
  readonly message: string
}

/** One delivery of an event to one subscriber. */
export interface Delivery {
  /** 1 for the first time. */
  readonly attempt: number
  /** False when this was the last attempt. */
  readonly repeats: boolean
  /** Aborted when this process may not go on with it. */
  readonly signal?: AbortSignal | undefined
  /**
   * Records in `tx` that the subscriber had the effects of this event; false when an earlier delivery has committed that.
   * @throws `event-taken-over`
   */
  readonly settle: (tx: AnyTransaction) => Promise<boolean>
}

/** Who hears. */
export interface Subscriber {
  /** Module that subscribes. */
  readonly module: string
  /** Module that announces, and its event. */
  readonly emitter: string
  readonly event: string
  /** Where a subscriber begins that the driver has not seen before. Default `now`. */
  readonly from?: 'beginning' | 'now' | undefined
  /** How often it is tried before it is set aside. Default 5. */
  readonly attempts?: number | undefined
  /** Longest run of the handler in milliseconds. */
  readonly deadlineMs?: number | undefined
  /** Runs the handler until its deadline; undefined when it succeeded. Never rejects. */
  readonly deliver: (envelope: EventEnvelope, delivery: Delivery) => Promise<DeliveryFault | undefined>
}

/** How far one subscriber is behind, for `/metrics`. */
export interface SubscriberLag {
  /** `mail:billing`: who hears whom. */
  readonly subscriber: string
  /** Events that it has not passed; `lagLimit` stands for that many or more. */
  readonly waiting: number
  /** Age of the oldest of them in seconds. */
  readonly oldestSeconds: number
  /** Events that were set aside after their last attempt. */
  readonly parked: number
}

/** Nobody counts further than this. */
export const lagLimit = 10_000

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
   * @throws `event-queue-full`, `events-closed`, `event-too-large`
   */
  take(envelope: EventEnvelope, tx: AnyTransaction | undefined, patienceMs: number): Promise<void>
  /** How many wait or run in this process. */
  readonly waiting: number
  /** How far each subscriber was when somebody last asked, where the driver can tell. */
  readonly lags?: readonly SubscriberLag[]
  /**
   * Takes nothing from outside any more, or keeps what it takes for others; resolves with how many are lost or still running
   * when all is done or `deadlineMs` is over.
   */
  drain(deadlineMs: number): Promise<number>
}
