// observability/untracked-errors: a service whose exceptions go nowhere but to standard error.
import type { Rule } from '../../rule/rule.ts'
import { python } from './untracked-errors.python.ts'
import { typescript } from './untracked-errors.typescript.ts'

export const rule: Rule = {
  id: 'observability/untracked-errors',
  decision: 'observability',
  severity: 'medium',
  effort: { minutes: 60, per: 'once' },
  trial: false,
  summary: 'No error tracker or tracer is set up, so failures are found by users.',
  assures: { says: 'errors reach a tracker', from: 1 },
  judges: { python, typescript },
}
