// The server of one process: framework, limits, headers and errors, all in one place.
import type { IncomingMessage } from 'node:http'
import type { FootingError } from '@footing/kernel'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { bytes } from '../module/size.ts'
import { milliseconds } from '../work/duration.ts'
import type { Profile } from '../work/profile.ts'
import { cancelledError } from '../work/run-work.ts'
import { setMissing } from './adopt.ts'
import { ClientErrors } from './client-error.ts'
import { corsOf } from './cors.ts'
import { httpErrors } from './errors.ts'
import { mountRoute, type RequestRecord, type RouteEnvironment, requestChannel } from './mount-route.ts'
import type { PlacedRoute } from './place-routes.ts'
import { type AnswerError, errorAnswers } from './problem.ts'
import { readBodies, readsPiecewise } from './request-body.ts'
import { requestIdOf } from './request-identity.ts'
import { securityHeaders, transportSecurity } from './response-headers.ts'
import { translateFault } from './translate-fault.ts'
import { answerUnmatched } from './unmatched.ts'

/** What the server needs of its process. */
export interface ServerEnvironment extends RouteEnvironment {
  readonly profile: Profile
  /** Proxies in front whose additions to X-Forwarded-For are believed. */
  readonly trustProxy: number
  /** Where a fault that is not the caller's is reported. */
  readonly report: (error: FootingError, request: FastifyRequest) => void
  /** Paths that CORS never opens, with all below them. */
  readonly withoutCors?: readonly string[]
}

const defaultBodyLimit = '256kb'
/** Longest time for a request to arrive in whole. */
const defaultArrival = '30s'
/** Longer than the idle time of common balancers, so that the balancer closes first and no request meets a closed door. */
const keepAlive = 75_000

/** Builds the server with all routes; it does not listen yet. */
export async function buildServer(
  routes: readonly PlacedRoute[],
  environment: ServerEnvironment,
): Promise<FastifyInstance> {
  const { http, profile } = environment
  const answerError = errorAnswers(http, profile)
  const arrivalMs = milliseconds(http.arrival ?? defaultArrival)
  const clientErrors = new ClientErrors(answerError)
  const server = Fastify({
    logger: false,
    genReqId: (request) => requestIdOf(request.headers),
    bodyLimit: bytes(http.bodyLimit ?? defaultBodyLimit),
    requestTimeout: arrivalMs,
    http: {
      headersTimeout: arrivalMs,
      requestTimeout: arrivalMs,
      // Node looks every half minute otherwise, so that what is slow would have up to twice its time.
      connectionsCheckingInterval: Math.min(1000, Math.ceil(arrivalMs / 10)),
      // Looked at below, where the answer has its headers and its request id.
      requireHostHeader: false,
    },
    keepAliveTimeout: keepAlive,
    trustProxy: environment.trustProxy === 0 ? false : (_address, hop) => hop < environment.trustProxy,
    // A request on an open connection is answered also while the process drains: nothing is lost.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 1024 },
    clientErrorHandler: clientErrors.answer,
    frameworkErrors: (fault, request, reply) => {
      // Such a request passes no hook.
      reply.headers(securityHeaders).header('x-request-id', request.id)
      sendFault(fault, request, reply, answerError, environment)
    },
  })
  clientErrors.watch(server.server)
  // Node would answer these itself, without our headers.
  server.server.on('checkExpectation', (request, response) => server.server.emit('request', request, response))
  server.decorateRequest('footing', undefined)
  server.decorateRequest('footingFault', undefined)
  readBodies(server)
  beginRequests(server, environment)
  server.setErrorHandler((fault, request, reply) => sendFault(fault, request, reply, answerError, environment))
  server.setNotFoundHandler((request, reply) => answerUnmatched(server, request, reply))
  for (const placed of routes) mountRoute(server, placed, environment)
  await http.customise?.(server)
  return server
}

/** The one hook that every request passes: headers of its answer, and a record of it once that has left. */
function beginRequests(server: FastifyInstance, environment: ServerEnvironment): void {
  const { running, calls, http, withoutCors } = environment
  const { clock } = calls
  const cors = http.cors === undefined ? undefined : corsOf(http.cors, withoutCors)
  const secure = environment.trustProxy > 0 && environment.profile === 'production'
  server.addHook('onRequest', (request, reply, done) => {
    reply.headers(securityHeaders)
    if (secure && request.protocol === 'https') reply.header('strict-transport-security', transportSecurity)
    reply.header('x-request-id', request.id)
    if (environment.draining()) reply.header('connection', 'close')
    const started = clock.monotonic()
    reply.raw.on('close', () => {
      const { footing: context } = request
      // Nobody waits any more for what is still under way.
      if (context !== undefined && running.has(context)) context.end(cancelledError(context))
      if (requestChannel.hasSubscribers) {
        requestChannel.publish(recordOf(request, reply, clock.monotonic() - started))
      }
    })
    refuseMalformed(request.raw)
    if (cors?.(request, reply) === true) return
    // The framework would ask for a content type first.
    if (request.is404 && request.method === 'QUERY') answerUnmatched(server, request, reply)
    done()
  })
}

/** What the parser lets through and no server should guess about: which host is meant, and what else is expected. */
function refuseMalformed({ rawHeaders, headers, httpVersion }: IncomingMessage): void {
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) {
    const reason = hosts === 0 ? 'it has no Host header' : 'it has more than one Host header'
    throw httpErrors('malformed-request', { details: { reason } })
  }
  if (headers.expect !== undefined && !/^100-continue$/i.test(headers.expect)) throw httpErrors('expectation-failed')
}

function recordOf(request: FastifyRequest, reply: FastifyReply, durationMs: number): RequestRecord {
  const { footing: context } = request
  const placed = request.routeOptions.config.footing
  const length = Number(reply.getHeader('content-length'))
  return {
    method: request.method,
    route: placed?.path,
    module: placed?.module,
    status: reply.statusCode,
    durationMs,
    requestId: request.id,
    traceId: context?.traceId,
    userId: context?.user?.id,
    code: request.footingFault,
    bytes: Number.isFinite(length) ? length : undefined,
    hungUp: !reply.raw.writableFinished,
  }
}

function sendFault(
  fault: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  answerError: AnswerError,
  environment: ServerEnvironment,
): void {
  const path = pathOf(request.url)
  const error = translateFault(fault, `${request.method} ${request.routeOptions?.config?.footing?.path ?? path}`)
  request.footingFault = error.code
  if (error.status >= 500) environment.report(error, request)
  const { status, headers, contentType, body } = answerError(error, {
    method: request.method,
    path,
    requestId: request.id,
  })
  // What is still to come of a body that was refused is not read: the connection cannot be used again.
  // A route that reads piece by piece has decided that itself.
  const cut = error.code === 'body-too-large' && !readsPiecewise(request.routeOptions?.config?.footing?.route)
  if (cut || environment.draining()) reply.header('connection', 'close')
  // Serialised here, so that no schema of the route is applied to an error of the same status.
  setMissing(reply, headers)
  reply.code(status).type(contentType).serializer(JSON.stringify).send(body)
}

function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}
