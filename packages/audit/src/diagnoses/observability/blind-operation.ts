// Nobody can see what the system does: logs as prose, no metrics, no error tracking.

import { counted } from '../../detection/words.ts'
import type { Diagnosis } from '../../diagnosis/diagnosis.ts'
import { ofRules, placesOf } from '../../diagnosis/extent.ts'

const KINDS: readonly (readonly [string, (places: number) => string])[] = [
  ['observability/unstructured-log', () => 'logs are prose without a request id'],
  ['observability/untracked-errors', () => 'errors are tracked nowhere'],
  ['observability/unmeasured-service', () => 'no latency is measured'],
  ['observability/unmeasured-queue', () => 'no queue is measured'],
  ['observability/print-as-log', (places) => `${counted(places, 'place prints', 'places print')} past the log`],
  [
    'observability/swallowed-exception',
    (places) => `${counted(places, 'place swallows', 'places swallow')} exceptions`,
  ],
]

const STRUCTURAL = KINDS.map(([rule]) => rule).slice(0, 4)

export const diagnosis: Diagnosis = {
  id: 'observability/blind-operation',
  decision: 'observability',
  summary: 'Little of what happens in production can be seen: logs, errors and latency leave no usable trace.',
  diagnose(context) {
    const parts = KINDS.flatMap(([rule, words]) => {
      const places = placesOf(ofRules(context, [rule]))
      return places === 0 ? [] : [words(places)]
    })
    // A few prints beside logs, metrics and error tracking leave nobody blind.
    const isBlind = STRUCTURAL.some((rule) => ofRules(context, [rule]).length > 0)
    if (parts.length < 2 || !isBlind) return []
    const found = ofRules(
      context,
      KINDS.map(([rule]) => rule),
    )
    return [
      {
        what: `Little of what happens in production can be seen: ${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}.`,
        why: 'The first hours of an outage go into finding out what happened, and what was not recorded cannot be found out later.',
        do: 'Set up one logger with JSON and a request id, error tracking and a histogram of latency where the application is made; then replace the prints.',
        findings: found,
      },
    ]
  },
}
