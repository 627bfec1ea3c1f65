// data/named-prepared-statements: a driver that caches prepared statements by name, behind a pooler that changes sessions.
import type { Rule } from '../../rule/rule.ts'
import { python } from './named-prepared-statements.python.ts'
import { typescript } from './named-prepared-statements.typescript.ts'

export const rule: Rule = {
  id: 'data/named-prepared-statements',
  decision: 'data',
  severity: 'medium',
  effort: { minutes: 15, per: 'site' },
  trial: false,
  summary: 'A driver caches named prepared statements although a transaction pooler is in use.',
  judges: { python, typescript },
}
