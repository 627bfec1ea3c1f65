// Puts a route on the server: identity, user, checked input, deadline, and the answer in its serialised form.
import { channel } from 'node:diagnostics_channel'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { markChecked, valueOrThrow } from '../module/checked-value.ts'
import type { Authenticate } from '../module/implement.ts'
import { freezeDeep } from '../module/portable.ts'
import { type AnyRoute, isReply } from '../module/route.ts'
import { jsonSchemaOf, type Schema, validate } from '../module/schema.ts'
import { CallContext } from '../work/call-context.ts'
import type { Context, User } from '../work/context.ts'
import { milliseconds } from '../work/duration.ts'
import { beginWork, type CallEnvironment, cancelledError } from '../work/run-work.ts'
import { httpErrors } from './errors.ts'
import type { HttpOptions } from './http-options.ts'
import { credentialsOf, originOf } from './request-identity.ts'
import { serialiserSchema } from './serialiser-schema.ts'
import { bytes } from './size.ts'
import { positionHeader, positionToSend } from './write-position.ts'

/** Published on `footing:request` when an answer has left or its client has. */
export interface RequestRecord {
  readonly method: string
  /** `/api/articles/{slug}`; undefined when no route matched. */
  readonly route: string | undefined
  readonly module: string | undefined
  readonly status: number
  readonly durationMs: number
  readonly requestId: string
  readonly traceId: string | undefined
  readonly userId: string | undefined
  /** Code of the error that was answered. */
  readonly code: string | undefined
  /** Bytes of the body, when known. */
  readonly bytes: number | undefined
  /** True when the client hung up before the answer was complete. */
  readonly hungUp: boolean
}

/** Where finished requests are published. */
export const requestChannel = channel('footing:request')

/** What routes need of their process. */
export interface RouteEnvironment {
  readonly calls: CallEnvironment
  readonly http: HttpOptions
  readonly authenticate: Authenticate | undefined
  /** Schemas that a port of this process checks with. */
  readonly portSchemas: ReadonlySet<Schema>
  /** The contexts under way, so that a shutdown can end them. */
  readonly running: Set<CallContext>
  /** True once the process is told to stop: answers then ask the client to close its connection. */
  readonly draining: () => boolean
}

/** A route with the names it has in logs and descriptions. */
export interface PlacedRoute {
  readonly route: AnyRoute
  readonly module: string
  /** Full path as the server writes it: `/api/articles/:slug`. */
  readonly url: string
  /** Full path as descriptions write it: `/api/articles/{slug}`. */
  readonly path: string
}

const defaultDeadline = '10s'

/** Adds a route to the server. */
export function mountRoute(server: FastifyInstance, placed: PlacedRoute, environment: RouteEnvironment): void {
  const { route, module, url, path } = placed
  const { calls, running } = environment
  const label = `${route.method} ${path}`
  const deadlineMs = milliseconds(route.deadline ?? environment.http.deadline ?? defaultDeadline)
  const status = route.status ?? (route.out === undefined ? 204 : 200)
  const work = requestWork(placed, environment)

  server.route({
    method: route.method,
    url,
    ...(route.bodyLimit === undefined ? {} : { bodyLimit: bytes(route.bodyLimit) }),
    ...(route.out === undefined
      ? {}
      : { schema: { response: { [status]: serialiserSchema(jsonSchemaOf(route.out, 'output', 'draft-07', label)) } } }),
    config: { footing: placed },
    handler: (request, reply) => {
      const started = calls.clock.monotonic()
      const origin = originOf(request.id, request.headers, label)
      const context = new CallContext(calls.clock, undefined, origin, module, label, started, started + deadlineMs)
      request.footing = context
      running.add(context)
      reply.raw.on('close', () => {
        // Nobody waits any more for what is still under way.
        if (running.has(context)) context.end(cancelledError(context))
      })
      // Answered by functions, not by a promise of the handler: that saves two turns of the queue for each request.
      const remember = () => {
        const position = positionToSend(origin.writes, request.headers)
        if (position !== undefined) reply.header(positionHeader, position)
      }
      const onValue = (value: unknown) => {
        running.delete(context)
        remember()
        // It was not yet draining when the request began, or its answer would say so already.
        if (environment.draining()) reply.header('connection', 'close')
        answer(reply, status, value)
      }
      const onError = (error: unknown) => {
        running.delete(context)
        remember()
        reply.send(asError(error))
      }
      beginWork(calls, context, work, request, onValue, onError)
    },
  })
}

