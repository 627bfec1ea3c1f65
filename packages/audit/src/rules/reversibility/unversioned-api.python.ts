// unversioned-api in Python: public routes whose contract has no version, so no breaking change can be made in peace.
import type { Detection } from '../../detection/detection.ts'
import type { EntryPoint } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { mountPlace, putsVersionBefore } from '../../survey/version-mounts.ts'
import { isProduct } from '../../survey/whereabouts.ts'

const LEAST_ROUTES = 10
const VERSION = /(?:^|[/._-])v\d+(?:[/._-]|$)|(?:^|\/)\d{4}-\d{2}-\d{2}(?:\/|$)/i
/** Fewer routes with a version than this share are an exception, not a contract. */
const SHARE = 0.1
/** Pages, health checks and the inside of a site have no outside clients. */
const INTERNAL = /admin|internal|debug|health|static|media|webhook|metrics|docs|openapi|login|logout|livez|readyz/i
const API_STYLE: ReadonlySet<string> = new Set([
  'fastapi',
  'starlette',
  'flask-restful',
  'flask_restful',
  'flask-restx',
  'drf',
  'rest_framework',
  'django-rest-framework',
  'ninja',
  'django-ninja',
  'litestar',
  'sanic',
])

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const routes = publicRoutes(context)
  const examined = { count: routes.length, of: 'public API routes' }
  if (routes.length < LEAST_ROUTES) return { detections: [], examined: { ...examined, count: 0 } }
  const versioned = routes.filter(
    (route) =>
      VERSION.test(route.label) ||
      VERSION.test(context.program.modules[context.program.functionInfo(route.function).module]!.path),
  )
  if (versioned.length > routes.length * SHARE || putsVersionBefore(context)) return { detections: [], examined }
  const first = routes[0]!
  const detection: Detection = {
    place: mountPlace(context, routes) ?? first.place,
    subject: 'routes',
    evidence: 'no version',
    message: {
      what: `${routes.length - versioned.length} of ${routes.length} public API routes have no version in their path, and none is asked for in a header.`,
      why: 'The first change that breaks a client has to be made for all clients on one day, or never.',
      do: 'Serve the API below `/v1` (or ask for a version header with a default) before the first outside client exists.',
    },
    confidence: 'probable',
    related: routes.slice(1, 6).map((route) => ({ ...route.place, label: route.label })),
  }
  return { detections: [detection], examined }
}

function publicRoutes({ program }: RuleContext): EntryPoint[] {
  return program.entries.filter((entry) => {
    if (entry.kind !== 'route' || !API_STYLE.has(entry.framework.toLowerCase()) || INTERNAL.test(entry.label))
      return false
    return isProduct(program.modules[program.functionInfo(entry.function).module]!)
  })
}
