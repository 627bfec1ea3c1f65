// The order of a report: causes by impact, what is worse and sooner mended before, what makes another one easier before it.
import { inReadingOrder, type RankedCause, type RuleCause, unexplained } from '../findings/causes.ts'
import type { Finding } from '../findings/finding.ts'
import { severityRank } from '../findings/order.ts'
import { addEfforts, type EffortRange } from './effort.ts'
import type { PlanItem } from './plan.ts'

/** A diagnosis with what its repair may take. */
export interface CostedCause extends RankedCause {
  readonly effort?: EffortRange
}

/** The findings of one rule that no diagnosis explains, with what their repair may take; without it a decision to take. */
export interface CostedRule extends RuleCause {
  readonly effort?: EffortRange
}

/** Every cause once, in the order in which a reader should meet them. */
export function causesInOrder<Diagnosed extends CostedCause>(
  diagnoses: readonly Diagnosed[],
  findings: readonly Finding[],
  plan: readonly PlanItem[],
): readonly (Diagnosed | CostedRule)[] {
  const rules = unexplained(findings).map((cause): CostedRule => {
    const own = plan.filter(({ rule, diagnosis }) => diagnosis === undefined && rule === cause.rule)
    const efforts = own.map(({ effort }) => effort).filter((effort) => effort !== undefined)
    return efforts.length === 0 ? cause : { ...cause, effort: addEfforts(efforts) }
  })
  return inReadingOrder(diagnoses, rules, isSooner)
}

/** Whether a rule's places are worse than a cause and take less time. */
function isSooner(rule: CostedRule, cause: CostedCause): boolean {
  return severityRank(rule.severity) < severityRank(cause.severity) && lengthOf(rule) < lengthOf(cause)
}

/** A decision to take has no end that anybody could name. */
const lengthOf = ({ effort }: CostedCause): number => effort?.most ?? Number.POSITIVE_INFINITY
