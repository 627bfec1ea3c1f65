// observability/swallowed-exception: a handler for every exception that does nothing, in code that serves users or runs jobs.
import type { Rule } from '../../rule/rule.ts'
import { python } from './swallowed-exception.python.ts'
import { typescript } from './swallowed-exception.typescript.ts'

export const rule: Rule = {
  id: 'observability/swallowed-exception',
  decision: 'observability',
  severity: 'medium',
  effort: { minutes: 10, per: 'site' },
  trial: false,
  summary: 'Every exception is caught and dropped in code that serves requests or runs jobs.',
  judges: { python, typescript },
}
