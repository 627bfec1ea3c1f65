// From detections to findings: fingerprints, severity, silence by comments, excerpts. Pure but for the source reader.

import type { Detection, RuleId, Severity, Topic } from '../detection/detection.ts'
import type { ExcerptLine } from '../discover/source-tree.ts'
import { commentRule } from '../rule/comment-rules.ts'
import type { Rule, RuleResult } from '../rule/rule.ts'
import type { AuditSettings } from '../settings/settings.ts'
import type { Finding } from './finding.ts'
import { type Fingerprinted, fingerprint } from './fingerprint.ts'
import { orderFindings } from './order.ts'
import type { Suppressions } from './suppression.ts'

/** What a rule said in this run. */
export interface RuleOutcome {
  readonly rule: Rule
  readonly result: RuleResult
}

/** Lines of a file around a line; empty for what cannot be read. */
export type ExcerptReader = (path: string, line: number) => readonly ExcerptLine[]

/** Every finding of the run, most important first, those allowed by a comment marked so. Excerpts come later. */
export function collectFindings(
  outcomes: readonly RuleOutcome[],
  suppressions: Suppressions,
  settings: AuditSettings,
  knownRules: ReadonlySet<string>,
): Finding[] {
  const findings: Finding[] = []
  for (const { rule, result } of outcomes) {
    const override = settings.rules[rule.id]
    for (const item of fingerprint(rule.id, result.detections)) {
      const severity =
        override === undefined || override === 'off' ? (item.detection.severity ?? rule.severity) : override
      findings.push(finding(item, severity, rule.trial, suppressions.reasonFor(rule.id, item.detection)))
    }
  }
  const ran = new Set<string>(outcomes.map(({ rule }) => rule.id))
  const faults = new Map<RuleId, Detection[]>()
  for (const { rule, detection } of suppressions.faults(knownRules, ran)) {
    faults.set(rule, [...(faults.get(rule) ?? []), detection])
  }
  for (const [id, detections] of faults) {
    for (const item of fingerprint(id, detections))
      findings.push(finding(item, commentRule(id).severity, false, undefined))
  }
  return orderFindings(findings)
}

/** The same findings with their source lines; one about a whole file or repository has no line to show. */
export function withExcerpts(findings: readonly Finding[], read: ExcerptReader): Finding[] {
  return findings.map((finding) => {
    const whole = finding.subject === '<file>' || finding.subject === '<repository>'
    return { ...finding, excerpt: whole ? [] : read(finding.place.path, finding.place.line) }
  })
}

function finding(item: Fingerprinted, severity: Severity, trial: boolean, reason: string | undefined): Finding {
  const { detection, rule } = item
  return {
    ...detection,
    rule,
    decision: rule.slice(0, rule.indexOf('/')) as Topic, // RuleId is `${Topic}/…` by type.
    severity,
    trial,
    fingerprint: item.fingerprint,
    contentFingerprint: item.contentFingerprint,
    fixSite: detection.fixSite ?? { ...detection.place, name: detection.subject },
    excerpt: [],
    ...(reason === undefined ? {} : { silence: { by: 'comment' as const, reason } }),
  }
}
