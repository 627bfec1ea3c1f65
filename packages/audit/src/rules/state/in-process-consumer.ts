// state/in-process-consumer: the web process is a consumer, a scheduler or a worker besides, in each of its copies.
import type { Rule } from '../../rule/rule.ts'
import { python } from './in-process-consumer.python.ts'
import { typescript } from './in-process-consumer.typescript.ts'

export const rule: Rule = {
  id: 'state/in-process-consumer',
  decision: 'state',
  severity: 'medium',
  effort: { minutes: 180, per: 'site' },
  trial: true,
  summary: 'The web process works off queues or runs loops of its own besides requests.',
  judges: { python, typescript },
}
