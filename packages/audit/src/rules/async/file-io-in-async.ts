// Finds file reads and writes inside an async function.
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { reachedBy, siteDetections, standsOnLoop } from './site-detections.ts'

/** async/file-io-in-async. */
export const rule: Rule = {
  id: 'async/file-io-in-async',
  decision: 'async',
  severity: 'medium',
  effort: { minutes: 15, per: 'site' },
  trial: false,
  summary: 'A file is read, written or copied synchronously in an async function.',
  judges: { python: judge, typescript: judge },
}

function judge(context: RuleContext): RuleResult {
  return siteDetections(context, {
    family: 'file',
    severity: (_site, routes) => (routes === 0 ? 'low' : undefined),
    message: (site, name, routes, language) => ({
      what: `\`${name}\` ${standsOnLoop(language)} and calls \`${site.name}\`, which reads or writes the disk.`,
      why: `A large file, a full disk queue or a network volume stops the event loop for as long as it takes.${reachedBy(routes)}`,
      do:
        language === 'typescript'
          ? 'Use `node:fs/promises`, and a stream for what may be large; read what never changes once, at start-up.'
          : 'Hand the file work to `asyncio.to_thread` as one function, or use `anyio.Path` or `aiofiles`.',
    }),
  })
}
