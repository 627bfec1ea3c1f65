// Finds async functions that call a sync function which, some calls further on, blocks.
import type { Detection } from '../../detection/detection.ts'
import type { FunctionId } from '../../graph/contract.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { asyncAnalysis, type Chain } from './async-analysis.ts'
import { severityOfSite } from './blocking-sites.ts'
import { sharedBodies } from './shared-bodies.ts'
import { examined, reachedBy, standsOnLoop } from './site-detections.ts'

/** async/blocking-chain-in-async. */
export const rule: Rule = {
  id: 'async/blocking-chain-in-async',
  decision: 'async',
  severity: 'high',
  effort: { minutes: 45, per: 'site' },
  trial: false,
  summary: 'An async function calls a sync function that blocks further down.',
  judges: { python: judge, typescript: judge },
}

function judge(context: RuleContext): RuleResult {
  const analysis = asyncAnalysis(context.program)
  const { program } = analysis
  const shared = sharedBodies(analysis)
  const detections: Detection[] = []
  for (const { fn, standing } of analysis.bodies) {
    // Middleware and shared dependencies have a rule of their own.
    if (shared.has(fn)) continue
    const first = new Map<FunctionId, { chain: Chain; lines: number[] }>()
    for (const arrow of analysis.syncCalls(fn)) {
      const line = analysis.lineOf(fn, arrow.node)
      const known = first.get(arrow.target)
      if (known !== undefined) {
        known.lines.push(line)
        continue
      }
      const chain = analysis.worstChain(fn, arrow)
      if (chain !== undefined) first.set(arrow.target, { chain, lines: [line] })
    }
    const routes = first.size === 0 ? 0 : program.reach.routes(fn)
    const path = analysis.path(fn)
    for (const [target, { chain, lines }] of first) {
      const name = program.qualifiedName(target)
      const holder = program.functionInfo(target)
      detections.push({
        place: { path, line: lines[0]! },
        subject: program.qualifiedName(fn),
        evidence: `${name} → ${chain.site.name}`,
        message: {
          what: `\`${program.qualifiedName(fn)}\` ${standsOnLoop(context.language)} and calls \`${name}\`, which ends in \`${chain.site.name}\`${steps(chain)}.`,
          why: `The event loop stands still for the whole chain.${reachedBy(routes)}`,
          do: `Make \`${name}\` async down to the call that waits, or ${context.language === 'typescript' ? 'hand it to a worker thread' : 'call it through `asyncio.to_thread`'}.`,
        },
        confidence: standing === 'startup' ? 'possible' : chain.confidence,
        severity: standing === 'startup' ? 'info' : severityOfSite(chain.site),
        chain: analysis.draw(chain),
        ...(lines.length === 1
          ? {}
          : { related: lines.slice(1).map((line) => ({ path, line, label: `${name}() again` })) }),
        fanOut: routes,
        fixSite: { path: analysis.path(target), line: holder.line, name: program.fullName(target) },
      })
    }
  }
  return { detections, examined: examined(analysis) }
}

function steps(chain: Chain): string {
  const between = chain.steps.length - 1
  return between === 0 ? '' : between === 1 ? ' one call further on' : ` ${between} calls further on`
}
