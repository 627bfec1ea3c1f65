// What a rehearsal is told to do and what it writes down, as data that goes between processes.

/** How a rehearsal disturbs; plain data, so that it goes through an environment variable. */
export interface RehearsalPlan {
  /** Folder that notes are written into, one file for each application that was started. */
  readonly notes: string
  /** Milliseconds that every packet takes in each direction. */
  readonly latencyMs: number
  /** Every so many idempotent calls one arrives twice; 0 is never. */
  readonly duplicateEvery: number
  /** Every so many calls one loses its answer; 0 is never. */
  readonly loseEvery: number
  /** Answers of operations that are not idempotent get lost too. */
  readonly loseAll: boolean
  /** After so many calls the process of the module is replaced by a new one; 0 is never. */
  readonly restartAfter: number
}

/** What one application saw. Counts are by `module.operation`. */
export interface RehearsalNotes {
  readonly calls: Readonly<Record<string, OperationNotes>>
  readonly routes: readonly RouteNotes[]
  readonly disturbed: { readonly duplicates: number; readonly lost: number; readonly restarts: number }
  /** Faults by their code, with one place where each was seen. */
  readonly faults: Readonly<Record<string, { readonly count: number; readonly place: string }>>
}

/** One operation across the wire. */
export interface OperationNotes {
  readonly idempotent: boolean
  readonly calls: number
  readonly totalMs: number
  readonly slowestMs: number
  /** Codes of its errors. */
  readonly codes: Readonly<Record<string, number>>
  /** Times that it arrived twice. */
  readonly seconds: number
  /** Times that a second delivery failed although the first had not, with the code. */
  readonly secondFailed: Readonly<Record<string, number>>
  /** Times that a second delivery gave another answer. */
  readonly secondDiffered: number
  /** Times that a caller made the same call again in one request after its outcome was unknown. */
  readonly repeatedByCaller: number
  /** Where one object stood twice in an input; the copies are two objects on the other side. */
  readonly shared: string | null
}

/** How many calls requests of one route made. */
export interface RouteNotes {
  readonly route: string
  readonly requests: number
  readonly calls: number
  readonly most: number
  /** Most calls of one operation in one request, and which. */
  readonly mostOfOne: number
  readonly operation: string
}

/** The plan that FOOTING_REHEARSAL holds; undefined without one. */
export function rehearsalPlan(text: string | undefined): RehearsalPlan | undefined {
  // Written by `footing rehearse` for exactly this reader.
  return text ? (JSON.parse(text) as RehearsalPlan) : undefined
}
