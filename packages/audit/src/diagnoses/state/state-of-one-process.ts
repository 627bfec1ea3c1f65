// What one process remembers, the others do not know.

import { counted } from '../../detection/words.ts'
import type { Diagnosis } from '../../diagnosis/diagnosis.ts'
import { ofRules, placesOf } from '../../diagnosis/extent.ts'

const KINDS: Readonly<Record<string, string>> = {
  'state/process-state-in-request-path': 'module variables that requests change',
  'state/in-memory-session': 'sessions in memory',
  'state/local-disk-upload': 'files on the local disk',
  'state/local-disk-store': 'a store on the local disk',
  'state/process-cache': 'caches of what others change',
}

export const diagnosis: Diagnosis = {
  id: 'state/state-of-one-process',
  decision: 'state',
  summary: 'Requests leave state in one process or on its disk, where the others do not find it.',
  diagnose(context) {
    const found = ofRules(context, Object.keys(KINDS))
    if (placesOf(found) < 2) return []
    const kinds = [...new Set(found.map(({ rule }) => KINDS[rule] ?? rule))]
    const text = kinds.length < 2 ? kinds.join('') : `${kinds.slice(0, -1).join(', ')} and ${kinds.at(-1)}`
    return [
      {
        what: `Requests leave state behind in one process at ${counted(placesOf(found), 'place')}: ${text}.`,
        why: `Which answer a user gets depends on the process that the balancer picks${context.processes === '' ? '' : ` among ${context.processes}`}, and a restart forgets it.`,
        do: 'Say of each whether it may differ and may be lost; what may not belongs in the database, in Redis or in object storage.',
        findings: found,
      },
    ]
  },
}
