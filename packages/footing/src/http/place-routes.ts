// The full path of every route, how it is described, and what its call of an operation takes and answers.
import type { Middleware } from '../module/middleware.ts'
import type { AnyRoute } from '../module/route.ts'
import { type AnswerShape, readAnswer } from './answer-shape.ts'
import { type CallMapping, readMapping } from './call-mapping.ts'
import type { HttpOptions, MountedRoute } from './http-options.ts'

/** The routes of one module. */
export interface ModuleRoutes {
  readonly module: string
  readonly routes: readonly AnyRoute[]
  /** Middleware around all of them. */
  readonly use?: readonly Middleware[]
}

/** A route with the names it has in logs and descriptions. */
export interface PlacedRoute {
  readonly route: AnyRoute
  readonly module: string
  /** Full path as the server writes it: `/api/articles/:slug`. */
  readonly url: string
  /** Full path as descriptions write it: `/api/articles/{slug}`. */
  readonly path: string
  /** Middleware of its module. */
  readonly use: readonly Middleware[]
  /** What is known about the request when it calls an operation. */
  readonly mapping: CallMapping | undefined
  /** Form of the usual answer when that comes from an operation. */
  readonly shape: AnswerShape | undefined
}

/** Path in front of the routes when the application names none. */
const defaultBasePath = '/v1'

/**
 * Puts the base path in front of all routes, in the order of their modules.
 * @throws TypeError for a base path or a path that does not begin with a slash; `route-unclear`, `schema-unusable`
 */
export function placeRoutes(modules: readonly ModuleRoutes[], http: HttpOptions): readonly PlacedRoute[] {
  const basePath = basePathOf(http)
  return modules.flatMap(({ module, routes, use = [] }) =>
    routes.map((route) => {
      if (!route.path.startsWith('/'))
        throw new TypeError(`The path ${JSON.stringify(route.path)} must begin with a slash.`)
      return placeRoute(route, module, basePath + (route.path === '/' && basePath !== '' ? '' : route.path), use)
    }),
  )
}

/**
 * Gives a route its place.
 * @throws `route-unclear`, `schema-unusable`
 */
export function placeRoute(route: AnyRoute, module: string, url: string, use: readonly Middleware[] = []): PlacedRoute {
  const path = url.replaceAll(/:([A-Za-z0-9_]+)/g, '{$1}')
  const label = `${route.method} ${path}`
  const { does } = route
  const called = does.kind === 'call' ? does : undefined
  return {
    route,
    module,
    url,
    path,
    use,
    mapping: called && readMapping(route, called, label),
    // A route that declares its answer itself is checked by that.
    shape: called && route.out === undefined ? readAnswer(route, called, label) : undefined,
  }
}

/** The base path without a slash at its end. */
export function basePathOf(http: HttpOptions): string {
  const basePath = http.basePath ?? defaultBasePath
  if (basePath !== '' && !basePath.startsWith('/')) throw new TypeError('basePath must begin with a slash.')
  return basePath.replace(/\/+$/, '')
}

/** A route as `running.routes` tells it. */
export function describeRoute(placed: PlacedRoute): MountedRoute {
  const { route, path, module } = placed
  return {
    method: route.method,
    path,
    module,
    operationId: operationIdOf(placed),
    auth: route.auth,
    deprecated: route.deprecated ?? false,
  }
}

/** Name of a route in the API description: its own, else made of method and path, `getArticlesBySlug`. */
export function operationIdOf({ route }: PlacedRoute): string {
  if (route.operationId !== undefined) return route.operationId
  const words = route.path
    .split('/')
    .filter((part) => part !== '')
    .map((part) => (part.startsWith(':') ? `By${capital(part.slice(1))}` : capital(part)))
  return `${route.method.toLowerCase()}${words.join('').replaceAll(/[^A-Za-z0-9]/g, '')}`
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
