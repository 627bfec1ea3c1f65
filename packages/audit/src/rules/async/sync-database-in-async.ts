// Finds database round trips through a synchronous session, connection or manager inside an async function.
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { reachedBy, siteDetections, standsOnLoop } from './site-detections.ts'

/** async/sync-database-in-async. */
export const rule: Rule = {
  id: 'async/sync-database-in-async',
  decision: 'async',
  severity: 'high',
  effort: { minutes: 30, per: 'site' },
  trial: false,
  summary: 'A synchronous database call stands in an async function and stops its event loop for a round trip.',
  judges: { python: judge, typescript: judge },
}

function judge(context: RuleContext): RuleResult {
  return siteDetections(context, {
    family: 'database',
    message: (site, name, routes, language) => ({
      what: `\`${name}\` ${standsOnLoop(language)} and calls \`${site.name}\`, a synchronous database operation.`,
      why: `The event loop waits for the database, so a slow query or lock stops every request of the worker.${reachedBy(routes)}`,
      do:
        language === 'typescript'
          ? 'Use a driver that gives promises, or keep this database in a worker thread.'
          : 'Use the async session or the `a…` methods, make the function `def` where the framework runs that in a thread, or hand the work to `asyncio.to_thread`.',
    }),
  })
}
