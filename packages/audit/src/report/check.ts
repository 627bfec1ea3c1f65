// The report of `footing check` for a person: what breaks a boundary, drawn where it is a circle or a chain, then what was seen.
import { styleText } from 'node:util'
import { printable } from '@footing/kernel'
import { SEVERITIES, type Severity } from '../detection/detection.ts'
import { count, counted } from '../detection/words.ts'
import type { Finding } from '../findings/finding.ts'
import { type FindingGroup, groupByFixSite } from '../findings/group.ts'
import type { BoundaryReport } from '../modules/boundary-report.ts'
import type { AuditResult } from '../result/audit-result.ts'
import { drawChain, drawCircle } from './drawing.ts'
import { wrap } from './fit-text.ts'
import type { ReportOptions } from './report.ts'

/** What the report needs besides the result. */
export interface CheckReportOptions extends ReportOptions {
  /** How long the check took; left out where the text has to be the same twice. */
  readonly milliseconds?: number
  /** Rules that were judged. */
  readonly rules: number
}

interface Ink extends CheckReportOptions {
  readonly paint: (style: Parameters<typeof styleText>[0], text: string) => string
}

/** Places told in full; `verbose` tells them all. */
const SHOWN = 20
const STYLE: Record<Severity, 'red' | 'yellow' | 'cyan' | 'dim'> = {
  critical: 'red',
  high: 'red',
  medium: 'yellow',
  low: 'cyan',
  info: 'dim',
}

