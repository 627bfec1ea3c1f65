// Writes a baseline: everything when there was none, else only what was in it and is still there.
import { writeFileSync } from 'node:fs'
import type { AuditResult } from '@footing/audit'
import type { CommandContext } from '../command/command.ts'
import { counted } from '../command/counted.ts'
import type { AuditRequest } from './request.ts'

type Auditor = typeof import('@footing/audit')

/** Writes the file and says how many entries it has now and how many went. */
export function updateBaseline(
  result: AuditResult,
  request: AuditRequest,
  { terminal }: CommandContext,
  auditor: Auditor,
): void {
  const file = request.updateBaseline
  if (file === undefined) return
  const before = request.options.baseline
  const entries = before === undefined ? auditor.baselineEntries(result.findings) : (result.baseline?.kept ?? [])
  writeFileSync(file, auditor.formatBaseline(entries))
  const gone = before === undefined ? '' : `, ${before.entries.length - entries.length} gone`
  const fresh =
    before === undefined || result.findings.length === 0
      ? ''
      : ` ${counted(result.findings.length, 'new finding')} ${result.findings.length === 1 ? 'was' : 'were'} not added: repair them, or delete the file to begin anew.`
  terminal.note(`Baseline: ${counted(entries.length, 'entry', 'entries')}${gone}.${fresh}`)
}
