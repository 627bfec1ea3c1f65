// Nobody can see what the system does: logs as prose, no metrics, no error tracking.

import type { RuleId } from '../../detection/detection.ts'
import { counted, listed } from '../../detection/words.ts'
import type { Diagnosis } from '../../diagnosis/diagnosis.ts'
import { ofRules, placesOf } from '../../diagnosis/extent.ts'
import type { Finding } from '../../findings/finding.ts'

interface Part {
  readonly rule: RuleId
  /** What is missing, at so many places. */
  words(places: number, found: readonly Finding[]): string
  /** What sets it up, for a part of the whole application; what is done afterwards, for one of single places. */
  readonly remedy: string
  readonly isStructural: boolean
}

const PARTS: readonly Part[] = [
  {
    rule: 'observability/unstructured-log',
    words: (_, found) =>
      found.every(({ evidence }) => evidence === 'no log call')
        ? 'nothing is logged'
        : 'logs are prose without a request id',
    remedy: 'one logger with JSON and a request id',
    isStructural: true,
  },
  {
    rule: 'observability/untracked-errors',
    words: () => 'errors are tracked nowhere',
    remedy: 'error tracking',
    isStructural: true,
  },
  {
    rule: 'observability/unmeasured-service',
    words: () => 'no latency is measured',
    remedy: 'a histogram of latency',
    isStructural: true,
  },
  {
    rule: 'observability/unmeasured-queue',
    words: () => 'no queue is measured',
    remedy: 'a gauge of each queue',
    isStructural: true,
  },
  {
    rule: 'observability/print-as-log',
    words: (places) => `${counted(places, 'place prints', 'places print')} past the log`,
    remedy: 'replace the prints',
    isStructural: false,
  },
  {
    rule: 'observability/swallowed-exception',
    words: (places) => `${counted(places, 'place swallows', 'places swallow')} exceptions`,
    remedy: 'let the places that swallow exceptions report them',
    isStructural: false,
  },
]

export const diagnosis: Diagnosis = {
  id: 'observability/blind-operation',
  decision: 'observability',
  summary: 'Little of what happens in production can be seen: logs, errors and latency leave no usable trace.',
  diagnose(context) {
    const here = PARTS.flatMap((part) => {
      const found = ofRules(context, [part.rule])
      return found.length === 0 ? [] : [{ part, found }]
    })
    const setUp = here.filter(({ part }) => part.isStructural).map(({ part }) => part.remedy)
    const afterwards = here.filter(({ part }) => !part.isStructural).map(({ part }) => part.remedy)
    // A few prints beside logs, metrics and error tracking leave nobody blind.
    if (here.length < 2 || setUp.length === 0) return []
    const parts = here.map(({ part, found }) => part.words(placesOf(found), found))
    const then = afterwards.length === 0 ? '' : `; then ${listed(afterwards)}`
    return [
      {
        what: `Little of what happens in production can be seen: ${listed(parts, PARTS.length)}.`,
        why: 'The first hours of an outage go into finding out what happened, and what was not recorded cannot be found out later.',
        do: `Set up ${listed(setUp, PARTS.length)} where the application is made${then}.`,
        findings: here.flatMap(({ found }) => found),
      },
    ]
  },
}