/** The text of a check, ending in a line break. */
export function checkReport(result: AuditResult, options: CheckReportOptions): string {
  const paint: Ink['paint'] = options.color
    ? (style, text) => styleText(style, text, { validateStream: false })
    : (_, text) => text
  const ink: Ink = { ...options, width: Math.min(Math.max(options.width, 40), 110), paint }
  const groups = groupByFixSite(result.findings)
  const shown = ink.verbose ? groups : groups.slice(0, SHOWN)
  const left = groups.length - shown.length
  const lines = [
    ...heading(result, ink),
    '',
    ...shown.flatMap((group) => [...groupLines(group, ink), '']),
    ...(left > 0 ? [paint('dim', `${counted(left, 'more place')}: --verbose tells them all.`), ''] : []),
    ...seen(result, ink),
    ...closing(result, groups.length, ink),
  ]
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`
}

/** One finding in one line, for `--watch`. */
export function checkLine(
  { rule, place, message, severity }: Finding,
  { color }: Pick<ReportOptions, 'color'>,
): string {
  const site = `${printable(place.path)}:${place.line}`
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    color ? styleText(style, text, { validateStream: false }) : text
  return `${paint('cyan', site)}  ${printable(message.what)}  ${paint(STYLE[severity], rule)}`
}

const ORIGINS = {
  manifest: 'by manifests',
  settings: 'by configuration',
  workspace: 'by workspaces',
  folder: 'by folder names',
}

function heading({ root, coverage, boundaries }: AuditResult, { paint }: Ink): string[] {
  const modules = boundaries?.modules ?? []
  const origins = (['manifest', 'settings', 'workspace', 'folder'] as const).flatMap((origin) => {
    const found = modules.filter((module) => module.origin === origin).length
    return found === 0 ? [] : [`${counted(found, 'module')} ${ORIGINS[origin]}`]
  })
  const parts = [
    ...(origins.length === 0 ? ['no modules found'] : origins),
    counted(coverage.files.parsed, 'file'),
    counted(boundaries?.imports.statements ?? 0, 'import'),
  ]
  return [`${paint('bold', printable(root))}  ${paint('dim', parts.join(', '))}`]
}

function groupLines({ first, others }: FindingGroup, ink: Ink): string[] {
  const { rule, severity, place, message, confidence, trial } = first
  const marks = [...(confidence === 'definite' ? [] : [confidence]), ...(trial ? ['trial, fails nothing'] : [])]
  const drawing = drawn(first, ink)
  return [
    `${ink.paint(STYLE[severity], severity)} ${ink.paint('bold', rule)}${marks.length === 0 ? '' : ink.paint('dim', ` ${marks.join(', ')}`)}`,
    ink.paint('cyan', `${printable(place.path)}:${place.line}`),
    ...excerpt(first, ink),
    ...indented(message.what, ink),
    ...(drawing.length === 0 ? [] : ['', ...drawing, '']),
    ...indented(message.why, ink).map((line) => ink.paint('dim', line)),
    ...indented(message.do, ink).map((line) => ink.paint('green', line)),
    ...places('', first.related ?? [], 5, ink),
    ...places(
      `${others.length} more that go with the same repair`,
      others.map((other) => ({ ...other.place, label: '' })),
      8,
      ink,
    ),
  ]
}

function drawn({ chain = [] }: Finding, ink: Ink): string[] {
  const tools = {
    width: ink.width,
    unicode: ink.unicode,
    dim: (text: string) => ink.paint('dim', text),
    strong: (text: string) => ink.paint('bold', text),
  }
  const circle = drawCircle(chain, tools)
  return circle.length > 0 ? circle : drawChain(chain, tools)
}

function excerpt({ excerpt: lines, place }: Finding, ink: Ink): string[] {
  const line = lines.find((item) => item.line === place.line)
  if (line === undefined) return []
  const cut = printable(line.text.trim()).slice(0, ink.width - 8)
  return [`  ${String(line.line)} ${ink.unicode ? '│' : '|'} ${cut}`]
}

function places(
  title: string,
  list: readonly { readonly path: string; readonly line: number; readonly label: string }[],
  limit: number,
  ink: Ink,
): string[] {
  if (list.length === 0) return []
  const shown = ink.verbose ? list : list.slice(0, limit)
  const rows = shown.map(
    ({ path, line, label }) => `  ${title === '' ? 'see ' : '  '}${printable(path)}:${line}  ${printable(label)}`,
  )
  const rest = list.length > shown.length ? [`    and ${count(list.length - shown.length)} more`] : []
  return [...(title === '' ? [] : [`  ${title}:`]), ...rows, ...rest].map((row) => ink.paint('dim', row))
}

/** What was not seen, or not judged: said whatever was found. */
function seen(result: AuditResult, ink: Ink): string[] {
  const { boundaries, coverage, silenced, baseline } = result
  const allowed = silenced.filter((finding) => finding.silence?.by === 'comment').length
  const known = silenced.length - allowed
  const sentences = [
    ...(boundaries === undefined
      ? []
      : [...unfollowed(boundaries, [...result.findings, ...silenced]), ...openModules(boundaries)]),
    ...(coverage.unparsed.length === 0
      ? []
      : [
          `Not parsed: ${coverage.unparsed.length}. ${coverage.unparsed
            .slice(0, 3)
            .map(({ path, line, reason }) => `${path}${line > 0 ? `:${line}` : ''} (${reason})`)
            .join('; ')}.`,
        ]),
    ...(boundaries?.problems ?? []).map(({ place, what }) => `${place.path}:${place.line}: ${what}`),
    ...(silenced.length === 0 ? [] : [`Silenced: ${allowed} by comments with a reason, ${known} by the baseline.`]),
    ...(baseline !== undefined && baseline.stale.length > 0
      ? [
          `${counted(baseline.stale.length, 'baseline entry').replace('entrys', 'entries')} gone: --update-baseline drops them.`,
        ]
      : []),
  ]
  return sentences.flatMap((sentence) => wrap(printable(sentence), ink.width).map((line) => ink.paint('dim', line)))
}

/** Imports that no finding tells: all of them when the rule was left out. */
function unfollowed({ imports, unresolved }: BoundaryReport, findings: AuditResult['findings']): string[] {
  if (imports.unresolved === 0) return []
  const isTold = findings.some(({ rule }) => rule === 'boundaries/unresolved-import')
  const untold = unresolved.filter(({ isFault }) => !isFault || !isTold)
  const number = isTold ? imports.notFollowed : imports.unresolved
  if (number === 0) return []
  const named = untold
    .slice(0, 3)
    .map(
      ({ place, specifier, reason }) =>
        `${place.path}:${place.line}${specifier === '' ? '' : ` '${specifier}'`} (${reason})`,
    )
  const more = number > named.length ? `, and ${count(number - named.length)} more` : ''
  return [
    `Imports that were not followed: ${count(number)} of ${count(imports.statements)}. ${named.join('; ')}${more}.`,
  ]
}

function openModules({ modules }: BoundaryReport): string[] {
  const open = modules.filter(({ face }) => face === '')
  if (open.length === 0) return []
  return [
    `${counted(open.length, 'module')} without an index file (${open
      .slice(0, 3)
      .map(({ name }) => name)
      .join(', ')}${open.length > 3 ? ', …' : ''}): what others may import of them is not judged.`,
  ]
}

function closing(result: AuditResult, sites: number, ink: Ink): string[] {
  const { boundaries, findings, coverage } = result
  const time = ink.milliseconds === undefined ? '' : ` in ${seconds(ink.milliseconds)}`
  const looked = `${counted(coverage.files.parsed, 'file')}, ${counted(boundaries?.imports.statements ?? 0, 'import')} and ${counted(ink.rules, 'rule')}${time}.`
  if (findings.length === 0) return [ink.paint('green', `${ink.unicode ? '✔' : 'ok'} Boundaries hold: ${looked}`)]
  const counts = SEVERITIES.flatMap((severity) => {
    const number = findings.filter((finding) => finding.severity === severity).length
    return number === 0 ? [] : [ink.paint(STYLE[severity], `${count(number)} ${severity}`)]
  })
  return [
    `${ink.paint('red', ink.unicode ? '✘' : 'x')} ${counted(findings.length, 'finding')} at ${counted(sites, 'place')}: ${counts.join(', ')}. ${looked}`,
    ink.paint('dim', 'footing explain RULE tells more about one.'),
  ]
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`

function indented(text: string, ink: Ink): string[] {
  return wrap(printable(text), ink.width - 2).map((line) => `  ${line}`)
}
