// The public face of the auditor.
export { type AuditOptions, type AuditProgress, audit, baselineEntries, describeRules } from './audit.ts'
export { checkRules } from './check/check-rules.ts'
export { watchedFolders } from './check/watched-folders.ts'
export {
  type ChainStep,
  CONFIDENCES,
  type Message,
  type RuleId,
  SEVERITIES,
  type Severity,
} from './detection/detection.ts'
export type { ToldDiagnosis } from './diagnoses/diagnose.ts'
export { type DiagnosisDescription, describeDiagnoses } from './diagnoses/diagnosis-page.ts'
export type { Confidence } from './facts/place.ts'
export type { StaleEntry } from './findings/baseline.ts'
export { type Baseline, type BaselineEntry, formatBaseline, matchBaseline, parseBaseline } from './findings/baseline.ts'
export type { Finding } from './findings/finding.ts'
export { confidenceRank, severityRank } from './findings/order.ts'
export type {
  BoundaryReport,
  ReportedArrow,
  ReportedModule,
  UnresolvedImport,
} from './modules/boundary-report.ts'
export { type ReadModulesOptions, readModules } from './modules/read-modules.ts'
export type { EffortRange } from './plan/effort.ts'
export type { PlanItem } from './plan/plan.ts'
export type { BuiltProgram, Inventory } from './programs/contract.ts'
export { type CheckReportOptions, checkLine, checkReport } from './report/check.ts'
export { type Format, githubSummary, PLAIN, type Reporter, type ReportOptions, reporters } from './report/index.ts'
export type { AuditResult, Coverage } from './result/audit-result.ts'
export type { RuleDescription } from './rule/rule.ts'
export { rulePage } from './rules/rule-page.ts'
export type { DecisionScore, RuleEvidence, Verdict } from './scorecard/scorecard.ts'
export { auditErrors } from './settings/errors.ts'
export { findSettings, readSettings } from './settings/read-settings.ts'
export { type AuditSettings, type BoundarySettings, DEFAULT_SETTINGS } from './settings/settings.ts'
