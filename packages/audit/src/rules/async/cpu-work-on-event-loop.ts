// Finds work that keeps a core busy (images, tables, password hashes, compression) inside an async function.
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { reachedBy, siteDetections, standsOnLoop } from './site-detections.ts'

/** async/cpu-work-on-event-loop. */
export const rule: Rule = {
  id: 'async/cpu-work-on-event-loop',
  decision: 'async',
  severity: 'medium',
  effort: { minutes: 30, per: 'site' },
  trial: false,
  summary: 'CPU-heavy work (images, data frames, password hashing, compression) runs on the event loop.',
  judges: { python: judge, typescript: judge },
}

function judge(context: RuleContext): RuleResult {
  return siteDetections(context, {
    family: 'cpu',
    message: (site, name, routes, language) => ({
      what: `\`${name}\` ${standsOnLoop(language)} and calls \`${site.name}\`, which keeps a core busy.`,
      why: `The event loop serves nobody while it computes: hundreds of milliseconds for a password hash or an image.${reachedBy(routes)}`,
      do:
        language === 'typescript'
          ? 'Use the form without `Sync`, which runs in the thread pool of Node, or hand the work to a worker thread.'
          : 'Hand it to `asyncio.to_thread` if the library releases the interpreter lock, else to a process pool or a job queue.',
    }),
  })
}
