// What a report tells, each thing once: a diagnosis with what it explains, or a rule with what no diagnosis explains.
import { count, counted, outerOf } from '../detection/words.ts'
import type { Place } from '../facts/place.ts'
import { isSmall } from '../findings/causes.ts'
import type { Finding } from '../findings/finding.ts'
import { filesOf, placesOf } from '../findings/places.ts'
import { type CostedRule, causesInOrder } from '../plan/cause-order.ts'
import { type EffortRange, formatEffort } from '../plan/effort.ts'
import type { AuditResult, CostedDiagnosis } from '../result/audit-result.ts'

/** One thing that a reader meets once. */
export interface Entry {
  /** Diagnosis or rule. */
  readonly id: string
  readonly severity: Finding['severity']
  readonly confidence: Finding['confidence']
  /** Of a rule on trial: it fails no build and nothing is planned for it. */
  readonly trial: boolean
  /** Worth a line: nothing of it weighs in a verdict. */
  readonly isSmall: boolean
  /** A diagnosis, not places of one rule. */
  readonly isCause: boolean
  readonly what: string
  readonly why: string
  readonly do: string
  /** Where to begin: the line of the first finding. */
  readonly place: Place
  /** The findings that it stands for, most important first. */
  readonly findings: readonly Finding[]
  /** `12 places in 4 files, 9 of them in one`. */
  readonly extent: string
  /** Extent, changes and effort in words. */
  readonly facts: string
  readonly effort: EffortRange | undefined
  /** Numbers of entries that make it easier, 1 first. */
  readonly after: readonly number[]
}

/** Everything that a result has to tell, in the order in which to take it up. */
export function entriesOf(result: AuditResult): readonly Entry[] {
  const order = causesInOrder(result.diagnoses, result.findings, result.plan)
  const byPrint = new Map(result.findings.map((finding) => [finding.fingerprint, finding]))
  return order.map((cause) => ('rule' in cause ? ofRule(cause) : ofDiagnosis(cause, order, byPrint)))
}

function ofDiagnosis(
  cause: CostedDiagnosis,
  order: readonly (CostedDiagnosis | CostedRule)[],
  byPrint: ReadonlyMap<string, Finding>,
): Entry {
  const findings = cause.findings.flatMap((print) => byPrint.get(print) ?? [])
  const { id, severity, confidence, what, why, effort, changes, after, places, files } = cause
  const extent = extentOf(places, files, findings)
  const changed =
    changes === undefined || changes < 0.01 ? '' : `, ${Math.round(changes * 100)} % of the recent commits touch them`
  return {
    id,
    severity,
    confidence,
    trial: false,
    isSmall: isSmall(cause),
    isCause: true,
    what,
    why,
    do: cause.do,
    place: cause.first,
    findings,
    extent,
    facts: `${extent}${changed}; ${costOf(effort)}`,
    effort,
    after: order.flatMap((other, index) => ('id' in other && after.includes(other.id) ? [index + 1] : [])),
  }
}

function ofRule(cause: CostedRule): Entry {
  const { rule, trial, severity, findings, effort } = cause
  const [first] = findings as readonly [Finding] // One made the cause.
  const places = placesOf(findings)
  const extent = extentOf(places, filesOf(findings), findings)
  const cost = trial ? 'on trial, nothing is planned' : costOf(effort)
  return {
    id: rule,
    severity,
    confidence: first.confidence,
    trial,
    isSmall: isSmall(cause),
    isCause: false,
    what: first.message.what,
    why: first.message.why,
    do: first.message.do,
    place: first.place,
    findings,
    extent,
    facts: places === 1 ? cost : `${extent}; ${cost}`,
    effort,
    after: [],
  }
}

const costOf = (effort: EffortRange | undefined): string =>
  effort === undefined ? 'a decision to take' : formatEffort(effort)

/** `1 place`, `3 places in one file`, `12 places in 4 files, 9 of them in one`. */
function extentOf(places: number, files: number, findings: readonly Finding[]): string {
  if (places === 1) return '1 place'
  if (files === 1) return `${counted(places, 'place')} in one file`
  const of = new Map<string, Set<number>>()
  for (const { place } of findings) of.set(place.path, (of.get(place.path) ?? new Set()).add(place.line))
  const most = Math.max(0, ...[...of.values()].map((lines) => lines.size))
  const crowd = most >= 3 && most * 3 >= places ? `, ${count(most)} of them in one` : ''
  return `${counted(places, 'place')} in ${counted(files, 'file')}${crowd}`
}

/** What a line of a list says of a finding beside its place: the function, or what was found there. */
export function labelOf({ subject, evidence }: Finding): string {
  if (subject === '<module>') return evidence
  return outerOf(subject).replace(/^<.*>$/, '')
}

/** How many entries there are besides those shown, and what all of them take. */
export function restOf(entries: readonly Entry[], shown: number, { effort, plan }: AuditResult): string {
  const rest = entries.length - shown
  const more = shown === 0 || rest === 0 ? '' : `${counted(rest, 'more thing')}. `
  if (plan.every((item) => item.effort === undefined)) return more.trim()
  return `${more}Everything together: ${formatEffort(effort)}, an estimate by rule that nobody has measured.`
}
