// The ports that other processes call, and outside of production their description.
import type { FastifyInstance } from 'fastify'
import type { AppProcess } from '../capability/capability.ts'
import type { ServerEnvironment } from '../http/build-server.ts'
import type { HttpOptions } from '../http/http-options.ts'
import { addReference } from '../http/reference.ts'
import type { ModuleKeys } from './module-keys.ts'
import { describedPorts, servePorts } from './serve-ports.ts'
import { portsPath } from './wire.ts'

/** Mounts the ports of the modules that this process serves, if any. */
export function serveModules(
  server: FastifyInstance,
  environment: ServerEnvironment,
  keys: ModuleKeys | undefined,
  { app, profile, network, places }: AppProcess,
): void {
  const served = new Set(places.served.map(({ name }) => name))
  const targets = network.targets.filter(({ module }) => served.has(module))
  if (keys === undefined || targets.length === 0) return
  const callers = new Set(app.modules.map(({ name }) => name))
  servePorts(server, targets, { routes: environment, keys, profile, callers, report: environment.report })
  const http: HttpOptions | undefined = app.options.http
  if (profile === 'production' || http?.reference === false) return
  const described = { basePath: portsPath, security: { type: 'http', scheme: 'Footing-HMAC-SHA256' } }
  const name = `${app.name}: ports of ${[...served].join(', ')}`
  addReference(server, { name, version: app.version, http: described, routes: describedPorts(targets), profile })
}
