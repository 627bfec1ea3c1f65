// The one result of an audit. Every report is a pure function of it, and the same tree gives the same result.

import type { ToldDiagnosis } from '../diagnoses/diagnose.ts'
import type { UnparsedFile } from '../facts/contract.ts'
import type { BaselineEntry, StaleEntry } from '../findings/baseline.ts'
import type { ApartFinding, Finding } from '../findings/finding.ts'
import type { BoundaryReport } from '../modules/boundary-report.ts'
import type { EffortRange } from '../plan/effort.ts'
import type { PlanItem } from '../plan/plan.ts'
import type { Inventory } from '../programs/contract.ts'
import type { RuleDescription } from '../rule/rule.ts'
import type { PackageStructure } from '../scorecard/package-structure.ts'
import type { DecisionScore } from '../scorecard/scorecard.ts'

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
  /** Findings that would say the same again: told with their diagnosis. */
  readonly repeated: number
}

/** A diagnosis with what its repair may take. */
export interface CostedDiagnosis extends ToldDiagnosis {
  readonly effort?: EffortRange
}

/** Result of an audit. */
export interface AuditResult {
  readonly schemaVersion: 1
  readonly tool: { readonly name: 'footing'; readonly version: string }
  /** Name of the audited folder, never its path on this machine. */
  readonly root: string
  /** What is checked out, where history is read. */
  readonly revision?: { readonly commit: string; readonly date: string }
  /** Findings that count, most important first. */
  readonly findings: readonly Finding[]
  /** Findings silenced by a comment or known from the baseline. */
  readonly silenced: readonly Finding[]
  readonly scorecard: readonly DecisionScore[]
  /** What the repository builds and runs. */
  readonly programs: Inventory
  /** Findings in front ends, command lines, libraries and scripts. */
  readonly apart: readonly ApartFinding[]
  /** Causes that explain findings, in the order in which to take them up: by impact, what makes another one easier before it. */
  readonly diagnoses: readonly CostedDiagnosis[]
  readonly plan: readonly PlanItem[]
  /** Effort of the whole plan. */
  readonly effort: EffortRange
  readonly coverage: Coverage
  readonly rules: readonly RuleDescription[]
  readonly baseline:
    | { readonly known: number; readonly stale: readonly StaleEntry[]; readonly kept: readonly BaselineEntry[] }
    | undefined
  readonly structure: PackageStructure
  /** Modules of a TypeScript project, the arrows between them and the imports that lead nowhere; absent without TypeScript. */
  readonly boundaries?: BoundaryReport
}
