// state/session-affinity: a balancer that sends a user to the same process again, because the others do not know him.
import type { Detection } from '../../detection/detection.ts'
import { listed } from '../../detection/words.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'

export const rule: Rule = {
  id: 'state/session-affinity',
  decision: 'state',
  once: true,
  severity: 'medium',
  effort: { minutes: 480, per: 'once' },
  trial: true,
  summary: 'The load balancer sends a user to the same process again.',
  judges: { python: judge, typescript: judge },
}

function judge({ config }: RuleContext): RuleResult {
  const { affinity } = config
  const first = affinity[0]
  const examined = { count: Math.max(config.services.length, affinity.length), of: 'services and balancers' }
  if (first === undefined) return { detections: [], examined }
  const detection: Detection = {
    place: first.place,
    subject: '<repository>',
    evidence: first.what,
    message: {
      what: `Users stay with one process: ${listed([...new Set(affinity.map(({ what }) => what))])}.`,
      why: 'A process that is full cannot be relieved, one that goes takes its users with it, and every deployment is a log-out; it also hides that something is kept in memory.',
      do: 'Move what a process keeps to Redis or the database (sessions, sockets through a back plane, uploads), then take the affinity away.',
    },
    confidence: 'definite',
    related: affinity.slice(1, 11).map(({ what, place }) => ({ ...place, label: what })),
  }
  return { detections: [detection], examined }
}
