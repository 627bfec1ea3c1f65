// deep-import: reaching past the public face of another domain package.
import type { Rule } from '../../rule/rule.ts'
import { python } from './deep-import.python.ts'
import { typescript } from './deep-import.typescript.ts'

export const rule: Rule = {
  id: 'boundaries/deep-import',
  decision: 'boundaries',
  severity: 'low',
  effort: { minutes: 10, per: 'site' },
  trial: false,
  summary: 'Code takes a private name or an inner module of another domain package.',
  judges: { python, typescript },
}
