// The three questions of an orchestrator: alive, started, ready for requests.
import type { FastifyInstance } from 'fastify'

/** How the process is, read for every answer. */
export interface Health {
  readonly started: () => boolean
  readonly draining: () => boolean
  /** What the process depends on, with what is wrong; only told, see `addHealth`. */
  readonly checks: () => Promise<Readonly<Record<string, 'ok' | string>>>
  /** What speaks against requests, by capability: tables that are not there yet. */
  readonly unready?: () => Promise<Readonly<Record<string, string>>>
  /** How late and how busy the event loop is; undefined when it is not measured. */
  readonly eventLoop?: () => object | undefined
}

/**
 * Adds `/livez`, `/startupz` and `/readyz`. Readiness speaks of this process alone: a database that all processes
 * share and that is down would otherwise take every one of them out of the balancer, and callers would get its bare
 * error instead of a coded answer. The state of what is shared is told in the body. A process whose code needs tables
 * that are not there is not ready: each of its answers would be an error.
 */
export function addHealth(server: FastifyInstance, health: Health): void {
  server.get('/livez', { exposeHeadRoute: true }, async () => ({ status: 'alive' }))
  server.get('/startupz', async (_request, reply) => {
    reply.code(health.started() ? 200 : 503)
    return { status: health.started() ? 'started' : 'starting' }
  })
  server.get('/readyz', async (_request, reply) => {
    const ready = health.started() && !health.draining()
    reply.code(ready ? 200 : 503)
    if (!ready) return { status: health.draining() ? 'draining' : 'starting' }
    const reasons = (await health.unready?.()) ?? {}
    if (Object.keys(reasons).length > 0) {
      reply.code(503)
      return { status: 'not-ready', reasons, checks: await health.checks() }
    }
    const eventLoop = health.eventLoop?.()
    return { status: 'ready', checks: await health.checks(), ...(eventLoop === undefined ? {} : { eventLoop }) }
  })
}
