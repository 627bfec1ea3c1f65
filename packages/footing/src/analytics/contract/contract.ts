// What analytics promises to an application, and what a driver must do for that.
import type { Transaction, transactionBrand } from '../../data/contract/contract.ts'

/** What a dimension can be: what events are grouped and filtered by. */
export type DimensionType = 'text' | 'int' | 'boolean'
/** What a measure can be: what is added up. */
export type MeasureType = 'int' | 'float'

/** A kind of event, as data. Made by `defineEvent`. */
export interface EventType<
  Dimensions extends Readonly<Record<string, DimensionType>> = Readonly<Record<string, DimensionType>>,
  Measures extends Readonly<Record<string, MeasureType>> = Readonly<Record<string, MeasureType>>,
> {
  readonly name: string
  readonly dimensions: Dimensions
  readonly measures: Measures
  /** What becomes of the events of a person who is erased: their user is emptied and they count on, or they are deleted. */
  readonly erase: 'anonymise' | 'delete'
}

/** The JavaScript type of a dimension. */
export type DimensionValue<Type extends DimensionType = DimensionType> = {
  readonly text: string
  readonly int: number
  readonly boolean: boolean
}[Type]

/** One event that happened. What is left out is unknown: `null` in answers, and in no sum. */
export interface Occurrence<Event extends EventType> {
  /** When; default now. Kept to the millisecond. */
  readonly at?: Date | undefined
  /** Whoever is counted by `unique: 'user'`: an id, 200 characters at most. */
  readonly user?: string | undefined
  readonly dimensions?: {
    readonly [Name in keyof Event['dimensions']]?: DimensionValue<Event['dimensions'][Name]> | null | undefined
  }
  readonly measures?: { readonly [Name in keyof Event['measures']]?: number | null | undefined }
}

/** What became of an event: waiting to be stored, given up because the buffer is full, or not storable at all. */
export type TrackOutcome = 'accepted' | 'dropped' | 'refused'

/** Why an event was refused. */
export type Refusal = 'unknown-event' | 'unknown-name' | 'wrong-type' | 'too-long' | 'too-old' | 'in-future' | 'closed'

/** One number of an answer. */
export type Aggregate<Event extends EventType> =
  | 'count'
  | { readonly sum: keyof Event['measures'] & string }
  | { readonly avg: keyof Event['measures'] & string }
  /** `at` is a share from 0 to 1: 0.5 is the median. Between two values it is interpolated. */
  | { readonly quantile: keyof Event['measures'] & string; readonly at: number }
  | { readonly unique: 'user' | { readonly dimension: keyof Event['dimensions'] & string } }

/** Length of a time bucket. Weeks begin on Monday. */
export type BucketUnit = 'minute' | 'hour' | 'day' | 'week' | 'month'

/** A question. `select` names the numbers of each row. */
export interface AnalyticsQuery<
  Event extends EventType,
  Select extends Readonly<Record<string, Aggregate<Event>>>,
  By extends keyof Event['dimensions'] & string,
> {
  readonly event: Event
  /** First moment that counts. */
  readonly from: Date
  /** First moment that does not count any more. */
  readonly to: Date
  readonly select: Select
  /** One row for each stretch of time in which something happened. */
  readonly every?: BucketUnit
  /** Zone of days, weeks, months and hours, such as `Europe/Vienna`. Default `UTC`. */
  readonly timeZone?: string
  /** One row for each combination of these. */
  readonly by?: readonly By[]
  /** Only events with this value, or one of these. `null` is for events without the dimension. */
  readonly where?: {
    readonly [Name in keyof Event['dimensions']]?:
      | DimensionValue<Event['dimensions'][Name]>
      | null
      | readonly (DimensionValue<Event['dimensions'][Name]> | null)[]
  }
  /** Most rows, 1 to 10,000; more is an error and no cut answer. Default 1000. */
  readonly limit?: number
  /** Longest time in milliseconds. Default 10,000; the deadline of the request wins when it is nearer. */
  readonly timeoutMs?: number
}

/** A row of an answer: in order of time, then of the dimensions. */
export interface AnswerRow<
  Event extends EventType = EventType,
  Name extends string = string,
  By extends keyof Event['dimensions'] & string = string,
