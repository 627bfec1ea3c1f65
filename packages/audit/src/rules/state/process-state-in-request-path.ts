// state/process-state-in-request-path: module-level variables that requests change, so each worker has its own truth.
import type { Rule } from '../../rule/rule.ts'
import { python } from './process-state-in-request-path.python.ts'
import { typescript } from './process-state-in-request-path.typescript.ts'

export const rule: Rule = {
  id: 'state/process-state-in-request-path',
  decision: 'state',
  severity: 'high',
  effort: { minutes: 120, per: 'site' },
  trial: false,
  summary: 'Requests or jobs change a module-level variable, which every process has for itself.',
  assures: {
    says: 'something outside of the process keeps what processes share: a job queue, Redis, object storage',
    from: Number.POSITIVE_INFINITY,
  },
  judges: { python, typescript },
}
