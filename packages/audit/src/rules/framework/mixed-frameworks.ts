// framework/mixed-frameworks: two web frameworks answer requests in one service, so nothing is written once.
import type { Rule } from '../../rule/rule.ts'
import { python } from './mixed-frameworks.python.ts'
import { typescript } from './mixed-frameworks.typescript.ts'

export const rule: Rule = {
  id: 'framework/mixed-frameworks',
  decision: 'framework',
  severity: 'medium',
  effort: { minutes: 0, per: 'report' },
  trial: true,
  summary: 'One service answers requests through two web frameworks.',
  judges: { python, typescript },
}
