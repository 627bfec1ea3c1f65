// Writes the reports of a check: its own for a person, those of the audit for machines.
import type { AuditResult, ReportOptions } from '@footing/audit'
import { writeReports } from '../audit/write-reports.ts'
import type { CommandContext } from '../command/command.ts'
import type { CheckRequest } from './request.ts'

type Auditor = typeof import('@footing/audit')

/** Writes every report that was asked for. */
export function writeCheck(
  result: AuditResult,
  milliseconds: number,
  request: CheckRequest,
  context: CommandContext,
  auditor: Auditor,
): void {
  const terminal = (found: AuditResult, options: ReportOptions) =>
    auditor.checkReport(found, { ...options, milliseconds, rules: request.rules.length })
  writeReports(result, request, context, { ...auditor, reporters: { ...auditor.reporters, terminal } })
}
