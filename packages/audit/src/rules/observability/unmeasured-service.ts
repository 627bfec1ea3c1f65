// observability/unmeasured-service: a service that publishes no request rates, errors and durations.
import type { Rule } from '../../rule/rule.ts'
import { python } from './unmeasured-service.python.ts'
import { typescript } from './unmeasured-service.typescript.ts'

export const rule: Rule = {
  id: 'observability/unmeasured-service',
  decision: 'observability',
  severity: 'medium',
  effort: { minutes: 240, per: 'once' },
  trial: false,
  summary: 'The service publishes no metrics, so load and latency are guessed.',
  assures: { says: 'metrics are published', from: 1 },
  judges: { python, typescript },
}
