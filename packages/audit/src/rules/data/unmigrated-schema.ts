// data/unmigrated-schema: tables made by the application itself, so that no change of them is ever written down.
import type { Rule } from '../../rule/rule.ts'
import { python } from './unmigrated-schema.python.ts'
import { typescript } from './unmigrated-schema.typescript.ts'

export const rule: Rule = {
  id: 'data/unmigrated-schema',
  decision: 'data',
  severity: 'medium',
  effort: { minutes: 240, per: 'once' },
  trial: false,
  summary: 'Tables are created by the application instead of by migrations.',
  judges: { python, typescript },
}
