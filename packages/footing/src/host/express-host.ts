// Routes of modules on an Express 5 application.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HostServer } from '../http/host-server.ts'
import { hostErrors } from './errors.ts'

type ExpressRequest = IncomingMessage & { readonly originalUrl?: string; readonly body?: unknown }
type ExpressHandler = (request: ExpressRequest, response: ServerResponse, next: (error?: unknown) => void) => void

interface ExpressLayer {
  readonly route?: { readonly path: unknown; readonly stack: readonly { readonly method: string }[] } | undefined
}

/** What is used of an Express application; any 5.x has it. */
export interface ExpressHost {
  (request: IncomingMessage, response: ServerResponse): unknown
  use(handler: ExpressHandler): unknown
  readonly router: { readonly stack: readonly ExpressLayer[] }
}

/** The host's side of an Express application. */
export function expressHost(host: ExpressHost): HostServer {
  return {
    take(routes, answer) {
      for (const { method, path, module } of routes) {
        const url = path.replace(/\{(\w+)\}/g, ':$1')
        const taken = host.router.stack.some(
          // Without a method it is `app.all(…)`.
          ({ route }) =>
            route?.path === url && route.stack.some((layer) => !layer.method || layer.method === method.toLowerCase()),
        )
        if (taken) throw hostErrors('host-route-taken', { details: { route: `${method} ${path}`, module } })
      }
      const known = routes.map(({ method, path }) => ({ method, pattern: patternOf(path) }))
      host.use((request, response, next) => {
        const url = request.originalUrl ?? request.url ?? ''
        const [path = ''] = url.split('?', 1)
        const found = known.some(({ method, pattern }) => answers(method, request.method) && pattern.test(path))
        if (!found) return next()
        if (request.readableEnded && request.body !== undefined && hasBody(request)) {
          return next(hostErrors('host-body-consumed', { details: { route: `${request.method} ${path}` } }))
        }
        // Below `app.use('/path', …)` Express cuts the path short.
        request.url = url
        answer(request, response)
      })
    },
  }
}

/** `/v1/articles/{slug}` as an expression; a parameter is one part of a path. */
function patternOf(path: string): RegExp {
  const parts = path.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^/]+')}$`)
}

function answers(method: string, asked: string | undefined): boolean {
  return method === asked || (method === 'GET' && asked === 'HEAD')
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
