// The one result of an audit. Every report is a pure function of it, and the same tree gives the same result.
import type { DecisionId } from '@footing/kernel'
import type { UnparsedFile } from './facts/contract.ts'
import type { BaselineEntry } from './findings/baseline.ts'
import type { Confidence, Finding, FixSite, RuleId, Severity } from './findings/finding.ts'
import type { BoundaryReport } from './modules/boundary-report.ts'
import type { Effort } from './rules/rule.ts'

/** `sound`: nothing of weight; `drifting`: costs now; `compounding`: gets dearer each week. */
export type Verdict = 'sound' | 'drifting' | 'compounding' | 'not applicable'

/** One rule's part in a verdict: how many of how many things. */
export interface RuleEvidence {
  readonly rule: RuleId
  readonly summary: string
  /** The rule's usual severity. */
  readonly severity: Severity
  readonly trial: boolean
  /** Distinct places reported at definite or probable, silenced by comment left out. */
  readonly flagged: number
  readonly examined: number
  /** Unit of `examined`: `async functions`. */
  readonly of: string
  /** Found by name only, not shown. */
  readonly heldBack: number
  readonly couldNotTell?: string
}

/** The verdict of one decision. */
export interface DecisionScore {
  readonly decision: DecisionId
  readonly title: string
  readonly verdict: Verdict
  /** Checks that passed, and checks that had something to examine. */
  readonly passed: number
  readonly checks: number
  readonly findings: Readonly<Record<Severity, number>>
  readonly evidence: readonly RuleEvidence[]
  /** What it costs to reverse later, in words. */
  readonly costToReverse: string
  /** One sentence: why this verdict. */
  readonly because: string
}

/** A range of effort: half of the repairs take less than `p50` minutes, nine in ten less than `p90`. */
export interface EffortRange {
  readonly p50: number
  readonly p90: number
}

/** One thing to do: all findings that one edit removes. */
export interface PlanItem {
  readonly rule: RuleId
  readonly severity: Severity
  readonly confidence: Confidence
  readonly fixSite: FixSite
  readonly what: string
  readonly do: string
  /** Findings removed, and the routes (or tasks, modules) that profit. */
  readonly findings: number
  readonly fanOut: number
  readonly fingerprints: readonly string[]
  /** Undefined for decisions to take (`report` rules). */
  readonly effort: EffortRange | undefined
  /** What lengthens the estimate: `no test imports this module`, `hotspot`. */
  readonly because: readonly string[]
}

/** What the audit saw and what it did not. */
export interface Coverage {
  readonly files: {
    readonly seen: number
    readonly parsed: number
    readonly skipped: number
    readonly configuration: number
  }
  readonly lines: number
  readonly unparsed: readonly UnparsedFile[]
  /** Files and folders that were passed by on purpose or could not be entered. */
  readonly passedBy: readonly { readonly path: string; readonly reason: string }[]
  /** Configuration files that could not be read, and other limits that were met. */
  readonly problems: readonly { readonly path: string; readonly reason: string }[]
  readonly imports: { readonly statements: number; readonly resolved: number; readonly external: number }
  readonly calls: { readonly total: number; readonly resolved: number }
  readonly entryPoints: number
  readonly history: {
    readonly available: boolean
    readonly enough: boolean
    readonly reason: string
    readonly commits: number
  }
  /** Findings by name only that were not shown. */
  readonly heldBack: number
}

/** A rule as the reports describe it. */
export interface RuleDescription {
  readonly id: RuleId
  readonly summary: string
  readonly severity: Severity
  readonly effort: Effort
  readonly trial: boolean
  /** The page in Markdown. */
  readonly page: string
}

/** Baseline entries that no finding matches any more: the baseline can shrink. */
export interface StaleEntry {
  readonly rule: RuleId
  readonly path: string
  readonly subject: string
  readonly fingerprint: string
}

/** Result of an audit. */
export interface AuditResult {
  readonly schemaVersion: 1
  readonly tool: { readonly name: 'footing'; readonly version: string }
  /** Name of the audited folder, never its path on this machine. */
  readonly root: string
  /** Findings that count, most important first. */
  readonly findings: readonly Finding[]
  /** Findings silenced by a comment or known from the baseline. */
  readonly silenced: readonly Finding[]
  readonly scorecard: readonly DecisionScore[]
  readonly plan: readonly PlanItem[]
  /** Effort of the whole plan. */
  readonly effort: EffortRange
  readonly coverage: Coverage
  readonly rules: readonly RuleDescription[]
  readonly baseline:
    | { readonly known: number; readonly stale: readonly StaleEntry[]; readonly kept: readonly BaselineEntry[] }
    | undefined
  /** Domain packages and the arrows between them: how many import statements go from one to the other. */
  readonly structure: {
    readonly packages: readonly string[]
    readonly arrows: readonly { readonly from: number; readonly to: number; readonly imports: number }[]
  }
  /** Modules of a TypeScript project, the arrows between them and the imports that lead nowhere; absent without TypeScript. */
  readonly boundaries?: BoundaryReport
}
