// mixed-frameworks in TypeScript: routes of Nest, Express, Fastify, Koa or Hono in one package.
import type { Detection } from '../../detection/detection.ts'
import { counted, listed } from '../../detection/words.ts'
import type { EntryPoint } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { addTo } from '../../survey/grouping.ts'
import { serversOf } from '../../survey/typescript-servers.ts'
import { oneFramework } from './one-framework.ts'

/** Below this share of the routes a second framework is a bridge or a remainder. */
const SHARE = 0.05
const ROUTES = 3
const NAMES: Readonly<Record<string, string>> = {
  nest: 'NestJS',
  express: 'Express',
  fastify: 'Fastify',
  koa: 'Koa',
  hono: 'Hono',
}

/** Servers that answer through two frameworks. */
export function typescript(context: RuleContext): RuleResult {
  const detections: Detection[] = []
  let routes = 0
  const every: EntryPoint[] = []
  for (const server of serversOf(context)) {
    const all = distinct(server.routes.filter((entry) => entry.kind === 'route' && entry.framework in NAMES))
    routes += all.length
    every.push(...all)
    const byFramework = new Map<string, EntryPoint[]>()
    for (const entry of all) addTo(byFramework, entry.framework, entry)
    const used = [...byFramework]
      .filter(([, own]) => own.length >= ROUTES && own.length / all.length >= SHARE)
      .sort((a, b) => b[1].length - a[1].length)
    const minority = used.at(-1)
    if (used.length < 2 || minority === undefined) continue
    const [name, own] = minority
    detections.push({
      place: own[0]!.place,
      subject: server.folder === '' ? 'application' : server.folder,
      evidence: used
        .map(([one]) => one)
        .sort()
        .join(' + '),
      message: {
        what: `One package answers requests through ${listed(used.map(([one, its]) => `${NAMES[one]} (${counted(its.length, 'route')})`))}.`,
        why: 'Authentication, validation, errors, limits and traces exist twice and drift apart; a person has to know both to follow one request.',
        do: `Choose one for new routes, put its middleware in front of all, and move the ${counted(own.length, 'route')} of ${NAMES[name]} when they change.`,
      },
      confidence: 'probable',
      related: own.slice(1, 6).map((entry) => ({ ...entry.place, label: entry.label })),
    })
  }
  return {
    detections,
    examined: { count: routes, of: 'routes' },
    ...(detections.length > 0 ? {} : oneFramework(context, every, (framework) => framework)),
  }
}

/** A route with several handlers is one route. */
function distinct(entries: readonly EntryPoint[]): EntryPoint[] {
  const seen = new Map<string, EntryPoint>()
  for (const entry of entries) {
    const key = `${entry.place.path}:${entry.place.line} ${entry.label}`
    if (!seen.has(key)) seen.set(key, entry)
  }
  return [...seen.values()]
}
