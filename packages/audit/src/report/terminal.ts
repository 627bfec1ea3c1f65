// The terminal report: one screen with verdicts, what to do first and coverage; then the findings with their evidence.
import { styleText } from 'node:util'
import { printable } from '@footing/kernel'
import { SEVERITIES, type Severity } from '../detection/detection.ts'
import { count, counted } from '../detection/words.ts'
import type { Finding } from '../findings/finding.ts'
import { type FindingGroup, groupByFixSite } from '../findings/group.ts'
import { distinctPlaces } from '../findings/places.ts'
import { formatEffort } from '../plan/effort.ts'
import type { AuditResult } from '../result/audit-result.ts'
import type { DecisionScore, Verdict } from '../scorecard/scorecard.ts'
import { costOf, coverageSentences } from './coverage-words.ts'
import { type Entry, entriesOf, labelOf, restOf } from './entries.ts'
import { wrap } from './fit-text.ts'
import { systemSentences } from './program-words.ts'
import type { Reporter, ReportOptions } from './report.ts'

type Paint = (style: Parameters<typeof styleText>[0], text: string) => string

/** What the parts share: the options and how to paint. */
interface Ink extends ReportOptions {
  readonly paint: Paint
}

/** Entries of the first screen. */
const FIRST = 3
/** Entries told in the short report. */
const TOLD = 20
/** Places of one entry in the short report; the others are counted. */
const PLACES = 5

const LOOK: Record<
  Verdict,
  { readonly shape: string; readonly ascii: string; readonly style: 'green' | 'yellow' | 'red' | 'dim' }
