// The scorecard: a verdict per decision from findings and from what was examined and reached. Formula version 3, in docs and here.
import { type DecisionId, decisions } from '@footing/kernel'
import { type RuleId, SEVERITIES, type Severity } from '../detection/detection.ts'
import { count, counted, listed } from '../detection/words.ts'
import type { Finding } from '../findings/finding.ts'
import { severityRank } from '../findings/order.ts'

/**
 * `nothing found`: nothing of weight among what was examined; `drifting`: costs now; `compounding`: gets dearer each week; `could not tell`: too little was
 * reached or examined to say even that.
 */
export type Verdict = 'nothing found' | 'drifting' | 'compounding' | 'could not tell' | 'not applicable'

/** How far the audit could follow the system: without reach nothing can be said. */
export interface Reach {
  /** False for a run that takes no inventory. */
  readonly isKnown: boolean
  /** Files of code that serves, and programs that do. */
  readonly files: number
  readonly programs: number
  /** Routes, jobs and schedules that lead to a function. */
  readonly entries: number
  /** Registrations of routes that were followed, and that were not. */
  readonly found: number
  readonly lost: number
}

/** What a run without an inventory knows of reach. */
export const UNKNOWN_REACH: Reach = { isKnown: false, files: 0, programs: 0, entries: 0, found: 0, lost: 0 }

/** Decisions whose rules begin at what is entered from outside. */
const FROM_ENTRIES: ReadonlySet<DecisionId> = new Set<DecisionId>(['async', 'state', 'observability'])
/** A tree of fewer files is small enough for few things to examine. */
const SMALL = 30
/** With fewer things examined in a larger tree, silence says nothing. */
const FEW_EXAMINED = 20
/** Findings of medium severity that are only inferred turn a decision together, not alone. */
const SEVERAL = 3

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
  /** What speaks for the decision: "errors reach a tracker". */
  readonly assurance?: string
  /** What would speak for it, and does not. */
  readonly wouldAssure?: string
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
 * - compounding: a critical finding, or high findings at three fix sites or more;
 * - drifting: a high finding, a definite one of medium severity, three places of medium severity that are only probable, or a
 *   diagnosis of medium severity;
 * - could not tell: nothing of that, and no entry point was found to begin at, most registrations of routes lead nowhere,
 *   too little was examined for the size of the tree, nothing was seen that speaks for the decision, or rules on trial report
 *   something of medium severity or more;
 * - not applicable: there is nothing here that the decision is about;
 * - nothing found: the rest. Low and info findings do not change a verdict, nor do trial rules.
 *
 * Only definite and probable findings count. Findings of a baseline count: known debt is debt. Findings that a comment
 * allows, with its reason, do not. `causes` are what the diagnoses say of each decision, most harmful first.
 */
export function makeScorecard(
  findings: readonly Finding[],
  evidence: readonly RuleEvidence[],
  reach: Reach = UNKNOWN_REACH,
  causes: ReadonlyMap<DecisionId, string> = new Map(),
): DecisionScore[] {
  return decisions.map((decision) => {
    const rules = evidence.filter((rule) => rule.rule.startsWith(`${decision.id}/`))
    const own = findings.filter((finding) => finding.decision === decision.id)
    const counted = own.filter((finding) => !finding.trial && finding.confidence !== 'possible')
    // What a rule on trial saw that speaks for the decision is a fact; what it finds turns nothing.
    const checks = rules.filter((rule) => rule.examined > 0 && (!rule.trial || rule.assurance !== undefined))
    // What a diagnosis says together weighs, also where its findings one by one do not.
    const judged = judge(counted)
    const weighty = judged === 'nothing found' && causes.has(decision.id) ? 'drifting' : judged
    const doubt =
      weighty === 'nothing found' ? (doubtOf(decision.id, counted, rules, checks, reach) ?? trialDoubt(own)) : undefined
    const beside = doubt?.because.startsWith(ON_TRIAL) === true ? '' : besideVerdict(own)
    const verdict = doubt?.verdict ?? weighty
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
      because:
        (doubt?.because ??
          because(verdict, counted, rules, checks, beside !== '', causes.get(decision.id)) + beyond(verdict, reach)) +
        beside,
    }
  })
}

