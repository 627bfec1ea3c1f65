// Markdown: for pull request comments, step summaries and wikis.

import { printable } from '@footing/kernel'
import { count } from '../detection/words.ts'
import { type FindingGroup, groupByFixSite } from '../findings/group.ts'
import type { AuditResult } from '../result/audit-result.ts'
import type { DecisionScore } from '../scorecard/scorecard.ts'
import { costOf, coverageSentences } from './coverage-words.ts'
import { type Entry, entriesOf, labelOf, restOf } from './entries.ts'
import { systemSentences } from './program-words.ts'
import type { Reporter } from './report.ts'

const SHAPES = {
  'nothing found': '🟢 nothing found',
  drifting: '🟡 drifting',
  compounding: '🔴 compounding',
  'could not tell': '❔ could not tell',
  'not applicable': '⚪ not applicable',
}
/** Places of one entry in the short report. */
const PLACES = 10

/** Scorecard, what to do in which order with its places, coverage. */
export const markdown: Reporter = (result, options) => {
  const parts = [
    `# Audit of ${text(result.root)}`,
    system(result),
    scorecard(result.scorecard),
    told(result, options.verbose ? Number.POSITIVE_INFINITY : PLACES),
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
    return `| ${score.decision} | ${SHAPES[score.verdict]} | ${checks} | ${text(score.because)} | ${text(costOf(score))} |`
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

/** Each thing once: what weighs with its places, and a line each for what does not. */
function told(result: AuditResult, limit: number): string {
  const entries = entriesOf(result)
  if (entries.length === 0) return ''
  const isLarge = ({ trial, isSmall }: Entry): boolean => !trial && !isSmall
  const large = entries.filter(isLarge)
  const small = entries.filter((entry) => !isLarge(entry))
  const parts = [
    ...(large.length === 0
      ? []
      : ['## What to do, in this order', ...large.map((entry, index) => entryText(entry, index, limit))]),
    ...(small.length === 0 ? [] : ['## Small, or of rules on trial', small.map(smallText).join('\n')]),
    restOf(entries, 0, result),
  ]
  return parts.join('\n\n')
}

function entryText(entry: Entry, index: number, limit: number): string {
  const after =
    entry.after.length === 0 ? '' : ` · after ${entry.after.map((number) => `number ${number}`).join(' and ')}`
  const site = code(`${entry.place.path}:${entry.place.line}`)
  const groups = groupByFixSite(entry.findings)
  const shown = groups.slice(0, limit).map(limit === PLACES ? groupLine : groupText)
  const left = groups.length - shown.length
  return [
    `### ${index + 1}. ${text(entry.what)}`,
    `${text(entry.why)} **${text(entry.do)}**`,
    `${entry.severity} · ${site} · ${entry.id} · ${entry.facts}${after}`,
    ...(limit === PLACES ? [shown.join('\n')] : shown),
    ...(left > 0 ? [`${count(left)} more: \`footing audit --format json\` has them all.`] : []),
  ].join('\n\n')
}

function smallText({ severity, id, facts, place, what }: Entry): string {
  return `- ${severity} · ${id} · ${facts}, for example ${code(`${place.path}:${place.line}`)}: ${text(what)}`
}

function groupLine({ first, others }: FindingGroup): string {
  const label = labelOf(first)
  const more = others.length === 0 ? '' : ` and ${count(others.length)} more with the same repair`
  return `- ${code(`${first.place.path}:${first.place.line}`)}${label === '' ? '' : ` ${text(label)}`}${more}`
}

function groupText({ first, others }: FindingGroup): string {
  const { place, message, chain } = first
  const lines = [
    `#### ${first.rule}`,
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
