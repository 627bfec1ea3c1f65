// unmeasured-service in TypeScript: servers that publish no rates, errors and durations.

import { counted } from '../../detection/words.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { METERS, nameOf, serversWithout } from './server-telemetry.ts'

/** Judges a TypeScript program. */
export function typescript(context: RuleContext): RuleResult {
  return serversWithout(context, METERS, (server) => ({
    evidence: 'no metrics',
    message: {
      what: `No metrics library, meter or APM agent is declared for ${nameOf(server)}.`,
      why: `Nobody can say which of ${counted(server.routes.length, 'route')} is slow at the 99th percentile, or when it became so; history cannot be collected afterwards.`,
      do: 'Publish a histogram of request durations by route and status (`prom-client` or an OpenTelemetry meter), and look at percentiles, not averages.',
    },
  }))
}
