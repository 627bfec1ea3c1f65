// reversibility/data-access-without-seam: routes that speak to the ORM themselves, so the data layer cannot change alone.
import type { Rule } from '../../rule/rule.ts'
import { python } from './data-access-without-seam.python.ts'
import { typescript } from './data-access-without-seam.typescript.ts'

export const rule: Rule = {
  id: 'reversibility/data-access-without-seam',
  decision: 'reversibility',
  severity: 'low',
  effort: { minutes: 0, per: 'report' },
  trial: false,
  summary: 'Most route modules call the ORM themselves.',
  assures: { says: 'routes ask a layer of their own', from: 3 },
  judges: { python, typescript },
}
