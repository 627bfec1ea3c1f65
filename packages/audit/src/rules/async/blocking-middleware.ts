// Finds blocking work in middleware, exception handlers and shared dependencies: one place that slows every request.
import type { ChainStep, Detection, RelatedPlace, Severity } from '../../detection/detection.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { asyncAnalysis, defined } from './async-analysis.ts'
import { severityOfSite } from './blocking-sites.ts'
import { sharedBodies } from './shared-bodies.ts'

/** async/blocking-middleware. */
export const rule: Rule = {
  id: 'async/blocking-middleware',
  decision: 'async',
  severity: 'critical',
  effort: { minutes: 60, per: 'site' },
  trial: false,
  summary: 'Middleware, an exception handler or a shared dependency blocks the event loop for every request.',
  judges: { python: judge, typescript: judge },
}

interface Hit {
  readonly line: number
  readonly label: string
  readonly confidence: 'definite' | 'probable'
  readonly rank: number
  readonly chain: readonly ChainStep[] | undefined
}

const RANK = { high: 0, medium: 1, low: 2 } as const

function judge(context: RuleContext): RuleResult {
  const analysis = asyncAnalysis(context.program)
  const detections: Detection[] = []
  const shared = sharedBodies(analysis)
  for (const { fn, entry, routes } of shared.values()) {
    const hits: Hit[] = []
    for (const site of analysis.sites(fn)) {
      if (site.confidence === 'possible') continue
      hits.push({
        line: site.line,
        label: site.name,
        confidence: site.confidence,
        rank: RANK[severityOfSite(site)],
        chain: undefined,
      })
    }
    for (const arrow of analysis.syncCalls(fn)) {
      const chain = analysis.worstChain(fn, arrow)
      if (chain === undefined) continue
      hits.push({
        line: analysis.lineOf(fn, arrow.node),
        label: `${analysis.program.qualifiedName(arrow.target)}() → ${chain.site.name}`,
        confidence: chain.confidence === 'definite' ? 'definite' : 'probable',
        rank: RANK[severityOfSite(chain.site)],
        chain: analysis.draw(chain),
      })
    }
    if (hits.length === 0) continue
    hits.sort((a, b) => a.line - b.line)
    const first = hits[0]!
    const worst = Math.min(...hits.map((hit) => hit.rank))
    const path = analysis.path(fn)
    const info = analysis.program.functionInfo(fn)
    const related: RelatedPlace[] = hits.slice(1).map((hit) => ({ path, line: hit.line, label: hit.label }))
    const chain = first.chain ?? [
      { path, line: info.line, label: defined(info.name, info.isAsync, analysis.program.inference.isTypeScript) },
      { path, line: first.line, label: first.label },
    ]
    detections.push({
      place: { path, line: first.line },
      subject: info.name,
      evidence: hits.map((hit) => hit.label).join(', '),
      message: {
        what: `${describe(entry.kind)} \`${info.name}\` blocks the event loop: \`${first.label}\`${hits.length > 1 ? ` and ${hits.length - 1} more` : ''}.`,
        why: `${passes(routes)} and each of them stops all the others while this waits.`,
        do:
          context.language === 'typescript'
            ? 'Make the work async, or do it once at start-up and keep the result.'
            : 'Make the work async, hand it to a thread, or (for a dependency) declare it `def` so that the framework runs it in its thread pool.',
      },
      confidence: hits.some((hit) => hit.confidence === 'definite') ? 'definite' : 'probable',
      severity: severityOf(worst, routes),
      chain,
      ...(related.length === 0 ? {} : { related }),
      fanOut: routes,
      fixSite: { path, line: info.line, name: analysis.program.fullName(fn) },
    })
  }
  return { detections, examined: { count: shared.size, of: 'async middleware, handlers and shared dependencies' } }
}

function describe(kind: string): string {
  return kind === 'dependency' ? 'The dependency' : kind === 'middleware' ? 'The middleware' : 'The exception handler'
}

function passes(routes: number): string {
  if (routes === 0) return 'Requests pass through it,'
  return routes === 1 ? 'One route passes through it,' : `${routes} routes pass through it,`
}

function severityOf(worst: number, routes: number): Severity {
  if (worst !== RANK.high) return worst === RANK.medium ? 'medium' : 'low'
  return routes === 0 || routes >= 3 ? 'critical' : 'high'
}
