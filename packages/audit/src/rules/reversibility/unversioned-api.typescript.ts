// unversioned-api in TypeScript: a server that describes its API to others and gives it no version.
import type { Detection } from '../../detection/detection.ts'
import type { EntryPoint } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'

import { packageInUse, type Server, serversOf } from '../../survey/typescript-servers.ts'
import { mountPlace, putsVersionBefore } from '../../survey/version-mounts.ts'

const LEAST_ROUTES = 10
const VERSION = /(?:^|[/._-])v\d+(?:[/._-]|$)|(?:^|\/)\d{4}-\d{2}-\d{2}(?:\/|$)/i
/** Fewer routes with a version than this share are an exception, not a contract. */
const SHARE = 0.1
/** Who publishes a description has clients that it does not build itself. */
const DESCRIPTIONS = [
  '@nestjs/swagger',
  '@fastify/swagger',
  'fastify-swagger',
  'swagger-jsdoc',
  'swagger-ui-express',
  'tsoa',
  '@hono/zod-openapi',
  'hono-openapi',
  'express-openapi-validator',
  'koa2-swagger-ui',
  '@asteasolutions/zod-to-openapi',
  '@omer-x/openapi-types',
]
const INTERNAL =
  /admin|internal|debug|health|static|assets|media|webhook|metrics|docs|openapi|swagger|login|logout|livez|readyz|favicon/i
/** Methods of HTTP; queries and mutations of GraphQL change by adding fields. */
const HTTP = /^(?:GET|POST|PUT|PATCH|DELETE|ALL) /

/** Servers with public routes and no version anywhere. */
export function typescript(context: RuleContext): RuleResult {
  const servers = serversOf(context)
    .filter((server) => packageInUse(server, DESCRIPTIONS) !== '')
    .map((server) => ({ server, routes: publicRoutes(server) }))
    .filter(({ routes }) => routes.length >= LEAST_ROUTES)
  const examined = { count: servers.reduce((sum, { routes }) => sum + routes.length, 0), of: 'public API routes' }
  const detections = servers
    .filter(({ server, routes }) => {
      const versioned = routes.filter((route) => VERSION.test(route.label) || VERSION.test(route.place.path))
      return versioned.length <= routes.length * SHARE && !putsVersionBefore(context, server.folder)
    })
    .map(
      ({ server, routes }): Detection => ({
        place: mountPlace(context, routes) ?? routes[0]!.place,
        subject: server.folder === '' ? 'routes' : server.folder,
        evidence: 'no version',
        message: {
          what: `${routes.length} routes of a described API have no version in their path, and none is asked for in a header.`,
          why: 'The first change that breaks a client has to be made for all clients on one day, or never.',
          do: 'Serve the API below `/v1` (in NestJS `app.enableVersioning`), or ask for a version header with a default, before the first outside client exists.',
        },
        confidence: 'probable',
        related: routes.slice(1, 6).map((route) => ({ ...route.place, label: route.label })),
      }),
    )
  return { detections, examined }
}

function publicRoutes({ routes }: Server): EntryPoint[] {
  const seen = new Map<string, EntryPoint>()
  for (const route of routes) {
    if (route.kind === 'route' && HTTP.test(route.label) && !INTERNAL.test(route.label))
      seen.set(`${route.place.path} ${route.label}`, route)
  }
  return [...seen.values()]
}