function judge(findings: readonly Finding[]): Verdict {
  const highSites = new Set(findings.filter((finding) => finding.severity === 'high').map(siteOf))
  if (highSites.size >= 3 || findings.some((finding) => finding.severity === 'critical')) return 'compounding'
  if (highSites.size > 0) return 'drifting'
  const medium = findings.filter((finding) => finding.severity === 'medium')
  if (medium.some((finding) => finding.confidence === 'definite')) return 'drifting'
  return new Set(medium.map(siteOf)).size >= SEVERAL ? 'drifting' : 'nothing found'
}

interface Doubt {
  readonly verdict: 'could not tell' | 'not applicable'
  readonly because: string
}

/** Why a decision with nothing of weight against it is not passed over; undefined when it may be. */
function doubtOf(
  decision: DecisionId,
  findings: readonly Finding[],
  rules: readonly RuleEvidence[],
  checks: readonly RuleEvidence[],
  reach: Reach,
): Doubt | undefined {
  if (rules.length === 0) return { verdict: 'not applicable', because: `No rule judges ${decision} yet.` }
  const isLarge = reach.isKnown && reach.files >= SMALL
  if (checks.length === 0 && findings.length === 0) {
    const onTrial = rules.filter((rule) => rule.examined > 0)
    const why = onTrial.find(
      ({ couldNotTell }) => couldNotTell !== undefined && !isOfLanguage(couldNotTell),
    )?.couldNotTell
    if (why !== undefined) return { verdict: 'could not tell', because: why }
    if (onTrial.length > 0) {
      const of = `Examined: ${examined(onTrial)}.`
      return {
        verdict: 'could not tell',
        because: `${of} What judges ${decision} is on trial and gives no verdict yet.`,
      }
    }
    const told = rules.find((rule) => rule.couldNotTell !== undefined && !isOfLanguage(rule.couldNotTell))?.couldNotTell
    const unread = rules.filter((rule) => rule.couldNotTell !== undefined && isOfLanguage(rule.couldNotTell)).length
    if (told !== undefined) return { verdict: 'could not tell', because: told }
    if (isLarge && decision !== 'services' && decision !== 'framework')
      return {
        verdict: 'could not tell',
        because: `None of the ${rules.length} checks had anything to examine in ${count(reach.files)} files${unread > 0 ? `; ${unread} of them do not read this language` : ''}.`,
      }
    if (decision === 'services' && reach.isKnown && reach.programs <= 2)
      return {
        verdict: 'not applicable',
        because: 'One system serves here: there is nothing between services to judge.',
      }
    return { verdict: 'not applicable', because: 'Nothing of the kind was found here to examine.' }
  }
  if (reach.isKnown && FROM_ENTRIES.has(decision)) {
    if (reach.entries === 0 && isLarge)
      return {
        verdict: 'could not tell',
        because: `No route and no job was found in ${count(reach.files)} files, so nothing could be followed from a request; the framework that registers them is not known here.`,
      }
    if (reach.lost > reach.found)
      return {
        verdict: 'could not tell',
        because: `${count(reach.lost)} of ${count(reach.found + reach.lost)} registrations of routes lead nowhere that could be followed; what they reach was not judged.`,
      }
  }
  const things = checks.reduce((sum, rule) => sum + rule.examined, 0)
  if (isLarge && rules.length > 2 && (checks.length < 2 || things < FEW_EXAMINED))
    return {
      verdict: 'could not tell',
      because: `Only ${checks.length} of ${rules.length} checks had something to examine in ${count(reach.files)} files: ${examined(checks)}. ${findings.length === 0 ? 'Nothing found there.' : lessWords(findings)}`,
    }
  // That nothing was found is no praise: something has to speak for the decision.
  if (reach.isKnown && !rules.some(({ assurance }) => assurance !== undefined)) {
    const missing = rules.flatMap(({ wouldAssure }) => wouldAssure ?? []).slice(0, NAMED)
    return {
      verdict: 'could not tell',
      because: `${findings.length === 0 ? 'Nothing found.' : lessWords(findings)} Examined: ${examined(checks)}. But nothing was seen that speaks for it${missing.length === 0 ? '' : `, such as that ${listed(missing)}`}.`,
    }
  }
  return undefined
}

const ON_TRIAL = 'Rules on trial, which turn no verdict, report '

