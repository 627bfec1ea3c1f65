// state/process-cache: answers of the database that a worker keeps for itself, so that workers tell different truths.
import type { Rule } from '../../rule/rule.ts'
import { python } from './process-cache.python.ts'
import { typescript } from './process-cache.typescript.ts'

export const rule: Rule = {
  id: 'state/process-cache',
  decision: 'state',
  severity: 'medium',
  effort: { minutes: 60, per: 'site' },
  trial: true,
  summary: 'A worker remembers for itself what others change.',
  judges: { python, typescript },
}
