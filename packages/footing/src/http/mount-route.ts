// Puts a route on the server: identity, user, checked input, deadline, and the answer in its serialised form.
import { channel } from 'node:diagnostics_channel'
import { type ErrorIssue, isFootingError } from '@footing/kernel'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { moduleErrors } from '../module/errors.ts'
import type { Authenticate } from '../module/implement.ts'
import type { Middleware } from '../module/middleware.ts'
import type { EdgeCall } from '../module/module-network.ts'
import type { Operation } from '../module/operation.ts'
import { type AnyRoute, type Calling, type CheckedInput, isReply, type Reply, respond } from '../module/route.ts'
import { CallContext } from '../work/call-context.ts'
import type { Context, User } from '../work/context.ts'
import { milliseconds } from '../work/duration.ts'
import { beginWork, type CallEnvironment } from '../work/run-work.ts'
import { inputByName } from './call-mapping.ts'
import { answersOf, type CheckedAnswers } from './check-answer.ts'
import { checker } from './check-input.ts'
import { httpErrors } from './errors.ts'
import type { HttpOptions } from './http-options.ts'
import type { PlacedRoute } from './place-routes.ts'
import { refusedHeader } from './refused-header.ts'
import { bodyLimitOf, bodyReader, readsPiecewise } from './request-body.ts'
import { credentialsOf, originOf } from './request-identity.ts'
import { Pieces, sendPieces } from './send-pieces.ts'
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
  /** Finds the operation that a route of a module calls; undefined where no route calls one. */
  readonly callOf?: (module: string, operation: Operation) => EdgeCall | undefined
  /** The contexts under way, so that a shutdown can end them. */
  readonly running: Set<CallContext>
  /** True once the process is told to stop: answers then ask the client to close its connection. */
  readonly draining: () => boolean
}

const defaultDeadline = '10s'

/**
 * Adds a route to the server.
 * @throws `route-call-unknown`, `schema-unusable`
 */
export function mountRoute(server: FastifyInstance, placed: PlacedRoute, environment: RouteEnvironment): void {
  const { route, module, url, path } = placed
  const { calls, running } = environment
  const label = `${route.method} ${path}`
  const deadlineMs = milliseconds(route.deadline ?? environment.http.deadline ?? defaultDeadline)
  const answers = answersOf(placed)
  const bodyLimit = bodyLimitOf(route)
  const piecewise = readsPiecewise(route)
  const work = requestWork(placed, environment, answers)

  server.route({
    method: route.method,
    url,
    ...(bodyLimit === undefined ? {} : { bodyLimit }),
    ...(Object.keys(answers.serialised).length === 0 ? {} : { schema: { response: answers.serialised } }),
    config: { footing: placed },
    handler: (request, reply) => {
      const started = calls.clock.monotonic()
      const origin = originOf(request.id, request.headers, label)
      const context = new CallContext(calls.clock, undefined, origin, module, label, started, started + deadlineMs)
      request.footing = context
      running.add(context)
      const begin = (status: number, headers: Reply['headers']) => {
        const position = positionToSend(origin.writes, request.headers)
        if (position !== undefined) reply.header(positionHeader, position)
        // It was not yet draining when the request began, or its answer would say so already.
        if (environment.draining() || (piecewise && !isBounded(request, bodyLimit))) reply.header('connection', 'close')
        reply.code(status).headers(headers)
      }
      const job: Job = { request, reply, begin, streams: false }
      // Answered by functions, not by a promise of the handler: that saves two turns of the queue for each request.
      const onValue = (value: Reply | undefined) => {
        running.delete(context)
        if (piecewise) passOver(request)
        if (value === undefined) return // it was streamed, and has left
        // What a handler put into a header, perhaps from a client, must not end the process: nobody would catch it here.
        const refused = refusedHeader(value.headers)
        if (refused !== undefined) return onError(httpErrors('header-unsendable', { details: { name: refused } }))
        begin(value.status, value.headers)
        reply.send(value.body)
      }
      const onError = (error: unknown) => {
        running.delete(context)
        if (piecewise) passOver(request)
        // What has begun to leave cannot become an error any more: the client sees that it is cut.
        if (job.streams) reply.raw.destroy()
        else {
          begin(reply.statusCode, {})
          reply.send(asError(error))
        }
      }
      beginWork(calls, context, work, job, onValue, onError)
    },
  })
}

/**
 * What is still to come of a body that the route did not read to its end: as much as the route would have taken is passed
 * over, so that the client gets its answer; more than that, or nobody knows how much, ends the connection.
 */
function isBounded({ raw, headers, routeOptions }: FastifyRequest, bodyLimit = routeOptions.bodyLimit): boolean {
  return raw.complete || Number(headers['content-length']) <= (bodyLimit ?? 0)
}

function passOver({ raw }: FastifyRequest): void {
  if (raw.complete) return
  raw.unpipe()
  raw.resume()
}

/** The server takes only an Error for a failure; anything else that was thrown would be sent as an answer. */
function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('Something was thrown that is not an Error.', { cause: error })
}

/** A request on its way. */
interface Job {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** Sets status and headers, with what every answer tells besides. */
  readonly begin: (status: number, headers: Reply['headers']) => void
  /** True once the answer leaves piece by piece. */
  streams: boolean
}

