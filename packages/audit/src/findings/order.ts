// The one order of findings, so that the same tree gives the same bytes whatever order its files came in.
import { CONFIDENCES, SEVERITIES, type Severity } from '../detection/detection.ts'
import type { Confidence } from '../facts/place.ts'
import type { Finding } from './finding.ts'

/** Compares by code unit: no locale, the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** 0 is the worst severity. */
export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity)
}

/** 0 is the surest confidence. */
export function confidenceRank(confidence: Confidence): number {
  return CONFIDENCES.indexOf(confidence)
}

/** Most important first: severity, confidence, how many are affected; then place and rule for a total order. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    severityRank(a.severity) - severityRank(b.severity) ||
    confidenceRank(a.confidence) - confidenceRank(b.confidence) ||
    (b.fanOut ?? 0) - (a.fanOut ?? 0) ||
    compareText(a.place.path, b.place.path) ||
    a.place.line - b.place.line ||
    compareText(a.rule, b.rule) ||
    compareText(a.fingerprint, b.fingerprint)
  )
}

/**
 * Puts findings in the order of every report: round by round through the causes (the diagnosis, or the rule of a finding
 * without one) in the order in which they are read, so that a cause with a hundred findings does not hide what the others
 * have to say. One round is one fix site; what is of low severity waits after its first round until the others have been
 * told. A cause that is not named comes after those that are.
 */
export function orderFindings(findings: readonly Finding[], causes: readonly string[] = []): Finding[] {
  const sorted = [...findings].sort(compareFindings)
  const sites = new Map<string, number>()
  const sitesOfLane = new Map<string, number>()
  const rounds = new Map<Finding, number>()
  for (const finding of sorted) {
    const lane = causeOf(finding)
    const site = `${lane}\0${finding.rule}\0${finding.fixSite.path}\0${finding.fixSite.name}`
    const round = sites.get(site) ?? sitesOfLane.get(lane) ?? 0
    if (!sites.has(site)) {
      sites.set(site, round)
      sitesOfLane.set(lane, round + 1)
    }
    rounds.set(finding, round)
  }
  const ranks = new Map([...new Set(causes)].map((cause, rank) => [cause, rank]))
  const roundOf = (finding: Finding): number => rounds.get(finding) ?? 0
  const rankOf = (finding: Finding): number => ranks.get(causeOf(finding)) ?? causes.length
  // Of what is small the first of a cause is enough until all that weighs has been told.
  const isLast = (finding: Finding): number =>
    Number(roundOf(finding) > 0 && severityRank(finding.severity) > severityRank('medium'))
  return sorted.sort(
    (a, b) => isLast(a) - isLast(b) || roundOf(a) - roundOf(b) || rankOf(a) - rankOf(b) || compareFindings(a, b),
  )
}

/** What a finding is told under. */
const causeOf = ({ diagnosis, rule }: Finding): string => diagnosis ?? rule
