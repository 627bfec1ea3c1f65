// The scorecard: a verdict per decision from findings and from what was examined. Formula version 1, in docs and here.
import { type DecisionId, decisions } from '@footing/kernel'
import type { DecisionScore, RuleEvidence, Verdict } from '../audit-result.ts'
import type { Finding, Severity } from '../findings/finding.ts'
import { SEVERITIES } from '../findings/finding.ts'
import { severityRank } from '../findings/order.ts'

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
    if (rules.some((rule) => rule.examined > 0))
      return 'Only a rule on trial looks at this, and a trial gives no verdict.'
    return told ?? 'Nothing of the kind was found here to examine.'
  }
  const worst = [...rules]
    .filter((rule) => rule.flagged > 0 && findings.some((finding) => finding.rule === rule.rule))
    .sort((a, b) => worstOf(findings, a) - worstOf(findings, b) || b.flagged - a.flagged)[0]
  if (worst === undefined) {
    const examined = rules.filter((rule) => rule.examined > 0 && !rule.trial)
    const most = [...examined].sort((a, b) => b.examined - a.examined || (a.rule < b.rule ? -1 : 1))
    const kinds = [...new Set(most.map((rule) => `${rule.examined} ${rule.of}`))].slice(0, 2)
    return kinds.length === 0 ? 'Nothing found.' : `Nothing found in ${kinds.join(' and ')}.`
  }
  // Some rules report every place of a thing that they count once.
  const share =
    worst.flagged > worst.examined
      ? `${worst.flagged} places, ${worst.examined}`
      : `${worst.flagged} of ${worst.examined}`
  return `${shortName(worst.rule)}: ${share} ${worst.of}.`
}

function worstOf(findings: readonly Finding[], evidence: RuleEvidence): number {
  return Math.min(
    ...findings.filter((finding) => finding.rule === evidence.rule).map((finding) => severityRank(finding.severity)),
  )
}

function shortName(rule: string): string {
  return rule.slice(rule.indexOf('/') + 1)
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
