// What happened in a drill, from three witnesses: the client's own ledger, the rows of the probe, and who did the damage.

/** What an operation is about. */
export type OperationKind = 'change' | 'job' | 'event'

/**
 * What is meant to happen to an operation: nothing, a rollback, a first attempt that fails, a second attempt that fails when
 * there is one, or attempts that all fail.
 */
export type OperationPlan = 'plain' | 'rollback' | 'first-fails' | 'second-fails' | 'poison'

/** One operation, as the client makes it up. JSON: it travels as the payload of a job or an event. */
export interface Operation {
  readonly id: string
  readonly kind: OperationKind
  readonly plan: OperationPlan
  /** Operations of one key are sent one after the other; `place` counts them. */
  readonly key: string
  readonly place: number
  /** How long the handler stays between its effect and its end. */
  readonly pauseMs: number
}

/** What the client was told: done, surely not done, or nothing that it could rely on. */
export type Answer = 'done' | 'refused' | 'unknown'

/** An operation with what the client knows of it. Times are milliseconds since 1970. */
export interface SentOperation extends Operation {
  readonly sentAt: number
  /** Undefined while no answer came. */
  readonly answer: Answer
  readonly answeredAt: number
  /** `503 event-queue-full`, `ECONNREFUSED`; undefined when it was done or refused as planned. */
  readonly fault: string | undefined
}

/** A step of a handler, written by itself and at once. `unseen` is a start whose change was not committed. */
export type Step = 'started' | 'unseen' | 'failed' | 'returned'

/** One line of the journal that the handlers keep. */
export interface JournalLine {
  readonly at: number
  readonly process: string
  readonly operation: string
  readonly kind: OperationKind
  readonly step: Step
  readonly attempt: number
}

/** One effect in the append-only table; one operation there twice is a double. */
export interface Effect {
  readonly at: number
  readonly position: number
  readonly process: string
  readonly operation: string
  readonly kind: OperationKind
}

/** One run of the probe's schedule. `tick` is the time that it was due. */
export interface TickRun {
  readonly at: number
  readonly process: string
  readonly tick: number
}

/** What is done to the system. */
export type FaultKind = 'kill' | 'drain' | 'pause' | 'database' | 'backends' | 'cut' | 'delay'

/** One fault. */
export interface Fault {
  readonly kind: FaultKind
  readonly from: number
  readonly to: number
  /** `worker-2.7`: the second worker's seventh process; `database`; `network`. */
  readonly target: string
}

/** A stretch of the drill. Faults of one kind have a stretch of their own, so that what is lost tells by when it was. */
export interface Phase {
  readonly name: 'control' | 'kills' | 'drains' | 'pauses' | 'database' | 'network' | 'settling' | 'after'
  readonly from: number
  readonly to: number
}

/** When a process was there to work: from its first answer to its end. */
export interface Presence {
  readonly process: string
  readonly from: number
  readonly to: number
}

/** Everything that the verdicts are made of. */
export interface History {
  readonly operations: readonly SentOperation[]
  /** Ids of the operations whose change is stored. */
  readonly stored: ReadonlySet<string>
  readonly journal: readonly JournalLine[]
  readonly effects: readonly Effect[]
  readonly ticks: readonly TickRun[]
  /** Ticks that were due while the drill ran, where there is a schedule. */
  readonly due: readonly number[]
  /** Operations that the system shows as given up; undefined where it cannot be asked. */
  readonly deadLetters: ReadonlySet<string> | undefined
  readonly faults: readonly Fault[]
  readonly presences: readonly Presence[]
  readonly phases: readonly Phase[]
}
