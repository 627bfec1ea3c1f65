// Routes of modules on a Fastify 5 application: in a scope of their own, so that nothing of the host changes.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HostServer } from '../http/host-server.ts'
import { hostErrors } from './errors.ts'

interface HandedRequest {
  readonly raw: IncomingMessage
}

interface HandedReply {
  readonly raw: ServerResponse
  hijack(): unknown
}

/** What is used of a Fastify application; any 5.x has it. */
export interface FastifyHost {
  hasRoute(route: { readonly method: string; readonly url: string }): boolean
  register(plugin: (scope: FastifyHost) => Promise<void>): unknown
  removeAllContentTypeParsers(): void
  addContentTypeParser(
    type: string,
    parser: (request: unknown, payload: unknown, done: (error: null) => void) => void,
  ): unknown
  route(route: {
    readonly method: string
    readonly url: string
    readonly handler: (request: HandedRequest, reply: HandedReply) => void
  }): unknown
}

/** The host's side of a Fastify application. */
export function fastifyHost(host: FastifyHost): HostServer {
  return {
    take(routes, answer) {
      const placed = routes.map((route) => ({ ...route, url: route.path.replace(/\{(\w+)\}/g, ':$1') }))
      const taken = placed.find(({ method, url }) => host.hasRoute({ method, url }))
      if (taken !== undefined) {
        const details = { route: `${taken.method} ${taken.path}`, module: taken.module }
        throw hostErrors('host-route-taken', { details })
      }
      host.register(async (scope) => {
        // Bodies are left in the stream: whoever answers reads them.
        scope.removeAllContentTypeParsers()
        scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
        for (const { method, url } of placed) {
          scope.route({
            method,
            url,
            handler: (request, reply) => {
              reply.hijack()
              answer(request.raw, reply.raw)
            },
          })
        }
      })
    },
  }
}
