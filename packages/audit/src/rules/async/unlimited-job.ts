// async/unlimited-job: jobs that nothing ends, so that one that hangs keeps its worker until somebody looks.
import type { Rule } from '../../rule/rule.ts'
import { python } from './unlimited-job.python.ts'
import { typescript } from './unlimited-job.typescript.ts'

export const rule: Rule = {
  id: 'async/unlimited-job',
  decision: 'async',
  severity: 'medium',
  effort: { minutes: 60, per: 'once' },
  trial: false,
  summary: 'Jobs have no time limit, so that one that hangs keeps its worker.',
  assures: { says: 'jobs have a time limit', from: 1 },
  judges: { python, typescript },
}
