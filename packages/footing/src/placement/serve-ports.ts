// The ports of modules as an ordinary HTTP API for other processes of the application: one POST for each operation.
import { type FootingError, verifyBrackets } from '@footing/kernel'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mountRoute, type RouteEnvironment } from '../http/mount-route.ts'
import { type PlacedRoute, placeRoute } from '../http/place-routes.ts'
import { problemDetails } from '../http/problem.ts'
import { translateFault } from '../http/translate-fault.ts'
import { text } from '../module/media.ts'
import { bindCall, type OperationTarget } from '../module/port-call.ts'
import { type AnyRoute, respond, route } from '../module/route.ts'
import type { Schema } from '../module/schema.ts'
import type { CallContext } from '../work/call-context.ts'
import type { Context } from '../work/context.ts'
import type { Profile } from '../work/profile.ts'
import { placementErrors } from './errors.ts'
import type { ModuleKeys } from './module-keys.ts'
import { NonceMemory } from './nonce-memory.ts'
import { type OperationSchema, operationSchema } from './operation-schema.ts'
import { browserSign } from './refuse-browsers.ts'
import { type Claim, readClaim, skewWindowMs, verifyCall } from './signature.ts'
import { decodeUser, header, largestMessage, operationPath, portsPath } from './wire.ts'

/** What serving needs of its process. */
export interface PortEnvironment {
  readonly routes: RouteEnvironment
  readonly keys: ModuleKeys
  readonly profile: Profile
  /** Modules that may call; others are counted as coming from outside. */
  readonly callers: ReadonlySet<string>
  /** Where a fault that is not the caller's is reported. */
  readonly report: (error: FootingError, request: FastifyRequest) => void
}

/** An operation with the way to it. */
interface ServedOperation {
  readonly target: OperationTarget
  readonly schema: OperationSchema
}

/** The routes of the ports as descriptions show them. */
export function describedPorts(targets: readonly OperationTarget[]): readonly PlacedRoute[] {
  return targets.map((target) => {
    const { in: body, out, summary, idempotent } = target.operation
    const described = route({
      method: 'POST',
      path: `/${target.module}/${target.name}`,
      operationId: `${target.module}.${target.name}`,
      tags: [target.module],
      description: idempotent
        ? 'Idempotent: it may be sent again.'
        : 'Not idempotent: it is never sent again by itself.',
      handle: async () => undefined as never, // only described; what is mounted is made below
      ...(summary === undefined ? {} : { summary }),
      ...(body === undefined ? {} : { body }),
      ...(out === undefined ? {} : { out }),
    })
    return placeRoute(described, target.module, operationPath(target.module, target.name))
  })
}

/**
 * Mounts the operations. They have a scope of their own on the server: their own parser, which keeps the bytes that were
 * signed, and their own form of errors, which the application cannot rewrite.
 * @throws `schema-unusable` when a schema cannot be told to callers of another version
 */
export function servePorts(
  server: FastifyInstance,
  targets: readonly OperationTarget[],
  environment: PortEnvironment,
): void {
  const served = new Map<string, ServedOperation>()
  for (const target of targets) {
    served.set(operationPath(target.module, target.name), {
      target,
      schema: operationSchema(target.label, target.operation),
    })
  }
  const nonces = new NonceMemory(environment.routes.calls.clock, 2 * skewWindowMs)
  server.register(async (scope) => {
    keepBytes(scope)
    answerFaults(scope, served, environment)
    guard(scope, served, environment, nonces)
    for (const [path, { target }] of served) mountRoute(scope, placed(path, target, environment), environment.routes)
  })
}

/** Bytes of the body until its signature was checked, then what they say. */
function keepBytes(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: largestMessage },
    (_request, body, done) => done(null, body),
  )
}

