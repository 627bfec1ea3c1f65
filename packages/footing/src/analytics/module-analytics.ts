// The events of one module: what its kit holds.
import type {
  Aggregate,
  Analytics,
  AnalyticsGuarantees,
  AnalyticsQuery,
  AnswerRow,
  AnyTransaction,
  EventType,
  Occurrence,
  TrackOutcome,
} from './contract/contract.ts'

/** Notes an event of one kind: `track({ … })`, as a part of a transaction `track.in(tx, { … })`. */
export interface TrackOne<Event extends EventType> {
  /** Never rejects, and does not wait for the store. */
  (occurrence?: Occurrence<Event>): Promise<TrackOutcome>
  /**
   * Stored if, and only if, the transaction commits.
   * @throws `analytics-value-invalid`, `analytics-unsupported`, and what the transaction throws
   */
  in(tx: AnyTransaction, occurrence?: Occurrence<Event>): Promise<void>
}

/** One kind of event of a module. */
export interface ModuleEvent<Event extends EventType = EventType> {
  readonly guarantees: AnalyticsGuarantees
  readonly track: TrackOne<Event>
  /**
   * Resolves when everything that the process accepted before the call is stored.
   * @throws `analytics-flush-late` when that takes longer than `timeoutMs` (10,000); it stays in the buffer
   */
  flush(options?: { readonly timeoutMs?: number }): Promise<void>
  /** @throws `analytics-query-invalid`, `analytics-groups-exceeded`, `analytics-timeout` */
  query<
    const Select extends Readonly<Record<string, Aggregate<Event>>>,
    By extends keyof Event['dimensions'] & string = never,
  >(
    query: Omit<AnalyticsQuery<Event, Select, By>, 'event'>,
  ): Promise<readonly AnswerRow<Event, keyof Select & string, By>[]>
}

/** The events of a module, by the names that its manifest gives them. */
export type ModuleAnalytics<Events extends Readonly<Record<string, EventType>>> = {
  readonly [Name in keyof Events]: ModuleEvent<Events[Name]>
}

/** Binds the events of a module. */
export function moduleAnalytics(
  analytics: Analytics,
  events: Readonly<Record<string, EventType>>,
): ModuleAnalytics<Readonly<Record<string, EventType>>> {
  return Object.freeze(
    Object.fromEntries(Object.entries(events).map(([name, event]) => [name, moduleEvent(analytics, event)] as const)),
  )
}

function moduleEvent(analytics: Analytics, event: EventType): ModuleEvent {
  return Object.freeze({
    guarantees: analytics.guarantees,
    track: Object.assign((occurrence?: Occurrence<EventType>) => analytics.track(event, occurrence), {
      in: (tx: AnyTransaction, occurrence?: Occurrence<EventType>) => analytics.track.in(tx, event, occurrence),
    }),
    flush: (options) => analytics.flush(options),
    query: (query) => analytics.query({ ...query, event }),
  } satisfies ModuleEvent)
}
