// Detections for sites that block directly in an async body: the shape that five of the async rules share.
import type { Detection, Message, Severity } from '../../detection/detection.ts'
import type { LanguageName } from '../../facts/language-name.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { type AsyncAnalysis, asyncAnalysis } from './async-analysis.ts'
import type { BlockingSite, Family } from './blocking-sites.ts'

/** What differs between the rules. */
export interface SiteRule {
  readonly family: Family
  /** Severity when it is not the rule's. */
  severity?(site: BlockingSite, routes: number): Severity | undefined
  message(site: BlockingSite, name: string, routes: number, language: LanguageName): Message
}

/** Runs a rule over every async body. */
export function siteDetections(context: RuleContext, rule: SiteRule): RuleResult {
  const analysis = asyncAnalysis(context.program)
  const detections: Detection[] = []
  for (const { fn, standing } of analysis.bodies) {
    for (const site of analysis.sites(fn)) {
      if (site.family !== rule.family) continue
      const routes = analysis.program.reach.routes(fn)
      const severity = standing === 'startup' ? 'info' : rule.severity?.(site, routes)
      detections.push({
        place: { path: analysis.path(fn), line: site.line },
        subject: analysis.program.qualifiedName(fn),
        evidence: site.name,
        message: rule.message(site, analysis.program.qualifiedName(fn), routes, context.language),
        confidence: standing === 'startup' ? 'possible' : site.confidence,
        ...(severity === undefined ? {} : { severity }),
        fanOut: routes,
        // One function is one repair, however many calls it makes.
        fixSite: {
          path: analysis.path(fn),
          line: analysis.program.functionInfo(fn).line,
          name: analysis.program.fullName(fn),
        },
      })
    }
  }
  return { detections, examined: examined(analysis) }
}

/** The denominator of the async rules. */
export function examined(analysis: AsyncAnalysis): RuleResult['examined'] {
  const of = analysis.program.inference.isTypeScript ? 'functions of requests and jobs' : 'async functions'
  return { count: analysis.bodies.length, of }
}

/** What makes a function one that must not block. */
export function standsOnLoop(language: LanguageName): string {
  return language === 'typescript' ? 'runs on the event loop' : 'is async'
}

/** "14 routes reach it." or nothing. */
export function reachedBy(routes: number): string {
  return routes === 0 ? '' : routes === 1 ? ' One route reaches it.' : ` ${routes} routes reach it.`
}