/** The server takes only an Error for a failure; anything else that was thrown would be sent as an answer. */
function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('Something was thrown that is not an Error.', { cause: error })
}

/** The part of a request that runs in its context, until its deadline. */
function requestWork({ route, path }: PlacedRoute, environment: RouteEnvironment) {
  const label = `${route.method} ${path}`
  const { authenticate, calls } = environment
  const params = checker(route.params, environment, '/params')
  const query = checker(route.query, environment, '/query')
  const body = checker(route.body, environment, '')
  const checksOutput = calls.checked && route.out !== undefined ? route.out : undefined

  return async (request: FastifyRequest, context: Context): Promise<unknown> => {
    const user = route.auth === 'none' ? undefined : await identify(route, authenticate, request, context)
    // A schema that works at once, as nearly all do, costs no turn of the queue.
    let checkedParams = params?.(request.params, label)
    if (checkedParams instanceof Promise) checkedParams = await checkedParams
    let checkedQuery = query?.(request.query, label)
    if (checkedQuery instanceof Promise) checkedQuery = await checkedQuery
    let checkedBody = body?.(request.body, label)
    if (checkedBody instanceof Promise) checkedBody = await checkedBody
    const { headers } = request
    const input = { params: checkedParams, query: checkedQuery, body: checkedBody, user, headers }
    const value = await route.handle(input, context)
    if (checksOutput !== undefined && !isReply(value)) {
      return valueOrThrow(await validate(checksOutput, value), label, 'invalid-output')
    }
    return value
  }
}

type Check = (value: unknown, label: string) => unknown

/** Checks one part of a request; `prefix` tells the parts apart in the places of faults, the body has none. */
function checker(schema: Schema | undefined, environment: RouteEnvironment, prefix: string): Check | undefined {
  if (schema === undefined) return undefined
  const shared = environment.portSchemas.has(schema)
  const { checked } = environment.calls
  const accept = (validation: Awaited<ReturnType<typeof validate>>, label: string) => {
    const placed =
      'issues' in validation && prefix !== ''
        ? { issues: validation.issues.map((issue) => ({ ...issue, pointer: `${prefix}${issue.pointer}` })) }
        : validation
    const value = valueOrThrow(placed, label, 'invalid-input')
    // The port of the same schema takes it unchecked, so whoever changes it in between should hear of it.
    if (shared) markChecked(checked ? freezeDeep(value) : value, schema)
    return value
  }
  return (value, label) => {
    const validation = validate(schema, value)
    return validation instanceof Promise ? validation.then((found) => accept(found, label)) : accept(validation, label)
  }
}

async function identify(
  route: AnyRoute,
  authenticate: Authenticate | undefined,
  request: FastifyRequest,
  context: Context,
): Promise<User | undefined> {
  const user = await authenticate?.(credentialsOf(request.headers), context)
  if (user === undefined && route.auth === 'required')
    throw httpErrors('unauthenticated')
    // The context of a request is always the class; calls below it read the user from here.
  ;(context as CallContext).origin.user = user
  return user
}

/** Sends the answer. */
function answer(reply: FastifyReply, status: number, value: unknown): void {
  if (isReply(value)) reply.code(value.status).headers(value.headers).send(value.body)
  else reply.code(status).send(value)
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The context of the request, once its route has begun. */
    footing: CallContext | undefined
    /** Code of the error that was answered. */
    footingFault: string | undefined
  }
  interface FastifyContextConfig {
    /** The route as Footing knows it. */
    readonly footing?: PlacedRoute
  }
}
