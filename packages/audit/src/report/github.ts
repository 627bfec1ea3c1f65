// GitHub annotations: workflow commands, at most ten of each level because a step shows no more.

import { printable } from '@footing/kernel'
import type { Finding } from '../findings/finding.ts'
import type { AuditResult } from '../result/audit-result.ts'
import { markdown } from './markdown.ts'
import type { Reporter, ReportOptions } from './report.ts'

const LIMIT = 10

/** Ten errors, ten warnings and ten notices, the most important ones; a last notice says how many are left out. */
export const github: Reporter = (result) => {
  const lines: string[] = []
  const left = { error: 0, warning: 0, notice: 0 }
  const given = { error: 0, warning: 0, notice: 0 }
  for (const finding of result.findings) {
    const level = levelOf(finding)
    const limit = level === 'notice' ? LIMIT - 1 : LIMIT
    if (given[level] >= limit) left[level]++
    else {
      given[level]++
      lines.push(annotation(level, finding))
    }
  }
  const rest = left.error + left.warning + left.notice
  lines.push(`::notice title=footing::${escapeData(closing(result, rest))}`)
  return `${lines.join('\n')}\n`
}

/** The Markdown for `$GITHUB_STEP_SUMMARY`, cut below GitHub's limit of one mebibyte. */
export function githubSummary(result: AuditResult, options: ReportOptions): string {
  const text = markdown(result, options)
  const limit = 1_000_000
  return text.length <= limit
    ? text
    : `${text.slice(0, limit)}\n\n… cut: the report is longer than a step summary may be.\n`
}

function annotation(level: string, finding: Finding): string {
  const { place, message } = finding
  const title = escapeProperty(`${finding.rule} (${finding.severity}, ${finding.confidence})`)
  const text = escapeData(`${message.what}\n${message.why}\n${message.do}`)
  return `::${level} file=${escapeProperty(place.path)},line=${place.line},title=${title}::${text}`
}

function closing(result: AuditResult, rest: number): string {
  const judged = result.scorecard.filter((score) => score.verdict !== 'not applicable')
  const quiet = judged.filter((score) => score.verdict === 'nothing found').length
  const more = rest === 0 ? '' : ` ${rest} more in the step summary.`
  return `Nothing was found against ${quiet} of ${judged.length} decisions, ${result.findings.length} findings.${more}`
}

function levelOf({ severity, trial }: Finding): 'error' | 'warning' | 'notice' {
  if (trial) return 'notice'
  if (severity === 'critical' || severity === 'high') return 'error'
  return severity === 'medium' ? 'warning' : 'notice'
}

function escapeData(text: string): string {
  const safe = text.split('\n').map(printable).join('\n')
  return safe.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replace(/:/g, '%3A').replace(/,/g, '%2C')
}
