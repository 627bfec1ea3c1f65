// The listener of a process: routes and pages in the roles web and all, health alone in the role worker.
import type { FastifyInstance } from 'fastify'
import type { StartedModule, StartedProcess } from '../capability/capability.ts'
import { loopCapability } from '../loop/capability.ts'
import type { AnyManifest } from '../module/define-module.ts'
import type { Authenticate } from '../module/implement.ts'
import type { CallContext } from '../work/call-context.ts'
import { currentContext } from '../work/call-context.ts'
import { milliseconds } from '../work/duration.ts'
import { createLog } from '../work/log.ts'
import { buildServer, type ServerEnvironment } from './build-server.ts'
import type { HttpValues } from './capability.ts'
import { httpErrors } from './errors.ts'
import { addHealth } from './health.ts'
import type { HostServer } from './host-server.ts'
import type { HttpExtension } from './http-extension.ts'
import type { HttpOptions, MountedRoute } from './http-options.ts'
import { addMetrics } from './metrics-page.ts'
import { describeRoute, type PlacedRoute, placeRoutes } from './place-routes.ts'
import { addReference } from './reference.ts'

/** A server that takes requests, or in the role worker one that does not. */
export interface Listener {
  readonly url: string | undefined
  readonly port: number | undefined
  readonly routes: readonly MountedRoute[]
  /** Requests under way. */
  readonly running: ReadonlySet<CallContext>
  /** From now on the process is not ready and asks clients to close their connections. */
  drain(): void
  /** Takes no new connection and resolves when the last answer has left. */
  close(): Promise<void>
  /** Closes all connections at once. */
  closeAll(): void
}

/**
 * Builds the server and listens.
 * @throws `port-taken`, `listen-failed`, `authentication-missing`, `authentication-twice`, `schema-unusable`
 */
export async function openListener(process: StartedProcess): Promise<Listener> {
  const { app, role, profile, network, places } = process
  const values = process.values as unknown as HttpValues // parsed by the settings of this capability
  const state = { draining: false, started: false }
  const draining = () => state.draining
  const given: HttpOptions = app.options.http ?? {}
  const serves = role !== 'worker'
  const withRoutes = serves && places.hasRoutes ? inOrder(app.modules, [...process.modules, ...process.edges]) : []
  const routes = placeRoutes(withRoutes.map(routesOf), given)
  // An extension of this capability is what the others made for it.
  const extensions = process.extensionsOf('http') as readonly HttpExtension[]
  const { authenticate: own, schemes } = authenticationOf(withRoutes, routes)
  const authenticate = extended(own, extensions)
  const http = schemes === undefined ? given : { schemes, ...given }
  const log = createLog('http', currentContext)
  const running = new Set<CallContext>()
  const environment: ServerEnvironment = {
    calls: network.environment,
    http,
    authenticate,
    callOf: (module, operation) => {
      const manifest = app.modules.find(({ name }) => name === module)
      return manifest && network.callAtEdge(manifest, operation)
    },
    running,
    withoutCors: extensions.flatMap(({ withoutCors = [] }) => withoutCors),
    profile,
    trustProxy: values.TRUST_PROXY,
    draining,
    report: (error, request) => {
      log.error(
        'a request failed',
        { code: error.code, requestId: request.id, cause: String(error.cause ?? '') },
        error,
      )
    },
  }
  const server = await buildServer(routes, environment)
  const loop = process.opened(loopCapability)
  addHealth(server, {
    started: () => state.started,
    draining,
    checks: () => process.health(),
    unready: () => process.unready(),
    eventLoop: () => loop?.read(),
  })
  if (process.metrics() !== undefined && (profile !== 'production' || values.METRICS_TOKEN !== undefined)) {
    addMetrics(server, () => process.metrics() ?? '', values.METRICS_TOKEN)
  }
  if (serves && places.hasRoutes && http.reference !== false)
    addReference(server, { name: app.name, version: app.version, http, routes, profile })
  if (serves) {
    for (const extension of extensions) await extension.mount?.(server, environment)
  }
  // Part of the options of a start, like `metrics`.
  await (process.options.beforeListen as (() => Promise<void>) | undefined)?.()
  const host = hostOf(values, process)
  const mounted = routes.map((placed) => describeRoute(placed))
  const serveOn = process.options.serveOn as HostServer | undefined // as StartOptions types it
  if (serveOn !== undefined) {
    await server.ready()
    await serveOn.take(mounted, (request, response) => server.routing(request, response))
  }
  const listens = serveOn === undefined && (serves || values.PORT !== 3000)
  const port = listens ? await listen(server, host, values.PORT) : undefined
  state.started = true
  loop?.start(budgetsOf(routes))
  return {
    url: port === undefined ? undefined : `http://${urlHost(host)}:${port}`,
    port,
    routes: mounted,
    running,
    drain: () => {
      state.draining = true
    },
    close: () => server.close(),
    closeAll: () => server.server.closeAllConnections(),
  }
}

function budgetsOf(routes: readonly PlacedRoute[]): ReadonlyMap<string, number> {
  return new Map(
    routes.flatMap(({ route, path }) =>
      route.budget === undefined ? [] : [[`${route.method} ${path}`, milliseconds(route.budget)] as const],
    ),
  )
}

function routesOf({ manifest, implementation }: StartedModule) {
  return { module: manifest.name, routes: implementation.routes ?? [], use: implementation.use ?? [] }
}

function inOrder(manifests: readonly AnyManifest[], modules: readonly StartedModule[]): readonly StartedModule[] {
  return manifests.flatMap(({ name }) => modules.filter((module) => module.manifest.name === name))
}

function authenticationOf(modules: readonly StartedModule[], routes: readonly PlacedRoute[]): Authentication {
  const [first, second] = modules.filter((module) => module.implementation.authenticate !== undefined)
  if (first && second) {
    const details = { first: first.manifest.name, second: second.manifest.name }
    throw httpErrors('authentication-twice', { details })
  }
  const closed = routes.find((placed) => placed.route.auth !== 'none')
  if (closed && !first) {
    throw httpErrors('authentication-missing', { details: { route: `${closed.route.method} ${closed.path}` } })
  }
  const found = first?.implementation.authenticate
  if (found === undefined || typeof found === 'function') return { authenticate: found, schemes: undefined }
  const { schemes, identify } = found
  const taken = new Set(schemes.map((scheme) => scheme.toLowerCase()))
  return {
    authenticate: async (credentials, context) =>
      taken.has(credentials.scheme ?? '') ? identify(credentials, context) : undefined,
    schemes,
  }
}

/** Who knows the users, and by which words of the Authorization header. */
interface Authentication {
  readonly authenticate: Authenticate | undefined
  readonly schemes: readonly string[] | undefined
}

function extended(own: Authenticate | undefined, extensions: readonly HttpExtension[]): Authenticate | undefined {
  return own && extensions.reduce((inner, extension) => extension.authenticate?.(inner) ?? inner, own)
}

function hostOf({ HOST }: HttpValues, { profile }: StartedProcess): string {
  return HOST ?? (profile === 'production' ? '0.0.0.0' : '127.0.0.1')
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

async function listen(server: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await server.listen({ host, port })
  } catch (cause) {
    await server.close()
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    if (code === 'EADDRINUSE') throw httpErrors('port-taken', { details: { port, host }, cause })
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw httpErrors('listen-failed', { details: { port, host, reason: code }, cause })
    }
    throw cause
  }
  const address = server.server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}
