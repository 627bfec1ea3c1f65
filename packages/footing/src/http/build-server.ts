// The server of one process: framework, limits, headers and errors, all in one place.
import cors from '@fastify/cors'
import type { FootingError } from '@footing/kernel'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { bytes } from '../module/size.ts'
import type { Profile } from '../work/profile.ts'
import { answerClientError } from './client-error.ts'
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
  readonly trustProxy: boolean
  /** Where a fault that is not the caller's is reported. */
  readonly report: (error: FootingError, request: FastifyRequest) => void
  /** Paths that CORS never opens, with all below them. */
  readonly withoutCors?: readonly string[]
}

const defaultBodyLimit = '256kb'
/** Longest time in milliseconds for a request to arrive in whole. */
const arrivalTimeout = 30_000
/** Longer than the idle time of common balancers, so that the balancer closes first and no request meets a closed door. */
const keepAlive = 75_000

/** Builds the server with all routes; it does not listen yet. */
export async function buildServer(
  routes: readonly PlacedRoute[],
  environment: ServerEnvironment,
): Promise<FastifyInstance> {
  const { http, profile } = environment
  const answerError = errorAnswers(http, profile)
  const server = Fastify({
    logger: false,
    genReqId: (request) => requestIdOf(request.headers),
    bodyLimit: bytes(http.bodyLimit ?? defaultBodyLimit),
    requestTimeout: arrivalTimeout,
    keepAliveTimeout: keepAlive,
    trustProxy: environment.trustProxy,
    // A request on an open connection is answered also while the process drains: nothing is lost.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 1024 },
    clientErrorHandler: answerClientError(answerError),
    frameworkErrors: (fault, request, reply) => {
      // Such a request passes no hook.
      reply.headers(securityHeaders).header('x-request-id', request.id)
      sendFault(fault, request, reply, answerError, environment)
    },
  })
  server.decorateRequest('footing', undefined)
  server.decorateRequest('footingFault', undefined)
  readBodies(server)
  beginRequests(server, environment)
  if (http.cors) await allowOrigins(server, environment)
  server.setErrorHandler((fault, request, reply) => sendFault(fault, request, reply, answerError, environment))
  server.setNotFoundHandler((request, reply) => answerUnmatched(server, request, reply))
  for (const placed of routes) mountRoute(server, placed, environment)
  await http.customise?.(server)
  return server
}

/** The one hook that every request passes: headers of its answer, and a record of it once that has left. */
function beginRequests(server: FastifyInstance, environment: ServerEnvironment): void {
  const { clock } = environment.calls
  const secure = environment.trustProxy && environment.profile === 'production'
  server.addHook('onRequest', (request, reply, done) => {
    reply.headers(securityHeaders)
    if (secure && request.protocol === 'https') reply.header('strict-transport-security', transportSecurity)
    reply.header('x-request-id', request.id)
    if (environment.draining()) reply.header('connection', 'close')
    if (requestChannel.hasSubscribers) {
      const started = clock.monotonic()
      reply.raw.once('close', () => requestChannel.publish(recordOf(request, reply, clock.monotonic() - started)))
    }
    done()
  })
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

async function allowOrigins(server: FastifyInstance, { http, withoutCors = [] }: ServerEnvironment): Promise<void> {
  const { origins, credentials = false } = http.cors ?? { origins: [] }
  if (origins === '*' && credentials) {
    throw new TypeError("cors: origins '*' with credentials would let every site act for your users; list the origins.")
  }
  const allowed = {
    origin: origins === '*' ? '*' : [...origins],
    credentials: origins !== '*' && credentials,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: ['x-request-id'],
    maxAge: 600,
    strictPreflight: false,
  }
  const isClosed = (path: string) => withoutCors.some((closed) => path === closed || path.startsWith(`${closed}/`))
  await server.register(cors, {
    delegator: (request, done) => done(null, isClosed(pathOf(request.url)) ? { origin: false } : allowed),
  })
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
  reply.code(status).headers(headers).type(contentType).serializer(JSON.stringify).send(body)
}

function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}
