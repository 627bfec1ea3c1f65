// Causes: what findings have in common, in the order in which a reader should meet them.
import type { RuleId } from '../detection/detection.ts'
import type { Finding } from './finding.ts'
import { impactOf } from './impact.ts'
import { compareText, severityRank } from './order.ts'
import { wholeRepairs } from './whole-repair.ts'

/** A diagnosis, as far as order goes. */
export interface RankedCause {
  readonly severity: Finding['severity']
  readonly impact: number
}

/** The findings of one rule that no diagnosis explains, most important first. */
export interface RuleCause extends RankedCause {
  readonly rule: RuleId
  readonly trial: boolean
  readonly findings: readonly Finding[]
}

/** What no diagnosis explains, by rule: most harmful first, rules on trial last. */
export function unexplained(findings: readonly Finding[]): readonly RuleCause[] {
  const byRule = new Map<RuleId, Finding[]>()
  const wholeOf = wholeRepairs(findings)
  for (const finding of findings) {
    if (finding.diagnosis !== undefined) continue
    // What another finding's repair removes is told with it.
    const whole = wholeOf(finding)
    const rule = whole?.diagnosis === undefined ? (whole?.rule ?? finding.rule) : finding.rule
    const known = byRule.get(rule)
    if (known === undefined) byRule.set(rule, [finding])
    else known.push(finding)
  }
  return [...byRule]
    .map(([rule, own]): RuleCause => {
      const [worst] = [...own].sort((a, b) => severityRank(a.severity) - severityRank(b.severity)) as [Finding] // One made the group.
      const ownFirst = [...own.filter((one) => one.rule === rule), ...own.filter((one) => one.rule !== rule)]
      const { trial, severity } = worst
      return { rule, trial, findings: ownFirst, severity, impact: impactOf(own, undefined) }
    })
    .sort(
      (a, b) =>
        Number(a.trial) - Number(b.trial) ||
        Number(isSmall(a)) - Number(isSmall(b)) ||
        b.impact - a.impact ||
        compareText(a.rule, b.rule),
    )
}

/** Whether a cause is worth a line and no more: nothing of it weighs in a verdict. */
export function isSmall({ severity }: RankedCause): boolean {
  return severityRank(severity) > severityRank('medium')
}

/**
 * Diagnoses in their own order, which says what makes what easier, and between them the rules: before the first diagnosis
 * that harms less. What is small and what is on trial comes last.
 */
export function inReadingOrder<Diagnosed extends RankedCause, Ruled extends RuleCause>(
  diagnoses: readonly Diagnosed[],
  rules: readonly Ruled[],
  isSooner: (rule: Ruled, diagnosis: Diagnosed) => boolean,
): readonly (Diagnosed | Ruled)[] {
  const waiting = rules.filter((rule) => !rule.trial && !isSmall(rule))
  const order: (Diagnosed | Ruled)[] = []
  for (const diagnosis of diagnoses) {
    for (const rule of waiting)
      if (!order.includes(rule) && (rule.impact > diagnosis.impact || isSooner(rule, diagnosis))) order.push(rule)
    order.push(diagnosis)
  }
  const all = [...order, ...rules.filter((rule) => !order.includes(rule))]
  const isLast = (cause: Diagnosed | Ruled): boolean => isSmall(cause) || ('trial' in cause && cause.trial)
  return [...all.filter((cause) => !isLast(cause)), ...all.filter(isLast)]
}
