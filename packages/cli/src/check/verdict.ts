// Whether a check has failed: the same answer in every format.
import type { AuditResult } from '@footing/audit'
import type { CheckRequest } from './request.ts'

type Auditor = typeof import('@footing/audit')

/** True when a finding counts: at or above the gate, no trial, more than a guess by name. */
export function hasFailed(result: AuditResult, { failOn, exitZero }: CheckRequest, auditor: Auditor): boolean {
  const gate = auditor.severityRank(failOn)
  return (
    !exitZero &&
    result.findings.some(
      ({ trial, confidence, severity }) =>
        !trial && confidence !== 'possible' && auditor.severityRank(severity) <= gate,
    )
  )
}
