// The event loop waits for the network, a process, the disk or a computation.

import { counted, listed } from '../../detection/words.ts'
import type { Diagnosis } from '../../diagnosis/diagnosis.ts'
import { behind, frequent, ofRules, placesOf, routesReached } from '../../diagnosis/extent.ts'
import { BLOCKING, primitiveOf } from './primitives.ts'

const FEW = 3

export const diagnosis: Diagnosis = {
  id: 'async/waiting-event-loop',
  decision: 'async',
  summary: 'The event loop waits for the network, a process, the disk or a computation.',
  diagnose(context) {
    const found = ofRules(context, BLOCKING)
    if (placesOf(found) < FEW) return []
    const primitives = frequent(found.map(primitiveOf)).map((name) => `\`${name}\``)
    const routes = routesReached(context, found)
    return [
      {
        what: `The event loop waits at ${counted(placesOf(found), 'place')}, for ${listed(primitives, 4)}${behind(found)}.`,
        why: `Each wait is shared by all requests of the process${routes === '' ? '' : `; the widest of these places serves ${routes}`}.`,
        do: 'Begin with the function behind most of them: an async client where there is one, a thread for what only waits, a process pool for what computes.',
        findings: found,
      },
    ]
  },
}
