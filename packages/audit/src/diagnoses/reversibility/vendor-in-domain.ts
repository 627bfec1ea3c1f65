// A vendor's SDK is called from all over the domain.

import { counted, listed } from '../../detection/words.ts'
import type { Diagnosis } from '../../diagnosis/diagnosis.ts'
import { frequent, ofRules, placesOf } from '../../diagnosis/extent.ts'

export const diagnosis: Diagnosis = {
  id: 'reversibility/vendor-in-domain',
  decision: 'reversibility',
  summary: "A vendor's SDK is called from several packages of the domain.",
  diagnose(context) {
    const found = ofRules(context, ['reversibility/scattered-vendor-sdk', 'reversibility/vendor-sdk-outside-driver'])
    if (placesOf(found) < 2) return []
    const vendors = frequent(
      found.map(({ fixSite, evidence }) => /:\s*(.+)$/.exec(fixSite.name)?.[1] ?? evidence.split(' in ')[0] ?? ''),
    )
    return [
      {
        what: `${capital(listed(vendors))} ${vendors.length === 1 ? 'is' : 'are'} called directly at ${counted(placesOf(found), 'place')} of the domain.`,
        why: 'A change of vendor, of its API or of its price becomes a change in each of them, and none can be tested without it.',
        do: 'Put each vendor behind one interface of your own, named after what you need it for, and let the rest call that.',
        findings: found,
      },
    ]
  },
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
