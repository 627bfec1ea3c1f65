// observability/print-as-log: print in code that serves users or runs jobs, where nobody reads standard output line by line.
import type { Rule } from '../../rule/rule.ts'
import { python } from './print-as-log.python.ts'
import { typescript } from './print-as-log.typescript.ts'

export const rule: Rule = {
  id: 'observability/print-as-log',
  decision: 'observability',
  severity: 'medium',
  effort: { minutes: 3, per: 'site' },
  trial: false,
  summary: 'Code that serves requests or runs jobs prints instead of logging.',
  judges: { python, typescript },
}
