// Outgoing calls that nothing ends.

import { counted, listed } from '../../detection/words.ts'
import type { Diagnosis } from '../../diagnosis/diagnosis.ts'
import { filesOf, frequent, ofRules } from '../../diagnosis/extent.ts'
import type { Finding } from '../../findings/finding.ts'

const RULE = 'async/call-without-timeout'
const FEW = 3

export const diagnosis: Diagnosis = {
  id: 'async/unbounded-calls',
  decision: 'async',
  summary: 'Outgoing calls have no time-out.',
  diagnose(context) {
    const found = ofRules(context, [RULE])
    const calls = found.reduce((sum, finding) => sum + callsOf(finding), 0)
    if (calls < FEW) return []
    const clients = frequent(found.map(({ evidence }) => evidence.replace(/^.*:\s*/, ''))).map((name) => `\`${name}\``)
    const worst = found.filter(({ severity }) => severity === 'high' || severity === 'critical')
    const [first] = worst
    return [
      {
        what: `${counted(calls, 'outgoing call')} in ${counted(filesOf(found), 'file')} have no time-out: ${listed(clients)}.`,
        why:
          first === undefined
            ? 'When one of those who are called hangs, the workers that call it hang with it, one after the other.'
            : `When one of those who are called hangs, the workers hang with it; \`${first.subject}\` is in the way of every request.`,
        do: 'Give each client one time-out for connecting and one for reading, where it is made, not at each call; begin with what requests wait for.',
        findings: found,
      },
    ]
  },
}

/** A finding of one file says how many calls it has. */
function callsOf({ message, related }: Finding): number {
  const told = /^([\d,]+) outgoing/.exec(message.what)?.[1]
  return told === undefined ? 1 + (related?.length ?? 0) : Number(told.replaceAll(',', ''))
}
