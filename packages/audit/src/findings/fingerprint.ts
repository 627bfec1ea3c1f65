// Fingerprints: what makes a finding the same finding tomorrow. Lines are not part of it.
import { createHash } from 'node:crypto'
import type { Detection, RuleId } from '../detection/detection.ts'
import { compareText } from './order.ts'

/** A detection with its rule and its two fingerprints. */
export interface Fingerprinted {
  readonly rule: RuleId
  readonly detection: Detection
  readonly fingerprint: string
  readonly contentFingerprint: string
}

/**
 * Gives each detection of a rule its fingerprints. Equal ones in one file (the same call twice in one function) are
 * told apart by their order, so that adding a third does not rename the first two.
 */
export function fingerprint(rule: RuleId, detections: readonly Detection[]): Fingerprinted[] {
  const sorted = [...detections].sort(
    (a, b) =>
      compareText(a.place.path, b.place.path) || a.place.line - b.place.line || compareText(a.subject, b.subject),
  )
  const seen = new Map<string, number>()
  return sorted.map((detection) => {
    const content = [rule, detection.subject, normalise(detection.evidence)]
    const key = [detection.place.path, ...content].join('\0')
    const occurrence = seen.get(key) ?? 0
    seen.set(key, occurrence + 1)
    return {
      rule,
      detection,
      fingerprint: hash([detection.place.path, ...content, String(occurrence)]),
      contentFingerprint: hash([...content, String(occurrence)]),
    }
  })
}

/** Formatting does not count: white space is one space, quotes are one kind. */
function normalise(evidence: string): string {
  return evidence.replace(/\s+/g, ' ').replace(/["']/g, "'").trim()
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 20)
}