> {
  /** Begin of the stretch of time; undefined without `every`. The first one may begin before `from`. */
  readonly bucket: Date | undefined
  readonly by: { readonly [Key in By]: DimensionValue<Event['dimensions'][Key]> | null }
  /** Null where no event had the measure. */
  readonly values: { readonly [Key in Name]: number | null }
}

/** What the store guarantees, as data: the facade, the cases and the manifests of modules ask this. */
export interface AnalyticsGuarantees {
  /** What `flush` has stored survives a crash of the store's machine. */
  readonly durable: boolean
  /** `track.in(tx, …)`: the event is stored if, and only if, the change commits. */
  readonly transactional: boolean
  /** A batch is seen whole or not at all, also while it is being stored. */
  readonly atomicBatches: boolean
  /** A batch that is sent again counts once: for a day, or for as long as it is among the last 10,000 of its event. */
  readonly deduplicated: 'for-a-day' | 'last-10000-batches'
  /** Quantiles are computed from all values. */
  readonly exactQuantiles: boolean
  /** Different users are counted one by one. */
  readonly exactUniques: boolean
}

/** Counts since the start of this process. */
export interface AnalyticsStats {
  readonly accepted: number
  readonly stored: number
  /** Accepted and neither stored nor lost yet. */
  readonly waiting: number
  /** Not taken because the buffer was full. */
  readonly dropped: number
  /** Accepted and given up: the store did not take them in time, or the process closed first. */
  readonly lost: number
  /** Came with a time ahead of the clock and were stored with the time of the clock. */
  readonly clamped: number
  readonly refused: Readonly<Record<Refusal, number>>
  /** Attempts to store a batch that failed. */
  readonly failedAttempts: number
  /** Code of the last failure. */
  readonly lastFailure: string | undefined
}

/** What a run of the upkeep did. */
export interface MaintenanceReport {
  /** Parts that were made ahead. */
  readonly created: number
  /** Parts that were dropped because all of their events are older than `keepDays`. */
  readonly dropped: number
  /** True when another process was at it, or queries held a part that would have been dropped. The next run does it. */
  readonly postponed: boolean
}

/** Notes events. */
export interface Track {
  /** Notes an event. Never rejects, and waits only with `whenFull: 'wait'` while the buffer is full. */
  <Event extends EventType>(event: Event, occurrence?: Occurrence<Event>): Promise<TrackOutcome>
  /**
   * Stores an event as a part of the transaction: `track.in(tx, event, { … })`.
   * @throws `analytics-value-invalid`, `analytics-unsupported`, and what the transaction throws
   */
  in<Event extends EventType>(tx: AnyTransaction, event: Event, occurrence?: Occurrence<Event>): Promise<void>
}

/** A transaction of whatever tables. */
export type AnyTransaction = Pick<Transaction<never>, typeof transactionBrand>

/** A stored event of one user. */
export interface UserEvent {
  readonly at: Date
  readonly dimensions: Readonly<Record<string, DimensionValue | null>>
  readonly measures: Readonly<Record<string, number | null>>
}

/** Analytics, whichever store is behind it. */
export interface Analytics {
  readonly guarantees: AnalyticsGuarantees
  readonly stats: AnalyticsStats
  readonly track: Track
  /** @throws `analytics-query-invalid`, `analytics-groups-exceeded`, `analytics-timeout` */
  query<
    Event extends EventType,
    const Select extends Readonly<Record<string, Aggregate<Event>>>,
    By extends keyof Event['dimensions'] & string = never,
  >(query: AnalyticsQuery<Event, Select, By>): Promise<readonly AnswerRow<Event, keyof Select & string, By>[]>
  /**
   * Resolves when everything that was accepted before the call is stored.
   * @throws `analytics-flush-late` when that takes longer than `timeoutMs` (10,000); it stays in the buffer
   */
  flush(options?: { readonly timeoutMs?: number }): Promise<void>
  /** Every stored event of a user, in the order of time; what waits in this process is stored before. */
  eventsOf(event: EventType, user: string): AsyncGenerator<UserEvent>
  /** Takes a user out of the stored events, as `erase` of the event says; what waits in this process is stored before. */
  eraseUser(event: EventType, user: string): Promise<{ readonly erased: number; readonly left: number }>
  /** Resolves when the store answers. */
  ping(): Promise<void>
  /** Makes parts ahead of time and drops those that are too old. Runs by itself once an hour. */
  maintain(): Promise<MaintenanceReport>
  /** Stores what waits, for `closeMs` at most, and ends. Safe to call twice. */
  close(): Promise<AnalyticsStats>
}