> = {
  'nothing found': { shape: '●', ascii: 'o', style: 'green' },
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

/** The report for a person at a terminal: each thing once. With `verbose` every finding of it is told in full. */
export const terminal: Reporter = (result, options) => {
  const paint: Paint = options.color
    ? (style, text) => styleText(style, text, { validateStream: false })
    : (_, text) => text
  const ink: Ink = { ...options, width: Math.min(Math.max(options.width, 40), 120), paint }
  const entries = entriesOf(result)
  const first = entries.filter(({ trial, isSmall }) => !trial && !isSmall).slice(0, FIRST).length
  const lines = [
    ...heading(result, ink),
    ...systemSentences(result).flatMap((sentence) => wrap(printable(sentence), ink.width)),
    '',
    ...inOneLine(result, ink),
    '',
    ...result.scorecard.flatMap((score) => scoreLine(score, ink)),
    '',
    ...doFirst(entries, first, result, ink),
    ...coverageSentences(result).flatMap((sentence) => indented(sentence, 2, ink).map((line) => paint('dim', line))),
    '',
    ...details(entries, first, ink),
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
  const words = (['compounding', 'drifting', 'nothing found', 'could not tell', 'not applicable'] as const).flatMap(
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
  const [cost = ''] = costOf(score).split(';')
  const later = hurts ? wrap(`To change later: ${printable(cost)}.`, room) : []
  const [line = '', ...rest] = [...wrap(printable(score.because), room), ...later]
  return [head + ink.paint('dim', line), ...rest.map((more) => ink.paint('dim', ' '.repeat(39) + more))]
}

function doFirst(entries: readonly Entry[], first: number, result: AuditResult, ink: Ink): string[] {
  if (first === 0) return []
  const more = restOf(entries, first, result)
  return [
    ink.paint('bold', 'Do first'),
    ...entries
      .slice(0, first)
      .flatMap((entry, index) => [
        ...toldLines(entry, index, ink),
        ink.paint('dim', `     ${printable(entry.place.path)}:${entry.place.line}  ${entry.id}`),
        ...factLines(entry, ink),
      ]),
    ...(more === '' ? [] : indented(more, 2, ink).map((line) => ink.paint('dim', line))),
    '',
  ]
}

/** The three sentences of an entry, under its number. */
function toldLines(entry: Entry, index: number, ink: Ink): string[] {
  const number = `${index + 1}.`.padStart(4)
  const [what = '', ...rest] = wrap(printable(entry.what), ink.width - 5)
  return [
    `${number} ${what}`,
    ...rest.map((line) => `     ${line}`),
    ...indented(entry.why, 5, ink),
    ...indented(entry.do, 5, ink).map((line) => ink.paint('green', line)),
  ]
}

function factLines({ facts, after }: Entry, ink: Ink): string[] {
  const before = after.length === 0 ? '' : `; after ${after.map((number) => `number ${number}`).join(' and ')}`
  return indented(`${facts}${before}`, 5, ink).map((line) => ink.paint('dim', line))
}

/** Evidence of what was told above, then the others with theirs; what is small or on trial has one line each. */
function details(entries: readonly Entry[], first: number, ink: Ink): string[] {
  const large = entries.filter(({ trial, isSmall }) => !trial && !isSmall)
  const small = entries.filter((entry) => !large.includes(entry))
  const shown = ink.verbose ? large : large.slice(0, TOLD)
  return [
    ...(shown.length === 0 ? [] : [ink.paint('bold', 'Findings'), '']),
    ...shown.flatMap((entry, index) => [...entryLines(entry, index, index < first, ink), '']),
    ...(large.length > shown.length
      ? [ink.paint('dim', `${count(large.length - shown.length)} more: --verbose tells them.`), '']
      : []),
    ...(small.length === 0
      ? []
      : [
          ink.paint('bold', 'Small, or of rules on trial'),
          '',
          ...small.flatMap((entry) => [...smallLines(entry, ink), ...(ink.verbose ? everyPlace(entry, ink) : [])]),
          '',
        ]),
  ]
}

function entryLines(entry: Entry, index: number, isTold: boolean, ink: Ink): string[] {
  const { severity, id, confidence, isCause } = entry
  const head = `${ink.paint(SEVERITY_STYLE[severity], severity)} ${ink.paint('bold', id)} ${ink.paint('dim', confidence)}`
  const told = isTold
    ? [`${`${index + 1}.`.padStart(4)} ${head}`]
    : [...toldLines(entry, index, ink), `     ${head}`, ...factLines(entry, ink)]
  if (ink.verbose) return [...told, '', ...everyPlace(entry, ink)]
  const [first] = entry.findings
  const evidence = first === undefined || isCause ? [] : [...excerpt(first, ink), ...chain(first, ink)]
  return [...told, ...placeLines(entry, ink), ...evidence]
}

/** The places of an entry, a line each. */
function placeLines({ findings }: Entry, ink: Ink): string[] {
  const rows = distinctPlaces(findings)
  const shown = rows.slice(0, PLACES).map((one) => {
    const label = printable(labelOf(one))
    const place = `${printable(one.place.path)}:${one.place.line}`
    return `     ${ink.paint('cyan', place)}${label === '' ? '' : `  ${label}`}`
  })
  const left = rows.length - shown.length
  return left > 0 ? [...shown, ink.paint('dim', `     and ${count(left)} more`)] : shown
}

function smallLines({ severity, id, trial, extent, place, what }: Entry, ink: Ink): string[] {
  const where = `${printable(place.path)}:${place.line}`
  const head = `  ${ink.paint(SEVERITY_STYLE[severity], severity)} ${ink.paint('bold', id)} ${ink.paint('dim', `${trial ? 'on trial, ' : ''}${extent}${extent === '1 place' ? ':' : ', first'}`)} ${ink.paint('cyan', where)}`
  return [head, ...indented(what, 4, ink)]
}

function everyPlace({ findings }: Entry, ink: Ink): string[] {
  return groupByFixSite(findings).flatMap((group) => [...groupLines(group, ink), ''])
}

function groupLines({ first: finding, others }: FindingGroup, ink: Ink): string[] {
  const { place, message, severity, confidence, trial } = finding
  const marks = [confidence, ...(trial ? ['trial, fails no build'] : [])].join(', ')
  return [
    `${ink.paint(SEVERITY_STYLE[severity], severity)} ${ink.paint('bold', finding.rule)} ${ink.paint('dim', marks)}`,
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

/** How many repairs the plan has and what they take, and the findings that it leaves out. */
function repairs({ plan, effort, findings }: AuditResult): string {
  const cost = plan.every((item) => item.effort === undefined) ? 'decisions to take' : formatEffort(effort)
  const onTrial = findings.filter(({ trial }) => trial).length
  return [
    ...(plan.length === 0 ? [] : [`${counted(plan.length, 'repair')}, ${cost}. `]),
    ...(onTrial === 0 ? [] : [`Nothing is planned for ${counted(onTrial, 'finding')} of rules on trial. `]),
  ].join('')
}

function indented(text: string, by: number, ink: Ink): string[] {
  return wrap(printable(text), ink.width - by).map((line) => ' '.repeat(by) + line)
}
