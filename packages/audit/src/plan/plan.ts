// The plan: what to do first. One item for each distinct fix site, with what it takes and what it brings.
import type { FixSite, RuleId, Severity } from '../detection/detection.ts'
import type { Confidence, Place } from '../facts/place.ts'
import type { Finding } from '../findings/finding.ts'
import { impactOf } from '../findings/impact.ts'
import { compareFindings, compareText, confidenceRank, severityRank } from '../findings/order.ts'
import { wholeRepairs } from '../findings/whole-repair.ts'
import type { Effort } from '../rule/rule.ts'
import { type EffortContext, type EffortRange, effortOf } from './effort.ts'

/** One thing to do: all findings that one edit removes. */
export interface PlanItem {
  readonly rule: RuleId
  readonly severity: Severity
  readonly confidence: Confidence
  /** Id of the diagnosis that it belongs to. */
  readonly diagnosis?: string
  readonly fixSite: FixSite
  /** Where the finding is that tells of it: the line that a report names. */
  readonly place: Place
  readonly what: string
  readonly do: string
  /** Findings removed, and the routes (or tasks, modules) that profit. */
  readonly findings: number
  readonly fanOut: number
  readonly fingerprints: readonly string[]
  /** Undefined for decisions to take (`report` rules). */
  readonly effort: EffortRange | undefined
  /** What lengthens the estimate: `no test imports this module`, `hotspot`. */
  readonly because: readonly string[]
}

/** What the plan asks about the world. */
export interface PlanContext {
  effortOf(rule: string): Effort
  /** Whether tests are near a path and whether it is a hotspot. */
  around(path: string): EffortContext
}

/**
 * Orders fix sites by impact: by the cause that they belong to (a diagnosis, or the rule of what none explains), in the
 * order given; then by their own. Findings of trial rules are left out: they are not yet trusted enough to plan by.
 */
export function makePlan(
  findings: readonly Finding[],
  context: PlanContext,
  causes: readonly string[] = [],
): PlanItem[] {
  const groups = new Map<string, Finding[]>()
  const wholeOf = wholeRepairs(findings)
  for (const finding of findings) {
    if (finding.trial) continue
    const { rule, fixSite } = wholeOf(finding) ?? finding
    const effort = context.effortOf(rule)
    const key = effort.per === 'site' ? [rule, fixSite.path, fixSite.name].join('\0') : rule
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [finding])
    else group.push(finding)
  }
  const ranked = [...groups.values()].map(
    (group): Ranked => ({ item: planItem(group, wholeOf, context), impact: impactOf(group, undefined) }),
  )
  return inRounds(ranked.sort(compareItems), causes)
}

interface Ranked {
  readonly item: PlanItem
  readonly impact: number
}

/** The best item of each cause comes first, in the order of causes, then the second best of each. */
function inRounds(ranked: readonly Ranked[], causes: readonly string[]): PlanItem[] {
  const taken = new Map<string, number>()
  const rounds = new Map<PlanItem, number>()
  for (const { item } of ranked) {
    const lane = item.diagnosis ?? item.rule
    const round = taken.get(lane) ?? 0
    taken.set(lane, round + 1)
    rounds.set(item, round)
  }
  const roundOf = ({ item }: Ranked): number => rounds.get(item) ?? 0
  const rankOf = ({ item }: Ranked): number => {
    const rank = causes.indexOf(item.diagnosis ?? item.rule)
    return rank < 0 ? causes.length : rank
  }
  return [...ranked]
    .sort((a, b) => roundOf(a) - roundOf(b) || rankOf(a) - rankOf(b) || compareItems(a, b))
    .map(({ item }) => item)
}

function planItem(
  group: readonly Finding[],
  wholeOf: (finding: Finding) => Finding | undefined,
  context: PlanContext,
): PlanItem {
  const [worst] = [...group].sort(compareFindings) as [Finding] // A group has at least the finding that made it.
  const first = wholeOf(worst) ?? worst
  const diagnosis = first.diagnosis ?? group.find((finding) => finding.diagnosis !== undefined)?.diagnosis
  const effort = context.effortOf(first.rule)
  const around = context.around(first.fixSite.path)
  const because = [
    ...(around.untested ? ['no test imports this module'] : []),
    ...(around.hotspot ? ['one of the most changed files'] : []),
  ]
  return {
    rule: first.rule,
    severity: worst.severity,
    confidence: worst.confidence,
    ...(diagnosis === undefined ? {} : { diagnosis }),
    fixSite: first.fixSite,
    place: first.place,
    what: first.message.what,
    do: first.message.do,
    findings: group.length,
    fanOut: Math.max(0, ...group.map((finding) => finding.fanOut ?? 0)),
    fingerprints: group.map((finding) => finding.fingerprint).sort(compareText),
    effort: effort.per === 'report' ? undefined : effortOf(first.minutes ?? effort.minutes, around),
    because: effort.per === 'report' ? [] : because,
  }
}

function compareItems({ item: a, impact: one }: Ranked, { item: b, impact: other }: Ranked): number {
  return (
    other - one ||
    b.findings - a.findings ||
    severityRank(a.severity) - severityRank(b.severity) ||
    confidenceRank(a.confidence) - confidenceRank(b.confidence) ||
    compareText(a.fixSite.path, b.fixSite.path) ||
    a.fixSite.line - b.fixSite.line ||
    compareText(a.rule, b.rule) ||
    compareText(a.fixSite.name, b.fixSite.name)
  )
}