/** An event as a driver stores it: checked, in the order of the declared names. */
export interface EventRow {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly user: string | null
  readonly dimensions: readonly (DimensionValue | null)[]
  readonly measures: readonly (number | null)[]
}

/** Rows of one event type that are stored together. */
export interface Batch {
  /** A UUID; the same for each attempt. */
  readonly token: string
  readonly event: EventType
  readonly rows: readonly EventRow[]
}

/** One number that a driver computes. `present` counts the events that have the measure. */
export type DriverAggregate =
  | { readonly kind: 'count' }
  | { readonly kind: 'sum' | 'present'; readonly measure: string }
  | { readonly kind: 'quantile'; readonly measure: string; readonly at: number }
  | { readonly kind: 'unique'; readonly dimension: string | undefined }

/** A filter: the dimension has one of the values, or none where `orNull`. */
export interface DriverFilter {
  readonly dimension: string
  readonly values: readonly DimensionValue[]
  readonly orNull: boolean
}

/** A question with every name checked and every default filled in. */
export interface DriverQuery {
  readonly event: EventType
  /** Milliseconds since 1970, inclusive. */
  readonly from: number
  /** Milliseconds since 1970, exclusive. */
  readonly to: number
  /** Begins of the buckets in ascending order, the first one not after `from`; undefined without buckets. */
  readonly edges: readonly number[] | undefined
  readonly by: readonly string[]
  readonly where: readonly DriverFilter[]
  readonly aggregates: readonly DriverAggregate[]
  /** Most rows to answer with: the facade asks for one more than it allows. In any order. */
  readonly limit: number
  readonly timeoutMs: number
}

/** A row as a driver gives it: dimensions and numbers as text. */
export interface DriverRow {
  /** One of `edges`. */
  readonly bucket: number | undefined
  readonly by: readonly (string | null)[]
  readonly values: readonly (string | null)[]
}

/** Which events of a user are read. */
export interface UserPage {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly skip: number
  readonly limit: number
}

/** An event of a user as a driver gives it: values as text, in the order of the declared names. */
export interface UserRow {
  readonly at: number
  readonly dimensions: readonly (string | null)[]
  readonly measures: readonly (string | null)[]
}

/** How long parts are kept. */
export interface PartPlan {
  /** Milliseconds since 1970. */
  readonly now: number
  /** Parts that end before this are dropped. */
  readonly keepFrom: number
}

/** A store. Values are valid; buffering, retries and limits are the facade's work. */
export interface AnalyticsDriver {
  readonly guarantees: AnalyticsGuarantees
  /** Makes what is missing of the schema; running it again changes nothing. The facade calls it before the first use. */
  prepare(events: readonly EventType[]): Promise<void>
  /** Stores the rows once, however often it is called with this token. */
  insert(batch: Batch, timeoutMs: number): Promise<void>
  /** Where `transactional`. */
  insertWithin?(tx: Transaction<unknown>, event: EventType, row: EventRow): Promise<void>
  query(query: DriverQuery): Promise<readonly DriverRow[]>
  /** Events of a user by time and all else, from `at` on without the first `skip` of them. */
  eventsOf(event: EventType, user: string, page: UserPage): Promise<readonly UserRow[]>
  /** Empties the user of some events, or deletes them; the number of them, 0 when there is none left. */
  eraseUser(event: EventType, user: string, how: EventType['erase']): Promise<number>
  countUser(event: EventType, user: string): Promise<number>
  /** Asks the store for something small. */
  ping(): Promise<void>
  maintain(events: readonly EventType[], plan: PartPlan): Promise<MaintenanceReport>
  close(): Promise<void>
}
