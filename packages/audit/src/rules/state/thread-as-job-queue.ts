// state/thread-as-job-queue: work handed to a thread of the web process, which dies with it and is never tried again.
import type { Rule } from '../../rule/rule.ts'
import { python } from './thread-as-job-queue.python.ts'
import { typescript } from './thread-as-job-queue.typescript.ts'

export const rule: Rule = {
  id: 'state/thread-as-job-queue',
  decision: 'state',
  severity: 'medium',
  effort: { minutes: 90, per: 'site' },
  trial: false,
  summary: 'A request leaves work that should be a job to a thread or a promise of its process.',
  judges: { python, typescript },
}
