// The number of queries grows with the number of rows.

import { counted } from '../../detection/words.ts'
import type { Diagnosis } from '../../diagnosis/diagnosis.ts'
import { ofRules, placesOf, routesReached } from '../../diagnosis/extent.ts'

const FEW = 3

export const diagnosis: Diagnosis = {
  id: 'data/queries-in-loops',
  decision: 'data',
  summary: 'Queries stand in loops, so their number grows with the data.',
  diagnose(context) {
    const found = ofRules(context, ['data/query-in-loop'])
    if (placesOf(found) < FEW) return []
    const [first] = found
    const routes = routesReached(context, found)
    return [
      {
        what: `Queries stand in loops at ${counted(placesOf(found), 'place')}, \`${first?.subject ?? ''}\` first among them: one query for each element.`,
        why: `What takes ten queries in a test takes thousands for the largest customer${routes === '' ? '' : `; the widest place serves ${routes}`}.`,
        do: 'Ask once for all elements (`IN`, a join, the ORM’s preloading), and let a test count the queries of the routes that list things.',
        findings: found,
      },
    ]
  },
}
