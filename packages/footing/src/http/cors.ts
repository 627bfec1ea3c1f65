// Which other sites may read the answers: the headers of CORS, and the answer to the question that a browser asks before.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CorsOptions } from './http-options.ts'

/** Sets the headers of one answer; true when it has answered the browser's question and the request goes no further. */
export type Cors = (request: FastifyRequest, reply: FastifyReply) => boolean

/** Headers that a script of another site may read besides the harmless ones. */
const exposed = 'x-request-id'
const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE'
/** Seconds that a browser may remember the answer. */
const rememberedFor = '600'

/**
 * Makes it for all requests but those below `closed`.
 * @throws TypeError for `*` with credentials
 */
export function corsOf({ origins, credentials = false }: CorsOptions, closed: readonly string[] = []): Cors {
  if (origins === '*' && credentials) {
    throw new TypeError("cors: origins '*' with credentials would let every site act for your users; list the origins.")
  }
  const allowed = origins === '*' ? undefined : new Set(origins)
  const isClosed = (path: string) => closed.some((prefix) => path === prefix || path.startsWith(`${prefix}/`))
  return (request, reply) => {
    if (closed.length > 0 && isClosed(pathOf(request.url))) return false
    const { origin } = request.headers
    // A cache must not give the answer for one site to another one.
    if (allowed !== undefined) reply.header('vary', 'Origin')
    if (allowed === undefined) reply.header('access-control-allow-origin', '*')
    else if (origin !== undefined && allowed.has(origin)) reply.header('access-control-allow-origin', origin)
    if (credentials) reply.header('access-control-allow-credentials', 'true')
    reply.header('access-control-expose-headers', exposed)
    if (request.method !== 'OPTIONS') return false
    const wanted = request.headers['access-control-request-headers']
    reply.header('vary', allowed === undefined ? varyOfQuestion : `Origin, ${varyOfQuestion}`)
    reply.header('access-control-allow-methods', methods)
    // Every header that the script asks for: what counts is the origin.
    if (wanted !== undefined) reply.header('access-control-allow-headers', wanted)
    // Browsers wait for a body where no length is told.
    reply.header('access-control-max-age', rememberedFor).header('content-length', '0').code(204).send()
    return true
  }
}

const varyOfQuestion = 'Access-Control-Request-Headers'

function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}
