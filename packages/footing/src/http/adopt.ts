// Pieces of the HTTP edge for a server that was there before Footing.
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Profile } from '../work/profile.ts'
import { httpErrors } from './errors.ts'
import type { FailedRequest, HttpOptions, ProblemAnswer } from './http-options.ts'
import { errorAnswers } from './problem.ts'
import { securityHeaders } from './response-headers.ts'
import { translateFault } from './translate-fault.ts'

/** How errors are answered. */
export type FaultOptions = Pick<HttpOptions, 'problem' | 'schemes' | 'security'> & {
  readonly profile: Profile
  /** Answer paths that nothing matches too, below the prefix of the scope; default false. */
  readonly unknownPaths?: boolean
}

/**
 * Answers the errors of a scope with problem details (RFC 9457) without stack traces, and writes those of the server to
 * the host's log. The status of an error stays, and so do the places of a failed validation. Only routes of this scope
 * are touched: `host.register(async (scope) => { answerFaults(scope, …); scope.get(…) })`.
 */
export function answerFaults(scope: FastifyInstance, options: FaultOptions): void {
  scope.setErrorHandler((fault, request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const about = { method: request.method, path, requestId: request.id }
    const { status, headers, contentType, body } = faultAnswer(fault, about, options)
    if (status >= 500) request.log.error({ err: fault, requestId: request.id }, 'a request failed')
    setMissing(reply, headers)
    reply.code(status).type(contentType).serializer(JSON.stringify).send(body)
  })
  if (options.unknownPaths !== true) return
  scope.setNotFoundHandler(() => {
    throw httpErrors('route-missing')
  })
}

/**
 * The answer to anything that was thrown, for the error middleware of any framework:
 * `const { status, headers, contentType, body } = faultAnswer(error, { method, path, requestId }, { profile })`.
 * A `status` of 500 or more is yours to log.
 */
export function faultAnswer(
  fault: unknown,
  request: FailedRequest,
  options: Omit<FaultOptions, 'unknownPaths'>,
): Required<ProblemAnswer> {
  const error = translateFault(fault, `${request.method} ${request.path}`)
  return errorAnswers(options, options.profile)(error, request)
}

/** Sets the headers of an answer that whoever refused the request has not set already. */
export function setMissing(reply: FastifyReply, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) if (!reply.hasHeader(name)) reply.header(name, value)
}

/** Adds the security headers of Footing to every answer of a scope; an answer that sets one itself replaces it. */
export function sendSecurityHeaders(scope: FastifyInstance): void {
  scope.addHook('onRequest', (_request, reply, done) => {
    reply.headers(securityHeaders)
    done()
  })
}
