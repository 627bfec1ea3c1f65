// state/in-process-scheduler: a scheduler that starts inside each web process, so every job runs once per worker.
import type { Rule } from '../../rule/rule.ts'
import { python } from './in-process-scheduler.python.ts'
import { typescript } from './in-process-scheduler.typescript.ts'

export const rule: Rule = {
  id: 'state/in-process-scheduler',
  decision: 'state',
  severity: 'medium',
  effort: { minutes: 120, per: 'site' },
  trial: false,
  summary: 'A scheduler runs inside the web process, so every worker runs every job.',
  assures: { says: 'schedules run in a process of their own', from: 1 },
  judges: { python, typescript },
}
