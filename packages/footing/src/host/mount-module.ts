// One module, or a few, on a server that exists: their routes are answered there, and everything else stays as it was.
import { createApp, type RunningApp, type StartOptions } from '../app/create-app.ts'
import type { AnyCapability } from '../capability/capability.ts'
import type { HostServer } from '../http/host-server.ts'
import type { HttpOptions } from '../http/http-options.ts'
import { defineModule } from '../module/define-module.ts'
import { type AnyImplementation, type Authenticate, implement } from '../module/implement.ts'
import { hostErrors } from './errors.ts'
import { type ExpressHost, expressHost } from './express-host.ts'
import { type FastifyHost, fastifyHost } from './fastify-host.ts'

/** What tells a Fastify application from others; any 5.x is one. */
export interface FastifyApplication {
  readonly hasRoute: unknown
  readonly register: unknown
  readonly addContentTypeParser: unknown
}

/** What tells an Express application from others; any 5.x is one. */
export interface ExpressApplication {
  readonly use: unknown
  readonly router: unknown
  readonly handle?: unknown
}

/** How modules are mounted. */
export interface MountOptions extends Omit<StartOptions, 'host' | 'port' | 'role' | 'serveOn' | 'beforeListen'> {
  /** Name of the application in logs and statistics. Default `mounted`. */
  readonly name?: string
  /** Path in front of the routes, problem details and the rest; see `createApp`. */
  readonly http?: HttpOptions
  /** Capabilities of your own that the modules use. */
  readonly capabilities?: readonly AnyCapability[]
  /** Tells who sends a request, in the way of the host. */
  readonly authenticate?: Authenticate
}

/**
 * Starts modules in this process and answers their routes on a Fastify 5 or Express 5 application. Exactly these routes
 * are added; the host's own answers, its 404 and its errors included, stay byte for byte. In NestJS give it
 * `app.getHttpAdapter().getInstance()` before `app.listen()`. Stop what it returns when the host has closed.
 * @throws `host-unknown`, `host-route-taken`, and what `App.start` throws
 */
export async function mountModule<const Modules extends readonly AnyImplementation[]>(
  host: FastifyApplication | ExpressApplication,
  modules: Modules,
  { name = 'mounted', http = {}, capabilities = [], authenticate, ...options }: MountOptions = {},
): Promise<RunningApp<Modules>> {
  const serveOn = hostOf(host)
  const own = authenticate === undefined ? [] : [identifying(authenticate)]
  const app = createApp({ name, modules: [...modules, ...own], capabilities, http: { reference: false, ...http } })
  const running = await app.start({ ...options, role: 'web', serveOn })
  // Of the modules that were given; the one that identifies has no port.
  return running as unknown as RunningApp<Modules>
}

function hostOf(host: unknown): HostServer {
  if (typeof host === 'function' && 'use' in host && 'router' in host)
    return expressHost(host as unknown as ExpressHost) // looked at above
  if (typeof host === 'object' && host !== null && 'addContentTypeParser' in host && 'hasRoute' in host) {
    return fastifyHost(host as unknown as FastifyHost)
  }
  throw hostErrors('host-unknown')
}

function identifying(authenticate: Authenticate): AnyImplementation {
  return implement(defineModule('host', { owner: 'the host' }), () => ({ port: {}, authenticate }))
}
