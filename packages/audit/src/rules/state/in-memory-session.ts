// state/in-memory-session: who is logged in is known to one worker, or to one disk, only.
import type { Rule } from '../../rule/rule.ts'
import { python } from './in-memory-session.python.ts'
import { typescript } from './in-memory-session.typescript.ts'

export const rule: Rule = {
  id: 'state/in-memory-session',
  decision: 'state',
  severity: 'high',
  effort: { minutes: 180, per: 'site' },
  trial: false,
  summary: 'Sessions are kept in the memory or on the disk of one worker.',
  assures: { says: 'sessions are kept outside of the process', from: 1 },
  judges: { python, typescript },
}
