// observability/unstructured-log: logs as prose, without fields and without the id that joins the lines of one request.
import type { Rule } from '../../rule/rule.ts'
import { python } from './unstructured-log.python.ts'
import { typescript } from './unstructured-log.typescript.ts'

export const rule: Rule = {
  id: 'observability/unstructured-log',
  decision: 'observability',
  severity: 'medium',
  effort: { minutes: 480, per: 'once' },
  trial: false,
  summary: 'Logs have no fields and no request id.',
  assures: { says: 'log lines have fields', from: 1 },
  judges: { python, typescript },
}
