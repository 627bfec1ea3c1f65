// The terminal report: one screen with verdicts, what to do first and coverage; then the findings with their evidence.
import { styleText } from 'node:util'
import { printable } from '@footing/kernel'
import { SEVERITIES, type Severity } from '../detection/detection.ts'
import { count, counted } from '../detection/words.ts'
import type { Finding } from '../findings/finding.ts'
import { type FindingGroup, groupByFixSite } from '../findings/group.ts'
import { formatEffort } from '../plan/effort.ts'
import type { AuditResult } from '../result/audit-result.ts'
import type { DecisionScore, Verdict } from '../scorecard/scorecard.ts'
import { coverageSentences } from './coverage-words.ts'
import { firstSteps, furtherSteps, type Step } from './first-steps.ts'
import { wrap } from './fit-text.ts'
import { systemSentences } from './program-words.ts'
import type { Reporter, ReportOptions } from './report.ts'

type Paint = (style: Parameters<typeof styleText>[0], text: string) => string

/** What the parts share: the options and how to paint. */
interface Ink extends ReportOptions {
  readonly paint: Paint
}

const DETAILED = 20
/** Steps of the first screen. */
const FIRST = 3
/** Places of one rule in the short report; the others are counted. */
const PER_RULE = 4

const LOOK: Record<
  Verdict,
  { readonly shape: string; readonly ascii: string; readonly style: 'green' | 'yellow' | 'red' | 'dim' }
> = {
  sound: { shape: '●', ascii: 'o', style: 'green' },
  drifting: { shape: '▲', ascii: '^', style: 'yellow' },
  compounding: { shape: '■', ascii: '#', style: 'red' },
  'could not tell': { shape: '?', ascii: '?', style: 'dim' },
  'not applicable': { shape: '○', ascii: '-', style: 'dim' },
}

const SEVERITY_STYLE: Record<Severity, 'red' | 'yellow' | 'cyan' | 'dim'> = {
  critical: 'red',
  high: 'red',
  medium: 'yellow',
  low: 'cyan',
  info: 'dim',
}

