// Markdown: for pull request comments, step summaries and wikis.

import { printable } from '@footing/kernel'
import { type FindingGroup, groupByFixSite } from '../findings/group.ts'
import type { AuditResult } from '../result/audit-result.ts'
import type { DecisionScore } from '../scorecard/scorecard.ts'
import { coverageSentences } from './coverage-words.ts'
import { firstSteps, furtherSteps } from './first-steps.ts'
import { systemSentences } from './program-words.ts'
import type { Reporter } from './report.ts'

const SHAPES = {
  sound: '🟢 sound',
  drifting: '🟡 drifting',
  compounding: '🔴 compounding',
  'could not tell': '❔ could not tell',
  'not applicable': '⚪ not applicable',
}
const SHOWN = 100
/** Steps that are told at least, where there are as many. */
const FIRST = 10

/** Scorecard, what to do first, the first hundred findings with their three sentences, coverage. */
export const markdown: Reporter = (result, options) => {
  const parts = [
    `# Audit of ${text(result.root)}`,
    system(result),
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
    const isJudged = score.verdict !== 'not applicable' && score.verdict !== 'could not tell'
    const checks = !isJudged ? '' : `${score.passed} of ${score.checks}`
    return `| ${score.decision} | ${SHAPES[score.verdict]} | ${checks} | ${text(score.because)} | ${text(score.costToReverse)} |`
  })
  return [
    '| decision | verdict | checks passed | because | cost to reverse later |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

/** What is judged, and which commit of it. */
function system(result: AuditResult): string {
  const { revision } = result
  const commit = revision === undefined ? [] : [`Commit ${code(revision.commit.slice(0, 12))} of ${revision.date}.`]
  return [...commit, ...systemSentences(result).map(text)].join(' ')
}

function plan(result: AuditResult): string {
  const steps = firstSteps(result, Math.max(FIRST, result.diagnoses.length))
  if (steps.length === 0) return ''
  const rows = steps.map((step, index) => {
    const after =
      step.after.length === 0 ? '' : ` · after ${step.after.map((number) => `step ${number}`).join(' and ')}`
    const site = `${step.place.path}:${step.place.line}`
    const why = step.why === '' ? '' : `${text(step.why)} `
    return `${index + 1}. **${text(step.what)}** ${why}${text(step.do)}  \n   ${code(site)} · ${step.id} · ${step.facts}${after}`
  })
  const more = furtherSteps(result, steps)
  return `## Do first\n\n${rows.join('\n')}${more === '' ? '' : `\n\n${more}`}`
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
