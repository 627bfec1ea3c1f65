// A route as a plain object: its contract as schemas, bound to a typed function.
import type { Context, User } from '../work/context.ts'
import type { Duration } from '../work/duration.ts'
import type { OutputOf, Schema } from './schema.ts'

/** Methods that a route can answer. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Who may call: `required` (the default) refuses strangers, `optional` lets them in without a user, `none` does not ask. */
export type Auth = 'required' | 'optional' | 'none'

/** A size in bytes, or a text such as `'100kb'`, `'1mb'`. */
export type Size = number | `${number}${'b' | 'kb' | 'mb'}`

/** What the function of a route is given, already checked. */
export interface RouteInput<
  Params extends Schema | undefined,
  Query extends Schema | undefined,
  Body extends Schema | undefined,
  Who extends Auth,
> {
  readonly params: OutputOf<Params>
  readonly query: OutputOf<Query>
  readonly body: OutputOf<Body>
  readonly user: Who extends 'required' ? User : Who extends 'optional' ? User | undefined : undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Tells an answer made by `respond` from a value that only looks like one. */
const replyBrand: unique symbol = Symbol('footing.reply')

/** An answer other than the usual one. */
export interface Reply {
  readonly [replyBrand]: true
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
}

/** Answers with another status, other headers or no body: `respond(304)`, `respond(201, value, { location })`. */
export function respond(status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { [replyBrand]: true, status, body, headers }
}

/** True for an answer made by `respond`. */
export function isReply(value: unknown): value is Reply {
  return typeof value === 'object' && value !== null && replyBrand in value
}

/** The facts of a route that do not depend on its types. */
export interface RouteFacts {
  readonly method: Method
  /** Path below the base path, with `:name` for parameters: `/articles/:slug`. */
  readonly path: string
  /** Status of the usual answer; default 200, or 204 without `out`. */
  readonly status?: number
  readonly summary?: string
  readonly description?: string
  readonly operationId?: string
  readonly tags?: readonly string[]
  readonly deprecated?: boolean
  /** Errors that it answers with by design, for the API description: statuses or codes. */
  readonly errors?: readonly (string | number)[]
  readonly deadline?: Duration
  /** How long it may hold the event loop without a break before a warning says so; default 50 ms. */
  readonly budget?: Duration
  readonly bodyLimit?: Size
}

/** What the function of a route returns: nothing without `out`. */
// biome-ignore lint/suspicious/noConfusingVoidType: an async function without `return` has the type Promise<void>
type Answer<Out> = OutputOf<Out> extends undefined ? void : OutputOf<Out>

/** What `route` takes. */
export interface RouteOptions<
  Params extends Schema | undefined,
  Query extends Schema | undefined,
  Body extends Schema | undefined,
  Out extends Schema | undefined,
  Who extends Auth,
> extends RouteFacts {
  readonly auth?: Who
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  readonly out?: Out
  readonly handle: (input: RouteInput<Params, Query, Body, Who>, context: Context) => Promise<Reply | Answer<Out>>
}

/** What the server hands to a route: the values that the route's own schemas yielded. */
export interface CheckedInput {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly user: User | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** A route of any types. */
export interface AnyRoute extends RouteFacts {
  readonly kind: 'route'
  readonly auth: Auth
  readonly params: Schema | undefined
  readonly query: Schema | undefined
  readonly body: Schema | undefined
  readonly out: Schema | undefined
  readonly handle: (input: CheckedInput, context: Context) => Promise<unknown>
}

/** Declares a route. Without `auth` it is closed to strangers: a forgotten word locks a door instead of opening it. */
export function route<
  const Params extends Schema | undefined = undefined,
  const Query extends Schema | undefined = undefined,
  const Body extends Schema | undefined = undefined,
  const Out extends Schema | undefined = undefined,
  const Who extends Auth = 'required',
>(options: RouteOptions<Params, Query, Body, Out, Who>): AnyRoute {
  return Object.freeze({
    ...options,
    kind: 'route',
    auth: options.auth ?? 'required',
    params: options.params,
    query: options.query,
    body: options.body,
    out: options.out,
    // The server calls it only with what these very schemas yielded, which no common type can say.
    handle: options.handle as unknown as AnyRoute['handle'],
  })
}
