// data/session-state: settings, temporary tables and held cursors that outlive their transaction and leak through a pooler.
import type { Rule } from '../../rule/rule.ts'
import { python } from './session-state.python.ts'
import { typescript } from './session-state.typescript.ts'

export const rule: Rule = {
  id: 'data/session-state',
  decision: 'data',
  severity: 'medium',
  effort: { minutes: 30, per: 'site' },
  trial: false,
  summary: 'A statement changes the session, not the transaction, and leaks to the next user of a pooled connection.',
  judges: { python, typescript },
}