/** The part of a request that runs in its context, until its deadline; undefined when the answer has been streamed. */
function requestWork(placed: PlacedRoute, environment: RouteEnvironment, answers: CheckedAnswers) {
  const { route } = placed
  const { authenticate } = environment
  const perform = route.does.kind === 'call' ? calling(placed, route.does, environment) : handling(placed, route)
  const uses = [...new Set([...(environment.http.use ?? []), ...placed.use, ...route.use])]
  const toReply = (value: unknown) => (isReply(value) ? value : respond(route.status, value))
  const around = uses.length === 0 ? undefined : surround(uses, placed, toReply)

  return async (job: Job, context: Context): Promise<Reply | undefined> => {
    const { request, reply } = job
    const user = route.auth === 'none' ? undefined : await identify(route, authenticate, request, context)
    const value =
      around === undefined
        ? await perform(request, user, undefined, context)
        : await around(request, user, context, (added) => perform(request, user, added, context))
    const pending = answers.check(toReply(value))
    const checked = pending instanceof Promise ? await pending : pending
    if (!(checked.body instanceof Pieces)) return checked
    job.streams = true
    job.begin(checked.status, checked.headers)
    return sendPieces(reply, checked.body, context)
  }
}

type Added = Readonly<Record<string, unknown>> | undefined
type Perform = (request: FastifyRequest, user: User | undefined, added: Added, context: Context) => Promise<unknown>

/** A function of the route's own. */
function handling(placed: PlacedRoute, route: AnyRoute): Perform {
  const { does } = route
  const parts = partReaders(placed)
  return async (request, user, added, context) => {
    const pending = parts(request, user, added)
    const given = pending instanceof Promise ? await pending : pending
    return does.kind === 'handle' ? does.handle(given, context) : undefined
  }
}

/** A call of an operation: its port checks the input and the output, once each. */
function calling(placed: PlacedRoute, does: Calling, environment: RouteEnvironment): Perform {
  const { route, module, path, mapping } = placed
  const name = `${route.method} ${path}`
  const target = environment.callOf?.(module, does.operation)
  if (target === undefined || mapping === undefined) {
    throw moduleErrors('route-call-unknown', { details: { route: name, module } })
  }
  const takes = does.operation.in !== undefined
  const input = does.input ?? inputByName(route)
  const parts = partReaders(placed)
  return async (request, user, added) => {
    const pending = takes ? parts(request, user, added) : undefined
    const ready = pending instanceof Promise ? await pending : pending
    const given = ready === undefined ? undefined : input(ready)
    let value: unknown
    try {
      value = await target.call(given)
    } catch (error) {
      // The client has never heard of the operation: it is told the places in its own request.
      const issues = inputFaults(error, target.label)
      if (issues === undefined) throw error
      throw moduleErrors('invalid-input', {
        details: { operation: name },
        issues: mapping.located(issues),
        cause: error,
      })
    }
    return does.answer === undefined ? value : does.answer(value)
  }
}

/** What is wrong with the input of the operation itself; a fault of another one that it calls is not the client's. */
function inputFaults(error: unknown, label: string): readonly ErrorIssue[] | undefined {
  return isFootingError(error, 'invalid-input') && error.details.operation === label ? error.issues : undefined
}

/** Reads the parts of a request: checked where the route declares them, as the operation takes them elsewhere. */
function partReaders(placed: PlacedRoute) {
  const { route, path, mapping } = placed
  const label = `${route.method} ${path}`
  const params = checker(route.params, '/params') ?? mapping?.prepare.bind(undefined, 'params')
  const query = checker(route.query, '/query') ?? mapping?.prepare.bind(undefined, 'query')
  const body = bodyReader(route) ?? mapping?.prepare.bind(undefined, 'body')

  // A schema that works at once, as nearly all do, costs no turn of the queue.
  return (request: FastifyRequest, user: User | undefined, added: Added): CheckedInput | Promise<CheckedInput> => {
    const { headers } = request
    const found = [params?.(request.params, label), query?.(request.query, label), body?.(request.body, label)] as const
    const given = ([ofPath, ofQuery, ofBody]: readonly unknown[]) => ({
      ...added,
      params: ofPath,
      query: ofQuery,
      body: ofBody,
      user,
      headers,
    })
    return found.some((part) => part instanceof Promise) ? Promise.all(found).then(given) : given(found)
  }
}

/** Runs middleware one in the other; the innermost `next` is the route. */
function surround(uses: readonly Middleware[], placed: PlacedRoute, toReply: (value: unknown) => Reply) {
  const { route, path } = placed
  return (
    request: FastifyRequest,
    user: User | undefined,
    context: Context,
    perform: (added: Added) => Promise<unknown>,
  ): Promise<Reply> => {
    const seen = {
      method: route.method,
      route: path,
      // Texts of the router and of the query parser; what they mean is checked later.
      params: request.params as Readonly<Record<string, string>>,
      query: request.query as Readonly<Record<string, string | string[] | undefined>>,
      headers: request.headers,
      user,
      address: request.ip,
    }
    const step = async (index: number, added: Readonly<Record<string, unknown>>): Promise<Reply> => {
      const use = uses[index]
      if (use === undefined) return toReply(await perform(added))
      return use(seen, (more) => step(index + 1, { ...added, ...more }), context)
    }
    return step(0, {})
  }
}

async function identify(
  route: AnyRoute,
  authenticate: Authenticate | undefined,
  request: FastifyRequest,
  context: Context,
): Promise<User | undefined> {
  const user = await authenticate?.(credentialsOf(request.headers, request.method), context)
  if (user === undefined && route.auth === 'required') throw httpErrors('unauthenticated')
  // The context of a request is always the class; calls below it read the user from here.
  const { origin } = context as CallContext
  origin.user = user
  return user
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
