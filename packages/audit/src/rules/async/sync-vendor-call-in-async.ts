// Finds calls of a vendor's synchronous SDK inside an async function.
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { reachedBy, siteDetections } from './site-detections.ts'

/** async/sync-vendor-call-in-async. */
export const rule: Rule = {
  id: 'async/sync-vendor-call-in-async',
  decision: 'async',
  severity: 'high',
  effort: { minutes: 30, per: 'site' },
  trial: false,
  summary: "A vendor's synchronous SDK calls its service over the network from an async function.",
  judges: { python: judge },
}

function judge(context: RuleContext): RuleResult {
  return siteDetections(context, {
    family: 'vendor',
    message: (site, name, routes) => ({
      what: `\`${name}\` is async and calls \`${site.name}\`, which talks to the vendor's service synchronously.`,
      why: `A vendor call takes tenths of a second on a good day, and every request of the worker waits with it.${reachedBy(routes)}`,
      do: "Use the vendor's async client where there is one (`AsyncOpenAI`, `aioboto3`), else hand the call to `asyncio.to_thread`.",
    }),
  })
}
