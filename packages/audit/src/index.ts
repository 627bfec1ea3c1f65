// The public face of the auditor.
export { type AuditOptions, type AuditProgress, audit, baselineEntries, describeRules } from './audit.ts'
export type {
  AuditResult,
  Coverage,
  DecisionScore,
  EffortRange,
  PlanItem,
  RuleDescription,
  RuleEvidence,
  StaleEntry,
  Verdict,
} from './audit-result.ts'
export { checkRules } from './check/check-rules.ts'
export { watchedFolders } from './check/watched-folders.ts'
export { auditErrors } from './errors.ts'
export { type Baseline, type BaselineEntry, formatBaseline, matchBaseline, parseBaseline } from './findings/baseline.ts'
export {
  type ChainStep,
  CONFIDENCES,
  type Confidence,
  type Finding,
  type Message,
  type RuleId,
  SEVERITIES,
  type Severity,
} from './findings/finding.ts'
export { confidenceRank, severityRank } from './findings/order.ts'
export type {
  BoundaryReport,
  ReportedArrow,
  ReportedModule,
  UnresolvedImport,
} from './modules/boundary-report.ts'
export { type ReadModulesOptions, readModules } from './modules/read-modules.ts'
export { type CheckReportOptions, checkLine, checkReport } from './report/check.ts'
export { type Format, githubSummary, PLAIN, type Reporter, type ReportOptions, reporters } from './report/index.ts'
export { rulePage } from './rules/rule-page.ts'
export { findSettings, readSettings } from './settings/read-settings.ts'
export { type AuditSettings, type BoundarySettings, DEFAULT_SETTINGS } from './settings/settings.ts'
export { type SessionKind, sessionConstructOf } from './survey/session-constructs.ts'
