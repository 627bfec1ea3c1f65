// What a schedule is, as its manifest declares it and as its ticks are recorded.
import type { Context } from '../../work/context.ts'

/** Every promise of schedules. A manifest demands by these names: `guarantees: { cron: ['oncePerTick'] }`. */
export const cronGuarantees = ['oncePerTick', 'clock', 'catchUp', 'resolutionSeconds'] as const

/** What it promises, whatever the number of replicas. */
export const cronPromises: Readonly<Record<(typeof cronGuarantees)[number], boolean | string | number>> = {
  /**
   * A tick is decided by one replica: the row of its schedule and time is unique. Its run is at least once: when the process
   * dies in it, it begins again.
   */
  oncePerTick: true,
  /** What time it is says the database: clocks of replicas may differ. */
  clock: 'store',
  catchUp: 'none, last, all within',
  resolutionSeconds: 1,
}

/** What happens when a tick comes due while the one before still runs. */
export type Overlap = 'skip' | 'queue' | 'cancel' | 'allow'

/** What happens with ticks for which no process was there; see `ScheduleOptions.catchUp`. */
export type CatchUp = 'none' | 'last' | { readonly withinMs: number }

/** A schedule with every choice made: data. */
export interface Schedule<By extends 'handler' | 'call' = 'handler' | 'call'> {
  readonly kind: 'schedule'
  readonly by: By
  readonly at: string
  readonly zone: string
  /** Operation of the module that it calls. */
  readonly call: string | undefined
  readonly overlap: Overlap
  readonly catchUp: CatchUp
  readonly jitterMs: number
  readonly timeoutMs: number
  readonly attempts: number
  readonly history: number
}

/** Why a tick is there: its time came, its time had passed while nobody was there, or somebody asked for it. */
export type TickKind = 'scheduled' | 'caught-up' | 'manual'

/** What became of a tick. */
export type TickState = 'waiting' | 'running' | 'done' | 'failed' | 'missed' | 'skipped' | 'cancelled'

/** What a handler is told. */
export interface Tick {
  /** `billing.nightly`. */
  readonly schedule: string
  /** Time of the tick in milliseconds since 1970, whenever it runs; with the schedule's name it is unique. */
  readonly at: number
  readonly kind: TickKind
  /** 1, and more when it failed or its process died. */
  readonly attempt: number
}

/** The function behind a schedule. */
export type TickHandler = (tick: Tick, context: Context) => Promise<unknown>