/** Places of rules on trial: shown below, so a verdict that is made without them says so. */
function besideVerdict(findings: readonly Finding[]): string {
  const places = placesOf(findings.filter(({ trial, confidence }) => trial && confidence !== 'possible'))
  return places === 0 ? '' : ` Beside it ${counted(places, 'place')} of rules on trial, which turn no verdict.`
}

/** What rules on trial found turns no decision, but nobody says beside them that nothing was found. */
function trialDoubt(findings: readonly Finding[]): Doubt | undefined {
  const told = findings.filter(
    ({ trial, severity, confidence }) => trial && weighs(severity) && confidence !== 'possible',
  )
  const places = placesOf(told)
  const [first] = told
  if (first === undefined) return undefined
  return {
    verdict: 'could not tell',
    because: `${ON_TRIAL}${places === 1 ? 'one place' : `${count(places)} places`}: ${first.message.what}`,
  }
}

/** "This rule does not read TypeScript" says something of a rule, not of the repository. */
const isOfLanguage = (text: string): boolean => text.startsWith('This rule does not read ')

function because(
  verdict: Verdict,
  findings: readonly Finding[],
  rules: readonly RuleEvidence[],
  checks: readonly RuleEvidence[],
  isOnTrial: boolean,
  cause: string | undefined,
): string {
  if (verdict !== 'nothing found' && cause !== undefined) return cause
  const worst = [...rules]
    .filter((rule) => rule.flagged > 0 && findings.some((finding) => finding.rule === rule.rule))
    .sort((a, b) => worstOf(findings, a) - worstOf(findings, b) || b.flagged - a.flagged)[0]
  const most = [...checks].sort((a, b) => b.examined - a.examined || (a.rule < b.rule ? -1 : 1))
  const looked = most.length === 0 ? '' : ` Examined: ${examined(most)}.`
  const saw = rules.flatMap(({ assurance }) => assurance ?? []).slice(0, NAMED)
  const speaks = saw.length === 0 ? '' : ` For it speaks that ${listed(saw)}.`
  if (worst === undefined)
    return `${isOnTrial ? 'Nothing found by rules that judge' : 'Nothing found'}.${looked}${speaks}`
  if (verdict === 'nothing found') return `${lessWords(findings)}${looked}${speaks}`
  // A rule that speaks once about many places has said the figure itself.
  const own = findings.filter((finding) => finding.rule === worst.rule)
  if (own.length === 1 && own[0] !== undefined) return own[0].message.what
  return `${worst.summary.replace(/\.$/, '')}: at ${count(worst.flagged)} places; examined: ${examined([worst])}.`
}

/** What was found below what turns a verdict, by its severity. */
function lessWords(findings: readonly Finding[]): string {
  const medium = placesOf(findings.filter(({ severity }) => severity === 'medium'))
  const lower = placesOf(findings.filter(({ severity }) => severity !== 'medium'))
  const few = medium === 0 ? [] : [`${counted(medium, 'place')} of medium severity, inferred`]
  const words = [...few, ...(lower === 0 ? [] : [`${counted(lower, 'place')} of low severity`])].join('; ')
  return medium === 0 ? `Nothing of weight; ${words}.` : `Too little to turn the verdict: ${words}.`
}

function placesOf(findings: readonly Finding[]): number {
  return new Set(findings.map(({ place }) => `${place.path}:${place.line}`)).size
}

/** What a verdict that stands does not cover. */
function beyond(verdict: Verdict, { lost, found }: Reach): string {
  if (verdict === 'not applicable' || lost === 0 || lost * 4 < found) return ''
  return ` ${count(lost)} registrations of routes could not be followed; there may be more.`
}

/** Kinds of what was examined that are named. */
const NAMED = 3

/** What was examined, by kind: `routes (230), async functions (41) and 2 kinds more`. */
function examined(rules: readonly RuleEvidence[]): string {
  const kinds = new Map<string, number>()
  for (const rule of rules) kinds.set(rule.of, Math.max(kinds.get(rule.of) ?? 0, rule.examined))
  const all = [...kinds].map(([of, number]) => `${of} (${count(number)})`)
  const more = all.length - NAMED
  if (more > 0) return `${all.slice(0, NAMED).join(', ')} and ${more} ${more === 1 ? 'kind' : 'kinds'} more`
  return all.length < 2 ? (all[0] ?? 'nothing') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`
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
