// The vocabulary of all drills: what was promised, whether it held, and what shows it.
import type { SaboteurName } from './saboteur-names.ts'

/** Held, broken, or why nothing can be said. */
export type Outcome = 'held' | 'broken' | 'not exercised' | 'cannot tell'

/** What breaks a promise, with the operation and what the processes did. */
export interface Violation {
  readonly operation: string
  /** The other operation, where it takes two. */
  readonly other?: string
  readonly what: string
  /** Lines of the journal and the effects of both, in order. */
  readonly evidence: readonly string[]
}

/** One guarantee, judged. */
export interface Verdict {
  /** `job-kept`. */
  readonly claim: string
  /** The promise in words. */
  readonly promise: string
  readonly outcome: Outcome
  /** `312 done, 0 lost`. */
  readonly evidence: string
  /** How often the dangerous moment was met, and how often it has to be. */
  readonly met?: { readonly what: string; readonly times: number; readonly floor: number }
  /** The planted fault that would look like this. */
  readonly suspect?: SaboteurName
  readonly violations: number
  readonly first?: Violation
}
