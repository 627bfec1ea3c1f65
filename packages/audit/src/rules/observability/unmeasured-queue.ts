// observability/unmeasured-queue: a job queue whose length and age nobody measures.
import type { Rule } from '../../rule/rule.ts'
import { python } from './unmeasured-queue.python.ts'
import { typescript } from './unmeasured-queue.typescript.ts'

export const rule: Rule = {
  id: 'observability/unmeasured-queue',
  decision: 'observability',
  severity: 'medium',
  effort: { minutes: 120, per: 'once' },
  trial: false,
  summary: 'Jobs are queued and nobody measures how many wait or how long.',
  assures: { says: 'queues are measured', from: 1 },
  judges: { python, typescript },
}
