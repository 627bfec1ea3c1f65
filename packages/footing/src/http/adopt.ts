// Pieces of the HTTP edge as Fastify takes them: for a server that was there before Footing.
import type { FastifyInstance } from 'fastify'
import type { Profile } from '../work/profile.ts'
import { httpErrors } from './errors.ts'
import type { HttpOptions } from './http-options.ts'
import { errorAnswers } from './problem.ts'
import { securityHeaders } from './response-headers.ts'
import { translateFault } from './translate-fault.ts'

/** Answers every error and every unknown path of a server with problem details (RFC 9457), without stack traces. */
export function answerFaults(
  server: FastifyInstance,
  options: Pick<HttpOptions, 'problem'> & { readonly profile: Profile },
): void {
  const answer = errorAnswers(options, options.profile)
  server.setErrorHandler((fault, request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const error = translateFault(fault, `${request.method} ${request.routeOptions.url ?? path}`)
    const { status, headers, contentType, body } = answer(error, {
      method: request.method,
      path,
      requestId: request.id,
    })
    reply.code(status).headers(headers).type(contentType).serializer(JSON.stringify).send(body)
  })
  server.setNotFoundHandler(() => {
    throw httpErrors('route-missing')
  })
}

/** Adds the security headers of Footing to every answer; an answer that sets one itself replaces it. */
export function sendSecurityHeaders(server: FastifyInstance): void {
  server.addHook('onRequest', (_request, reply, done) => {
    reply.headers(securityHeaders)
    done()
  })
}
