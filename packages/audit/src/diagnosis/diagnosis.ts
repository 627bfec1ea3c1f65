// A diagnosis: the sentence that a reviewer would say, of the findings that one cause explains. One file, one page.
import type { DecisionId } from '@footing/kernel'
import type { Finding } from '../findings/finding.ts'
import type { Inventory } from '../programs/contract.ts'

/** A diagnosis's id: `async/synchronous-database`. */
export type DiagnosisId = `${DecisionId}/${string}`

/** What a diagnosis may look at. */
export interface DiagnosisContext {
  /** Findings that no other diagnosis has explained, most important first. */
  readonly findings: readonly Finding[]
  /** All of the run, for numbers that agree with other sentences. */
  readonly all: readonly Finding[]
  readonly programs: Inventory
  /** How many processes answer requests, in words, when a file says it: `4 gunicorn workers`; '' when none does. */
  readonly processes: string
}

/** A cause with what it explains. */
export interface Diagnosed {
  /** Names the cause and its extent: "The database is called synchronously under an async server, at 84 places." */
  readonly what: string
  /** What that costs this system, with its numbers. */
  readonly why: string
  /** The one repair. */
  readonly do: string
  readonly findings: readonly Finding[]
  /** Findings that would say the same again with other words: they are told here and nowhere else. */
  readonly repeated?: readonly Finding[]
  /** The findings that the sentence counts, where it explains others beside them. */
  readonly counted?: readonly Finding[]
  /** The one repair removes each of them: its advice stands in place of theirs. */
  readonly isOneRepair?: true
}

/** One diagnosis of the catalogue. */
export interface Diagnosis {
  readonly id: DiagnosisId
  readonly decision: DecisionId
  /** One sentence that says what it recognises, with a full stop. */
  readonly summary: string
  /** Ids of diagnoses whose repair makes this one easier, and so comes first. */
  readonly after?: readonly DiagnosisId[]
  diagnose(context: DiagnosisContext): readonly Diagnosed[]
}
