// A connection to the database is opened by requests instead of taken from a pool.

import { counted, listed } from '../../detection/words.ts'
import type { Diagnosis } from '../../diagnosis/diagnosis.ts'
import { frequent, ofRules, placesOf, routesReached } from '../../diagnosis/extent.ts'

export const diagnosis: Diagnosis = {
  id: 'data/connection-per-request',
  decision: 'data',
  summary: 'Requests open connections to the database of their own.',
  diagnose(context) {
    const found = ofRules(context, ['data/connection-per-request'])
    if (placesOf(found) < 2) return []
    const openers = frequent(found.map(({ evidence }) => evidence.replace(/^.*:\s*/, ''))).map((name) => `\`${name}\``)
    const routes = routesReached(context, found)
    return [
      {
        what: `Requests open a connection to the database for themselves, at ${counted(placesOf(found), 'place')} (${listed(openers)}).`,
        why: `Opening costs more than most queries, and the number of connections follows the load${routes === '' ? '' : `; the widest place serves ${routes}`}${context.processes === '' ? '' : `, in ${context.processes}`}.`,
        do: 'Make one pool at start-up and let these places borrow from it.',
        findings: found,
      },
    ]
  },
}
