// The full path of every route, and how it is described.
import type { AnyRoute } from '../module/route.ts'
import type { HttpOptions, MountedRoute } from './http-options.ts'
import type { PlacedRoute } from './mount-route.ts'

/** The routes of one module. */
export interface ModuleRoutes {
  readonly module: string
  readonly routes: readonly AnyRoute[]
}

/** Path in front of the routes when the application names none. */
export const defaultBasePath = '/v1'

/**
 * Puts the base path in front of all routes, in the order of their modules.
 * @throws TypeError for a base path or a path that does not begin with a slash
 */
export function placeRoutes(modules: readonly ModuleRoutes[], http: HttpOptions): readonly PlacedRoute[] {
  const basePath = basePathOf(http)
  return modules.flatMap(({ module, routes }) =>
    routes.map((route) => {
      if (!route.path.startsWith('/'))
        throw new TypeError(`The path ${JSON.stringify(route.path)} must begin with a slash.`)
      const url = basePath + (route.path === '/' && basePath !== '' ? '' : route.path)
      return { route, module, url, path: url.replaceAll(/:([A-Za-z0-9_]+)/g, '{$1}') }
    }),
  )
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
