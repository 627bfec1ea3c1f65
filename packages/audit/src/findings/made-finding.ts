// Findings for the tests of reports, plan and scorecard.

import type { FixSite, Severity } from '../detection/detection.ts'
import type { Finding } from './finding.ts'

/** What a made finding may say differently. */
export interface MadeFinding {
  readonly rule?: Finding['rule']
  readonly path?: string
  readonly line?: number
  readonly severity?: Severity
  readonly confidence?: Finding['confidence']
  readonly fanOut?: number
  readonly trial?: boolean
  readonly fixSite?: FixSite
  readonly what?: string
  readonly silence?: Finding['silence']
}

/** A finding with a chain, an excerpt and a fingerprint made of its place. */
export function madeFinding(made: MadeFinding = {}): Finding {
  const { rule = 'async/blocking-call-in-async', path = 'app/main.py', line = 7 } = made
  const place = { path, line }
  return {
    rule,
    // A made rule begins with a decision.
    decision: rule.slice(0, rule.indexOf('/')) as Finding['decision'],
    place,
    subject: 'show',
    evidence: 'requests.get',
    message: {
      what: made.what ?? '`show` calls `requests.get`, which waits for the network.',
      why: 'Every other request of this worker waits with it.',
      do: 'Use `httpx.AsyncClient`.',
    },
    confidence: made.confidence ?? 'definite',
    severity: made.severity ?? 'high',
    trial: made.trial ?? false,
    fingerprint: `${rule}:${path}:${line}`,
    contentFingerprint: `${rule}:show`,
    fixSite: made.fixSite ?? { ...place, name: 'show' },
    chain: [
      { path, line: 3, label: 'GET /' },
      { path: 'app/http.py', line: 9, label: 'requests.get' },
    ],
    excerpt: [{ line, text: '    return requests.get(url)' }],
    ...(made.fanOut === undefined ? {} : { fanOut: made.fanOut }),
    ...(made.silence === undefined ? {} : { silence: made.silence }),
  }
}