/** The report for a person at a terminal. With `verbose` every finding is told in full, else the first twenty. */
export const terminal: Reporter = (result, options) => {
  const paint: Paint = options.color
    ? (style, text) => styleText(style, text, { validateStream: false })
    : (_, text) => text
  const ink: Ink = { ...options, width: Math.min(Math.max(options.width, 40), 120), paint }
  const lines = [
    ...heading(result, ink),
    ...systemSentences(result).flatMap((sentence) => wrap(printable(sentence), ink.width)),
    '',
    ...inOneLine(result, ink),
    '',
    ...result.scorecard.flatMap((score) => scoreLine(score, ink)),
    '',
    ...first(result, ink),
    ...coverageSentences(result).flatMap((sentence) => indented(sentence, 2, ink).map((line) => paint('dim', line))),
    '',
    ...details(result, ink),
    ...closing(result, ink),
  ]
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`
}

function heading(result: AuditResult, { paint }: Ink): string[] {
  const { files, lines } = result.coverage
  const { revision } = result
  const commit = revision === undefined ? '' : `, commit ${revision.commit.slice(0, 8)} of ${revision.date}`
  return [
    `${paint('bold', printable(result.root))}  ${paint('dim', `${counted(files.parsed, 'file')}, ${counted(lines, 'line')}${commit}`)}`,
  ]
}

/** Which decisions hurt, before anything else is read. */
function inOneLine({ scorecard }: AuditResult, ink: Ink): string[] {
  const words = (['compounding', 'drifting', 'sound', 'could not tell', 'not applicable'] as const).flatMap(
    (verdict) => {
      const names = scorecard.filter((score) => score.verdict === verdict).map((score) => score.decision)
      return names.length === 0 ? [] : [`${verdict[0]?.toUpperCase()}${verdict.slice(1)}: ${names.join(', ')}.`]
    },
  )
  return wrap(words.join(' '), ink.width)
}

function scoreLine(score: DecisionScore, ink: Ink): string[] {
  const look = LOOK[score.verdict]
  const shape = ink.unicode ? look.shape : look.ascii
  const isJudged = score.verdict !== 'not applicable' && score.verdict !== 'could not tell'
  const checks = !isJudged ? '' : `${score.passed}/${score.checks}`
  const head = `  ${ink.paint(look.style, shape)} ${score.decision.padEnd(14)}${ink.paint(look.style, score.verdict.padEnd(15))}${checks.padEnd(6)}`
  const room = ink.width - 39
  if (room < 20) return [head]
  // What a change of mind costs is worth a line where there is much to change, not beside a single call.
  const hurts = score.verdict === 'compounding'
  const [cost = ''] = score.costToReverse.split(';')
  const later = hurts ? wrap(`To change later: ${printable(cost.replace(': ', ', '))}.`, room) : []
  const [line = '', ...rest] = [...wrap(printable(score.because), room), ...later]
  return [head + ink.paint('dim', line), ...rest.map((more) => ink.paint('dim', ' '.repeat(39) + more))]
}

function first(result: AuditResult, ink: Ink): string[] {
  const steps = firstSteps(result, ink.verbose ? Math.max(FIRST, result.diagnoses.length) : FIRST)
  if (steps.length === 0) return []
  const more = furtherSteps(result, steps)
  return [
    ink.paint('bold', 'Do first'),
    ...steps.flatMap((step, index) => stepLines(step, index, ink)),
    ...(more === '' ? [] : indented(more, 2, ink).map((line) => ink.paint('dim', line))),
    '',
  ]
}

function stepLines(step: Step, index: number, ink: Ink): string[] {
  const [what = '', ...rest] = wrap(printable(step.what), ink.width - 5)
  const after = step.after.length === 0 ? '' : `; after ${step.after.map((number) => `step ${number}`).join(' and ')}`
  return [
    `  ${index + 1}. ${what}`,
    ...rest.map((line) => `     ${line}`),
    ...(step.why === '' ? [] : indented(step.why, 5, ink)),
    ...indented(step.do, 5, ink).map((line) => ink.paint('green', line)),
    ink.paint('dim', `     ${printable(step.place.path)}:${step.place.line}  ${step.id}`),
    ...indented(`${step.facts}${after}`, 5, ink).map((line) => ink.paint('dim', line)),
  ]
}

function details(result: AuditResult, ink: Ink): string[] {
  const groups = groupByFixSite(result.findings)
  const shown = ink.verbose ? groups : short(groups)
  if (shown.length === 0) return []
  const left = groups.length - shown.length
  return [
    ink.paint('bold', left > 0 ? `Findings at ${shown.length} of ${count(groups.length)} places` : 'Findings'),
    '',
    ...shown.flatMap((group) => [...groupLines(group, ink), '']),
    ...(left > 0
      ? [ink.paint('dim', `${count(left)} more places: --verbose tells them all, --format json writes them.`), '']
      : []),
  ]
}

function short(groups: readonly FindingGroup[]): FindingGroup[] {
  const taken = new Map<string, number>()
  const shown = groups.filter(({ first: { rule } }) => {
    const count = taken.get(rule) ?? 0
    taken.set(rule, count + 1)
    return count < PER_RULE
  })
  return shown.slice(0, DETAILED)
}

function groupLines({ first: finding, others }: FindingGroup, ink: Ink): string[] {
  const { place, message, severity, confidence, trial } = finding
  const marks = [confidence, ...(trial ? ['trial, fails no build'] : [])].join(', ')
  return [
    `${ink.paint(SEVERITY_STYLE[severity], severity)} ${ink.paint('bold', finding.rule)} ${ink.paint('dim', finding.diagnosis === undefined ? marks : `${marks}; part of ${finding.diagnosis}`)}`,
    `${ink.paint('cyan', `${printable(place.path)}:${place.line}`)}`,
    ...excerpt(finding, ink),
    ...indented(message.what, 2, ink),
    ...indented(message.why, 2, ink),
    ...indented(message.do, 2, ink).map((line) => ink.paint('green', line)),
    ...chain(finding, ink),
    ...related(finding, ink),
    ...more(others, ink),
  ]
}

function more(others: readonly Finding[], ink: Ink): string[] {
  if (others.length === 0) return []
  const places = others
    .slice(0, ink.verbose ? undefined : 8)
    .map(({ place }) => `    ${printable(place.path)}:${place.line}`)
  const rest = others.length > places.length ? [`    and ${others.length - places.length} more`] : []
  return [`  ${others.length} more that go with the same repair:`, ...places, ...rest].map((line) =>
    ink.paint('dim', line),
  )
}

function excerpt({ excerpt: lines, place }: Finding, ink: Ink): string[] {
  const gutter = Math.max(0, ...lines.map((line) => String(line.line).length))
  const bar = ink.unicode ? '│' : '|'
  return lines.map(({ line, text }) => {
    const cut = printable(text).slice(0, ink.width - gutter - 6)
    const row = `  ${String(line).padStart(gutter)} ${bar} ${cut}`
    return line === place.line ? row : ink.paint('dim', row)
  })
}

function chain({ chain: steps }: Finding, ink: Ink): string[] {
  const corner = ink.unicode ? '└─ ' : '`- '
  return (steps ?? []).map((step, index) => {
    const label = `  ${index === 0 ? '' : `${'   '.repeat(index - 1)}${corner}`}${printable(step.label)}`
    // A path that is cut cannot be opened.
    return `${label}  ${ink.paint('dim', `${printable(step.path)}:${step.line}`)}`
  })
}

function related({ related: places }: Finding, ink: Ink): string[] {
  return (places ?? [])
    .slice(0, 5)
    .map((place) => ink.paint('dim', `  see ${printable(place.path)}:${place.line}  ${printable(place.label)}`))
}

function closing(result: AuditResult, ink: Ink): string[] {
  const counts = SEVERITIES.map((severity) => ({
    severity,
    number: result.findings.filter((finding) => finding.severity === severity).length,
  })).filter(({ number }) => number > 0)
  if (counts.length === 0) return [ink.paint('green', 'No findings.')]
  const words = counts.map(({ severity, number }) =>
    ink.paint(SEVERITY_STYLE[severity], `${count(number)} ${severity}`),
  )
  return [
    `${counted(result.findings.length, 'finding')}: ${words.join(', ')}.`,
    ...wrap(`${repairs(result)}footing audit --explain NAME tells more about a rule or a cause.`, ink.width),
  ]
}

/** How many places the plan has and what they take, and the findings that it leaves out. */
function repairs({ plan, effort, findings }: AuditResult): string {
  const cost = plan.every((item) => item.effort === undefined) ? 'decisions to take' : formatEffort(effort)
  const onTrial = findings.filter(({ trial }) => trial).length
  return [
    ...(plan.length === 0 ? [] : [`${counted(plan.length, 'place')} to repair, ${cost}. `]),
    ...(onTrial === 0 ? [] : [`Nothing is planned for ${counted(onTrial, 'finding')} of rules on trial. `]),
  ].join('')
}

function indented(text: string, by: number, ink: Ink): string[] {
  return wrap(printable(text), ink.width - by).map((line) => ' '.repeat(by) + line)
}
