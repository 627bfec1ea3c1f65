// The scorecard: a verdict per decision from findings and from what was examined. Formula version 1, in docs and here.
import { type DecisionId, decisions } from '@footing/kernel'
import { type RuleId, SEVERITIES, type Severity } from '../detection/detection.ts'
import type { Finding } from '../findings/finding.ts'
import { severityRank } from '../findings/order.ts'

/** `sound`: nothing of weight; `drifting`: costs now; `compounding`: gets dearer each week. */
export type Verdict = 'sound' | 'drifting' | 'compounding' | 'not applicable'

/** One rule's part in a verdict: how many of how many things. */
export interface RuleEvidence {
  readonly rule: RuleId
  readonly summary: string
  /** The rule's usual severity. */
  readonly severity: Severity
  readonly trial: boolean
  /** Distinct places reported at definite or probable, silenced by comment left out. */
  readonly flagged: number
  readonly examined: number
  /** Unit of `examined`: `async functions`. */
  readonly of: string
  /** Found by name only, not shown. */
  readonly heldBack: number
  readonly couldNotTell?: string
}

/** The verdict of one decision. */
export interface DecisionScore {
  readonly decision: DecisionId
  readonly title: string
  readonly verdict: Verdict
  /** Checks that passed, and checks that had something to examine. */
  readonly passed: number
  readonly checks: number
  readonly findings: Readonly<Record<Severity, number>>
  readonly evidence: readonly RuleEvidence[]
  /** What it costs to reverse later, in words. */
  readonly costToReverse: string
  /** One sentence: why this verdict. */
  readonly because: string
}

/**
 * Judges each decision.
 *
 * - not applicable: no rule of the decision, trial rules left out, had anything to examine;
 * - compounding: a critical finding, or high findings at three fix sites or more;
 * - drifting: any other finding of medium severity or more;
 * - sound: the rest. Low and info findings do not change a verdict, nor do trial rules.
 *
 * Only definite and probable findings count. Findings of a baseline count: known debt is debt. Findings that a comment
 * allows, with its reason, do not.
 */
export function makeScorecard(findings: readonly Finding[], evidence: readonly RuleEvidence[]): DecisionScore[] {
  return decisions.map((decision) => {
    const rules = evidence.filter((rule) => rule.rule.startsWith(`${decision.id}/`))
    const own = findings.filter((finding) => finding.decision === decision.id)
    const counted = own.filter((finding) => !finding.trial && finding.confidence !== 'possible')
    const verdict = judge(counted, rules)
    const checks = rules.filter((rule) => rule.examined > 0 && !rule.trial)
    const failing = new Set(counted.filter((finding) => weighs(finding.severity)).map((finding) => finding.rule))
    return {
      decision: decision.id,
      title: decision.title,
      verdict,
      passed: checks.filter((rule) => !failing.has(rule.rule)).length,
      checks: checks.length,
      findings: countBySeverity(own),
      evidence: rules,
      costToReverse: `${decision.reversal}: ${decision.reversalNote}`,
      because: because(decision.id, verdict, counted, rules),
    }
  })
}

function judge(findings: readonly Finding[], rules: readonly RuleEvidence[]): Verdict {
  if (!rules.some((rule) => rule.examined > 0 && !rule.trial) && findings.length === 0) return 'not applicable'
  const highSites = new Set(findings.filter((finding) => finding.severity === 'high').map(siteOf))
  if (highSites.size >= 3 || findings.some((finding) => finding.severity === 'critical')) return 'compounding'
  return findings.some((finding) => weighs(finding.severity)) ? 'drifting' : 'sound'
}

function because(
  decision: DecisionId,
  verdict: Verdict,
  findings: readonly Finding[],
  rules: readonly RuleEvidence[],
): string {
  if (verdict === 'not applicable') {
    const told = rules.find((rule) => rule.couldNotTell !== undefined)?.couldNotTell
    if (rules.length === 0) return `No rule judges ${decision} yet.`
    const trial = rules.find((rule) => rule.examined > 0)
    if (trial !== undefined)
      return `Examined: ${examined([trial])}. The rule is on trial, and a trial gives no verdict.`
    return told ?? 'Nothing of the kind was found here to examine.'
  }
  const worst = [...rules]
    .filter((rule) => rule.flagged > 0 && findings.some((finding) => finding.rule === rule.rule))
    .sort((a, b) => worstOf(findings, a) - worstOf(findings, b) || b.flagged - a.flagged)[0]
  if (worst === undefined) {
    const checked = rules.filter((rule) => rule.examined > 0 && !rule.trial)
    const most = [...checked].sort((a, b) => b.examined - a.examined || (a.rule < b.rule ? -1 : 1))
    return most.length === 0 ? 'Nothing found.' : `Nothing found. Examined: ${examined(most)}.`
  }
  const light = verdict === 'sound' ? 'Only of low severity. ' : ''
  // A rule that speaks once about many places has said the figure itself.
  const own = findings.filter((finding) => finding.rule === worst.rule)
  if (own.length === 1 && own[0] !== undefined) return `${light}${own[0].message.what}`
  // Some rules report every place of a thing that they count once.
  const share =
    worst.flagged > worst.examined
      ? `${thousands(worst.flagged)} places, ${thousands(worst.examined)}`
      : `${thousands(worst.flagged)} of ${thousands(worst.examined)}`
  return `${light}${worst.summary.replace(/\.$/, '')}: ${share} ${worst.of}.`
}

/** The largest kind of what was examined, and how many kinds there were: `routes (230) and 2 kinds more`. */
function examined(rules: readonly RuleEvidence[]): string {
  const kinds = new Map<string, number>()
  for (const rule of rules) if (!kinds.has(rule.of)) kinds.set(rule.of, rule.examined)
  const [[of, number] = ['', 0]] = kinds
  const more = kinds.size > 1 ? ` and ${kinds.size - 1} ${kinds.size === 2 ? 'kind' : 'kinds'} more` : ''
  return `${of} (${thousands(number)})${more}`
}

function thousands(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

function worstOf(findings: readonly Finding[], evidence: RuleEvidence): number {
  return Math.min(
    ...findings.filter((finding) => finding.rule === evidence.rule).map((finding) => severityRank(finding.severity)),
  )
}

function siteOf({ rule, fixSite }: Finding): string {
  return `${rule}\0${fixSite.path}\0${fixSite.name}`
}

function weighs(severity: Severity): boolean {
  return severityRank(severity) <= severityRank('medium')
}

function countBySeverity(findings: readonly Finding[]): Record<Severity, number> {
  const counts: Record<Severity, number> = { critical: 0, high: 0, medium: 0, low: 0, info: 0 }
  for (const severity of SEVERITIES)
    counts[severity] = findings.filter((finding) => finding.severity === severity).length
  return counts
}
