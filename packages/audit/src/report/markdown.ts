// Markdown: for pull request comments, step summaries and wikis.

import { printable } from '@footing/kernel'
import { type FindingGroup, groupByFixSite } from '../findings/group.ts'
import { formatEffort } from '../plan/effort.ts'
import type { AuditResult } from '../result/audit-result.ts'
import type { DecisionScore } from '../scorecard/scorecard.ts'
import { coverageSentences } from './coverage-words.ts'
import type { Reporter } from './report.ts'

const SHAPES = {
  sound: '🟢 sound',
  drifting: '🟡 drifting',
  compounding: '🔴 compounding',
  'not applicable': '⚪ not applicable',
}
const SHOWN = 100

/** Scorecard, what to do first, the first hundred findings with their three sentences, coverage. */
export const markdown: Reporter = (result, options) => {
  const parts = [
    `# Audit of ${text(result.root)}`,
    scorecard(result.scorecard),
    plan(result),
    findings(result, options.verbose ? Number.POSITIVE_INFINITY : SHOWN),
    `## Coverage\n\n${coverageSentences(result)
      .map((sentence) => `- ${text(sentence)}`)
      .join('\n')}`,
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function scorecard(scores: readonly DecisionScore[]): string {
  const rows = scores.map((score) => {
    const checks = score.verdict === 'not applicable' ? '' : `${score.passed} of ${score.checks}`
    return `| ${score.decision} | ${SHAPES[score.verdict]} | ${checks} | ${text(score.because)} | ${text(score.costToReverse)} |`
  })
  return [
    '| decision | verdict | checks passed | because | cost to reverse later |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

function plan({ plan: items, effort }: AuditResult): string {
  if (items.length === 0) return ''
  const rows = items.slice(0, 10).map((item, index) => {
    const cost = item.effort === undefined ? 'a decision' : formatEffort(item.effort)
    const site = `${item.fixSite.path}:${item.fixSite.line}`
    return `${index + 1}. **${text(item.what)}** ${text(item.do)}  \n   ${code(site)} · ${item.rule} · ${cost}`
  })
  const rest = items.length > 10 ? `\n\n${items.length - 10} more fix sites; all of them: ${formatEffort(effort)}.` : ''
  return `## Do first\n\n${rows.join('\n')}${rest}`
}

function findings(result: AuditResult, limit: number): string {
  const groups = groupByFixSite(result.findings)
  if (groups.length === 0) return ''
  const shown = groups.slice(0, limit).map(groupText)
  const left = groups.length - shown.length
  const rest = left > 0 ? `\n\n${left} more places: \`footing audit --format json\` has them all.` : ''
  return `## Findings\n\n${shown.join('\n\n')}${rest}`
}

function groupText({ first, others }: FindingGroup): string {
  const { place, message, chain } = first
  const lines = [
    `### ${first.rule}`,
    `${code(`${place.path}:${place.line}`)} · ${first.severity} · ${first.confidence}${first.trial ? ' · trial' : ''}`,
    `${text(message.what)} ${text(message.why)} **${text(message.do)}**`,
  ]
  if (chain !== undefined && chain.length > 0) {
    const steps = chain.map(
      (step, index) => `${'  '.repeat(index)}${printable(step.label)}  (${printable(step.path)}:${step.line})`,
    )
    lines.push(fence(steps.join('\n')))
  }
  if (others.length > 0) {
    const places = others.slice(0, 10).map(({ place }) => code(`${place.path}:${place.line}`))
    lines.push(
      `${others.length} more that go with the same repair: ${places.join(', ')}${others.length > 10 ? ' …' : ''}`,
    )
  }
  return lines.join('\n\n')
}

/** Text of the audited tree in Markdown: no markup of its own, no mentions, no table breaks; code spans are kept. */
function text(raw: string): string {
  return printable(raw)
    .split(/(`[^`]*`)/)
    .map((part, index) => (index % 2 === 1 ? part.replaceAll('|', '\\|') : part.replace(/[\\<>|*_[\]]/g, '\\$&')))
    .join('')
    .replace(/@(?=\w)/g, '@\u200b')
}

function code(raw: string): string {
  return `\`${printable(raw).replaceAll('`', "'")}\``
}

function fence(body: string): string {
  return `\`\`\`text\n${body.replaceAll('```', "'''")}\n\`\`\``
}
