// Opens the HTTP door of a process: routes and pages in the roles web and all, health alone in the role worker.
import type { FastifyInstance } from 'fastify'
import { buildServer, type ServerEnvironment } from '../http/build-server.ts'
import { addHealth } from '../http/health.ts'
import type { MountedRoute } from '../http/http-options.ts'
import { addMetrics } from '../http/metrics-page.ts'
import type { PlacedRoute } from '../http/mount-route.ts'
import { describeRoute, placeRoutes } from '../http/place-routes.ts'
import { addReference } from '../http/reference.ts'
import type { AnyManifest } from '../module/define-module.ts'
import type { Authenticate } from '../module/implement.ts'
import type { Schema } from '../module/schema.ts'
import type { ModuleKeys } from '../placement/module-keys.ts'
import { describedPorts, servePorts } from '../placement/serve-ports.ts'
import { portsPath } from '../placement/wire.ts'
import { currentContext } from '../work/call-context.ts'
import { createLog } from '../work/log.ts'
import type { StartOptions } from './create-app.ts'
import { appErrors } from './errors.ts'
import type { StartUp } from './start-app.ts'
import type { StartedModule } from './start-modules.ts'

/** A door that is open. */
export interface Door {
  readonly url: string | undefined
  readonly port: number | undefined
  readonly routes: readonly MountedRoute[]
  readonly draining: () => boolean
  /** From now on the process is not ready and asks clients to close their connections. */
  drain(): void
  /** Takes no new connection and resolves when the last answer has left. */
  close(): Promise<void>
  /** Cuts all connections. */
  cut(): void
}

/**
 * Builds the server and listens.
 * @throws `port-taken`, `listen-failed`, `authentication-missing`, `authentication-twice`, `schema-unusable`
 */
export async function openDoor(
  startUp: StartUp,
  modules: readonly StartedModule[],
  edges: readonly StartedModule[],
  { metrics, beforeListen }: Pick<StartOptions, 'metrics' | 'beforeListen'>,
): Promise<Door> {
  const { app, base, role, profile, network, placement } = startUp
  const state = { draining: false, started: false }
  const draining = () => state.draining
  const http = app.options.http ?? {}
  const serves = role !== 'worker'
  const withRoutes = serves && placement.hasRoutes ? inOrder(app.modules, [...modules, ...edges]) : []
  const routes = placeRoutes(withRoutes.map(routesOf), http)
  const authenticate = authenticationOf(withRoutes, routes)
  const log = createLog('http', currentContext)
  const environment: ServerEnvironment = {
    calls: network.environment,
    http,
    authenticate,
    portSchemas: new Set(network.targets.map((target) => target.operation.in).filter(isSchema)),
    running: startUp.running,
    profile,
    trustProxy: base.TRUST_PROXY,
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
  const eventLoop = startUp.loop.read
  addHealth(server, { started: () => state.started, draining, checks: () => checkAll(startUp), eventLoop })
  if (metrics && (profile !== 'production' || base.METRICS_TOKEN !== undefined)) {
    addMetrics(server, metrics, base.METRICS_TOKEN)
  }
  const listens = serves || base.PORT !== 3000
  if (serves && placement.hasRoutes && http.reference !== false)
    addReference(server, { name: app.name, version: app.version, http, routes, profile })
  if (serves && placement.keys !== undefined) addPorts(server, startUp, placement.keys, environment)
  await beforeListen?.()
  const port = listens ? await listen(server, hostOf(startUp), base.PORT) : undefined
  state.started = true
  startUp.loop.start(routes)
  return {
    url: port === undefined ? undefined : `http://${urlHost(hostOf(startUp))}:${port}`,
    port,
    routes: routes.map((placed) => describeRoute(placed)),
    draining,
    drain: () => {
      state.draining = true
    },
    close: () => server.close(),
    cut: () => server.server.closeAllConnections(),
  }
}

function routesOf({ manifest, implementation }: StartedModule) {
  return { module: manifest.name, routes: implementation.routes ?? [] }
}

function inOrder(manifests: readonly AnyManifest[], modules: readonly StartedModule[]): readonly StartedModule[] {
  return manifests.flatMap(({ name }) => modules.filter((module) => module.manifest.name === name))
}

/** The ports that other processes call, and outside of production their description. */
function addPorts(server: FastifyInstance, startUp: StartUp, keys: ModuleKeys, environment: ServerEnvironment): void {
  const { app, profile, network, placement } = startUp
  const served = new Set(placement.served.map(({ name }) => name))
  const targets = network.targets.filter(({ module }) => served.has(module))
  if (targets.length === 0) return
  const callers = new Set(app.modules.map(({ name }) => name))
  servePorts(server, targets, { routes: environment, keys, profile, callers, report: environment.report })
  if (profile === 'production' || app.options.http?.reference === false) return
  const http = { basePath: portsPath, security: { type: 'http', scheme: 'Footing-HMAC-SHA256' } }
  const name = `${app.name}: ports of ${[...served].join(', ')}`
  addReference(server, { name, version: app.version, http, routes: describedPorts(targets), profile })
}

function isSchema(schema: Schema | undefined): schema is Schema {
  return schema !== undefined
}

function authenticationOf(modules: readonly StartedModule[], routes: readonly PlacedRoute[]): Authenticate | undefined {
  const [first, second] = modules.filter((module) => module.implementation.authenticate !== undefined)
  if (first && second) {
    const details = { first: first.manifest.name, second: second.manifest.name }
    throw appErrors('authentication-twice', { details })
  }
  const closed = routes.find((placed) => placed.route.auth !== 'none')
  if (closed && !first) {
    throw appErrors('authentication-missing', { details: { route: `${closed.route.method} ${closed.path}` } })
  }
  return first?.implementation.authenticate
}

function hostOf({ base, profile }: StartUp): string {
  return base.HOST ?? (profile === 'production' ? '0.0.0.0' : '127.0.0.1')
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
    if (code === 'EADDRINUSE') throw appErrors('port-taken', { details: { port, host }, cause })
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw appErrors('listen-failed', { details: { port, host, reason: code }, cause })
    }
    throw cause
  }
  const address = server.server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

async function checkAll({ data, redis }: StartUp): Promise<Readonly<Record<string, string>>> {
  const [database, hot] = await Promise.all([
    data?.ping().then(
      () => 'ok',
      (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'failed'),
    ),
    redis?.health(),
  ])
  return { ...(database === undefined ? {} : { database }), ...(hot === undefined ? {} : { redis: hot }) }
}
