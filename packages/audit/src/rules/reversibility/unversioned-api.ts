// reversibility/unversioned-api: public routes whose contract has no version, so no breaking change can be made in peace.
import type { Rule } from '../../rule/rule.ts'
import { python } from './unversioned-api.python.ts'
import { typescript } from './unversioned-api.typescript.ts'

export const rule: Rule = {
  id: 'reversibility/unversioned-api',
  decision: 'reversibility',
  severity: 'low',
  effort: { minutes: 240, per: 'once' },
  trial: false,
  summary: 'Public routes carry no version in path, header or schema.',
  assures: { says: 'public routes carry a version', from: 1 },
  judges: { python, typescript },
}
