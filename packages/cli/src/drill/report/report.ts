// Everything that a drill found out, as data: what the terminal, the page, the JSON and the history show.
import type { Phase } from '../judge/history.ts'
import type { Outcome, Verdict } from '../judge/verdict.ts'
import type { DriverLine } from '../stand/orders.ts'

/** Times of something, in milliseconds. */
export interface Times {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** A stretch of the time line; milliseconds since the start of the load. */
export interface Band {
  readonly kind: string
  readonly target: string
  readonly from: number
  readonly to: number
}

/** The report of one run. */
export interface DrillReport {
  readonly drill: string
  readonly app: string
  readonly outcome: Outcome
  readonly verdicts: readonly Verdict[]
  /** ISO time. */
  readonly startedAt: string
  readonly tookMs: number
  readonly seed: number
  /** The command that repeats it. */
  readonly repeat: string
  readonly versions: readonly string[]
  readonly drivers: readonly DriverLine[]
  /** Operations of the load, by what the client was told. */
  readonly load: {
    readonly clients: number
    readonly sent: number
    readonly done: number
    readonly refused: number
    readonly unknown: number
  }
  readonly phases: readonly (Omit<Phase, 'name'> & { readonly name: string })[]
  readonly faults: readonly Band[]
  /** How long it took until things went on, by fault. */
  readonly recovery: readonly { readonly fault: string; readonly until: string; readonly times: Times }[]
  /** What waited, over time; `waiting` is null while the database could not be asked. */
  readonly backlog: readonly { readonly at: number; readonly waiting: number | null }[]
  /** What users were told that was no answer of the application, by stretch and kind. */
  readonly errors: readonly { readonly phase: string; readonly fault: string; readonly count: number }[]
  readonly latency: readonly { readonly phase: string; readonly times: Times }[]
  /** What was left when everything had been stopped. */
  readonly leftovers: Readonly<Record<string, number>>
  /** What of this was the user's and what the drill's. */
  readonly yours: readonly string[]
  readonly probes: readonly string[]
  readonly notes: readonly string[]
  /** Planted faults that this run would have named, had they been there. */
  readonly wouldNotice: readonly string[]
  readonly sabotage?: string
}

/** Percentiles of a list. */
export function timesOf(values: readonly number[]): Times {
  const sorted = values.toSorted((left, right) => left - right)
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: Math.round(sorted.at(-1) ?? 0) }
}

/** The worst of the verdicts decides. */
export function outcomeOf(verdicts: readonly Verdict[]): Outcome {
  const worst: readonly Outcome[] = ['broken', 'cannot tell', 'not exercised']
  return worst.find((outcome) => verdicts.some((verdict) => verdict.outcome === outcome)) ?? 'held'
}
