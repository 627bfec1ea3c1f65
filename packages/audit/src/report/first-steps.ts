// What to change first: causes before places, in the order in which to take them up.

import { count, counted } from '../detection/words.ts'
import type { Place } from '../facts/place.ts'
import { severityRank } from '../findings/order.ts'
import { type EffortRange, formatEffort } from '../plan/effort.ts'
import type { PlanItem } from '../plan/plan.ts'
import type { AuditResult, CostedDiagnosis } from '../result/audit-result.ts'

/** One step as every format for people shows it. */
export interface Step {
  readonly what: string
  /** '' for a single place: its finding says why. */
  readonly why: string
  readonly do: string
  readonly place: Place
  /** Diagnosis or rule. */
  readonly id: string
  /** Extent and effort in words. */
  readonly facts: string
  /** Steps of this list that make it easier, by their number, 1 first. */
  readonly after: readonly number[]
  /** A diagnosis, not a single place. */
  readonly isCause: boolean
}

/**
 * Every diagnosis, then what no diagnosis explains, one of each rule before a second one of any; at most `limit`. A place
 * that is worse than a cause and mended sooner comes before it.
 */
export function firstSteps({ diagnoses, plan }: AuditResult, limit: number): readonly Step[] {
  const others = plan.filter(({ diagnosis }) => diagnosis === undefined)
  const heads = others.filter((item, index) => others.findIndex(({ rule }) => rule === item.rule) === index)
  const rest = others.filter((item) => !heads.includes(item))
  const places = [...heads, ...rest]
  const before = (item: PlanItem): number => {
    const index = diagnoses.findIndex((cause) => isSooner(item, cause))
    return index < 0 ? diagnoses.length : index
  }
  const order = [
    ...diagnoses.flatMap((cause, index) => [...heads.filter((item) => before(item) === index), cause]),
    ...places.filter((item) => !heads.includes(item) || before(item) === diagnoses.length),
  ].slice(0, limit)
  return order.map((one) => ('rule' in one ? placeStep(one) : causeStep(one, order)))
}

/** Whether a single place is worse than a cause and takes less time. */
function isSooner({ severity, effort }: PlanItem, cause: CostedDiagnosis): boolean {
  return severityRank(severity) < severityRank(cause.severity) && lengthOf(effort) < lengthOf(cause.effort)
}

/** A decision to take has no end that anybody could name. */
const lengthOf = (effort: EffortRange | undefined): number => effort?.most ?? Number.POSITIVE_INFINITY

function causeStep(
  { id, what, why, do: repair, places, files, changes, effort, first, after }: CostedDiagnosis,
  order: readonly (CostedDiagnosis | PlanItem)[],
): Step {
  const extent = places === 1 ? '1 place' : `${counted(places, 'place')} in ${counted(files, 'file')}`
  const changed =
    changes === undefined || changes < 0.01 ? '' : `, ${Math.round(changes * 100)} % of the recent commits touch them`
  return {
    what,
    why,
    do: repair,
    place: first,
    id,
    facts: `${extent}${changed}; ${effort === undefined ? 'a decision to take' : formatEffort(effort)}`,
    after: order.flatMap((other, index) => ('id' in other && after.includes(other.id) ? [index + 1] : [])),
    isCause: true,
  }
}

function placeStep({ what, do: repair, place, rule, effort, findings }: PlanItem): Step {
  const cost = effort === undefined ? 'a decision to take' : formatEffort(effort)
  return {
    what,
    why: '',
    do: repair,
    place,
    id: rule,
    facts: findings === 1 ? cost : `${cost}, removes ${count(findings)} findings`,
    after: [],
    isCause: false,
  }
}

/** How many steps there are besides those shown, with the effort of all; '' when all are shown. */
export function furtherSteps({ diagnoses, plan, effort }: AuditResult, shown: readonly Step[]): string {
  const told = shown.filter(({ isCause }) => isCause).length
  const causes = diagnoses.length - told
  const single = plan.filter(({ diagnosis }) => diagnosis === undefined).length
  const others = single - (shown.length - told)
  const parts = [
    ...(causes > 0 ? [`${counted(causes, 'more cause')}`] : []),
    ...(others > 0 ? [`${counted(others, causes > 0 ? 'single place' : 'more place')}`] : []),
  ]
  if (parts.length === 0) return ''
  return `${parts.join(' and ')}; everything together: ${formatEffort(effort)}, an estimate by rule that nobody has measured.`
}