/** Nothing of a call is looked at before it is known to come from a process of this application. */
function guard(
  scope: FastifyInstance,
  served: ReadonlyMap<string, ServedOperation>,
  environment: PortEnvironment,
  nonces: NonceMemory,
): void {
  const { clock } = environment.routes.calls
  const { keys } = environment
  const claims = new WeakMap<FastifyRequest, Claim>()
  const parse = scope.getDefaultJsonParser('error', 'error')

  scope.addHook('onRequest', (request, reply, done) => {
    const operation = served.get(request.routeOptions.url ?? '')
    if (operation) reply.header(header.schema, operation.schema.hash)
    const sign = browserSign(request.headers, keys.development)
    if (sign !== undefined) throw placementErrors('call-from-browser', { details: { reason: sign } })
    if (keys.development && !isLoopback(request.socket.remoteAddress)) {
      throw placementErrors('call-unsigned', {
        details: { reason: 'the key of development is good on one machine only' },
      })
    }
    claims.set(request, readClaim(request.headers.authorization, keys))
    done()
  })
  scope.addHook('preValidation', (request, _reply, done) => {
    const path = request.routeOptions.url ?? ''
    // Parsed above as bytes; a call without a body has none.
    const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0)
    const claim = claims.get(request)
    const operation = served.get(path)
    if (claim === undefined || operation === undefined)
      throw placementErrors('call-unsigned', { details: { reason: 'it has no Authorization header' } })
    verifyCall({ method: request.method, path, headers: request.headers, body }, claim, clock, nonces)
    const vouched = String(request.headers[header.schema] ?? '').split(',')
    if (!vouched.includes(operation.schema.hash)) {
      throw placementErrors('call-schema-unknown', { details: { operation: operation.target.label } })
    }
    if (body.length === 0) {
      request.body = undefined
      done()
      return
    }
    const text = body.toString('utf8')
    refuseBrackets(text, operation.target.label)
    parse(request, text, (error, value) => {
      request.body = value
      done(error ?? undefined)
    })
  })
}

function refuseBrackets(text: string, operation: string): void {
  try {
    verifyBrackets(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : ''
    throw placementErrors('message-too-nested', { details: { operation, reason } })
  }
}

/** One operation as a route that takes its input as it is: the port checks it, as it does for a call in one process. */
function placed(path: string, target: OperationTarget, environment: PortEnvironment): PlacedRoute {
  const calls = new Map<string, ReturnType<typeof bindCall>>()
  const callOf = (caller: string | undefined) => {
    const key = caller ?? ''
    const known = calls.get(key) ?? bindCall(target, caller)
    calls.set(key, known)
    return known
  }
  const mounted: AnyRoute = route({
    method: 'POST',
    path,
    auth: 'none',
    status: 200,
    body: anything,
    out: text('application/json'),
    answers: { 204: null },
    bodyLimit: largestMessage,
    // The deadline of the port comes first.
    deadline: target.operation.deadlineMs + 1000,
    handle: async ({ body, headers }, context) => {
      adoptCaller(headers, context)
      const caller = textOf(headers[header.caller])
      const deadline = Number(textOf(headers[header.deadline]) ?? Number.NaN)
      const call = callOf(caller !== undefined && environment.callers.has(caller) ? caller : undefined)
      const value = await call(body, Number.isFinite(deadline) && deadline > 0 ? { deadline } : {})
      if (value === undefined) return respond(204)
      // Written here: the fast serialiser of routes would leave out and convert what does not fit.
      return respond(200, JSON.stringify(value))
    },
  })
  return placeRoute(mounted, target.module, path)
}

/** Passes everything on; the port knows what it takes. */
const anything: Schema<unknown, unknown> = {
  '~standard': { version: 1, vendor: 'footing', validate: (value) => ({ value }) },
}

/** What the signature has vouched for becomes the facts of the request here. */
function adoptCaller(headers: Readonly<Record<string, string | string[] | undefined>>, context: Context): void {
  // The context of a request is always the class.
  const { origin } = context as CallContext
  const user = textOf(headers[header.user])
  if (user !== undefined) origin.user = decodeUser(user)
  const from = textOf(headers[header.route])
  // Logs and statements name the route that the user asked, not this one; a call that belongs to none has none.
  origin.route = from !== undefined && from.length <= 300 ? safeDecode(from) : undefined
}

/** Errors as problem details with the whole coded error in `error`, whatever the profile: the reader is one of us. */
function answerFaults(
  scope: FastifyInstance,
  served: ReadonlyMap<string, ServedOperation>,
  environment: PortEnvironment,
): void {
  scope.setErrorHandler((fault, request, reply) => {
    const path = request.routeOptions.url ?? portsPath
    const operation = served.get(path)
    const error = translateFault(fault, operation?.target.label ?? path)
    request.footingFault = error.code
    if (error.status >= 500) environment.report(error, request)
    const about = { method: request.method, path, requestId: request.id }
    const body = {
      // Known to all who may call; strangers learn no more than that they are strangers.
      ...problemDetails(error, about, 'development'),
      error: error.toJSON(),
      ...(error.code === 'call-schema-unknown' ? { schema: operation?.schema } : {}),
    }
    if (error.code === 'body-too-large' || environment.routes.draining()) reply.header('connection', 'close')
    reply.code(error.status).type('application/problem+json').serializer(JSON.stringify).send(body)
  })
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(127\.|::1$|::ffff:127\.)/.test(address)
}

function textOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function safeDecode(text: string): string | undefined {
  try {
    return decodeURI(text)
  } catch {
    return undefined
  }
}
