// What the report shows: a detection with its rule, its fingerprints and its source lines.
import type { Detection, FixSite, RuleId, Severity, Topic } from '../detection/detection.ts'
import type { ExcerptLine } from '../discover/source-tree.ts'
import type { Place } from '../facts/place.ts'

/** Why a finding does not count: written beside the code, or known from the baseline. */
export interface Silence {
  readonly by: 'comment' | 'baseline'
  readonly reason: string
}

/** A finding of the report. */
export interface Finding extends Detection {
  readonly rule: RuleId
  readonly decision: Topic
  readonly severity: Severity
  readonly trial: boolean
  /** Rule, path, subject, evidence and occurrence, hashed: survives any change of lines. */
  readonly fingerprint: string
  /** The same without the path: how a baseline recognises a renamed or moved file. */
  readonly contentFingerprint: string
  readonly fixSite: FixSite
  readonly silence?: Silence
  /** Id of the diagnosis that explains it, for one of several of a cause. */
  readonly diagnosis?: string
  /** The source line itself and at most two around it; empty for a file without text. */
  readonly excerpt: readonly ExcerptLine[]
}

/** A finding in a program that serves nobody: no part of a verdict, of the plan or of the exit code. */
export interface ApartFinding {
  readonly rule: RuleId
  /** Number of its program in `programs.programs`. */
  readonly program: number
  readonly place: Place
  readonly severity: Severity
  readonly what: string
}
