// Modules that everything leans on and everybody changes.

import { counted, listed } from '../../detection/words.ts'
import type { Diagnosis } from '../../diagnosis/diagnosis.ts'
import { ofRules } from '../../diagnosis/extent.ts'

const RULES = ['boundaries/god-module', 'boundaries/hub-module']

export const diagnosis: Diagnosis = {
  id: 'boundaries/overgrown-modules',
  decision: 'boundaries',
  summary: 'A few modules are imported by many, import many and are changed all the time.',
  after: ['boundaries/misplaced-module', 'boundaries/no-direction'],
  diagnose(context) {
    const found = ofRules(context, RULES)
    const [first] = [...found].sort((a, b) => (b.fanOut ?? 0) - (a.fanOut ?? 0))
    if (first === undefined) return []
    // One file may be told as large and as a hub.
    const names = [...new Set(found.map(({ place }) => `\`${place.path}\``))]
    return [
      {
        what:
          names.length === 1
            ? `\`${first.place.path}\` carries too much: ${counted(first.fanOut ?? 0, 'module')} import it.`
            : `${counted(names.length, 'module')} carry too much: ${listed(names, 4)}; up to ${counted(first.fanOut ?? 0, 'module')} import one of them.`,
        why: 'Every team works in the same files, and a change there is a change for all who import them.',
        do: 'Split the largest by what its users take from it: one file for each group of users, the old name kept as a list of re-exports until they have moved.',
        findings: found,
      },
    ]
  },
}
