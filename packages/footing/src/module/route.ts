// A route as a plain object: its contract as schemas, bound to a typed function or to an operation of a port.
import type { Context, User } from '../work/context.ts'
import type { Duration } from '../work/duration.ts'
import { type AnsweredOf, type BodyOf, isMedia, type Media } from './media.ts'
import type { AddedBy, Middleware } from './middleware.ts'
import type { Operation } from './operation.ts'
import type { InputOf, OutputOf, Schema } from './schema.ts'
import type { Size } from './size.ts'

/** Methods that a route can answer. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Who may call: `required` (the default) refuses strangers, `optional` lets them in without a user, `none` does not ask. */
export type Auth = 'required' | 'optional' | 'none'

/** A body that is declared: JSON by a schema, anything else by a medium; `null` for an answer without a body. */
export type Declared = Schema | Media | null

/** Answers beside the usual one, by status: `{ 202: Accepted, 304: null }`. */
export type Answers = Readonly<Record<number, Declared>>

/** Tells an answer made by `respond` from a value that only looks like one. */
const replyBrand: unique symbol = Symbol('footing.reply')

/** An answer with its status. */
export interface Reply<Status extends number = number, Body = unknown> {
  readonly [replyBrand]: true
  readonly status: Status
  readonly body: Body
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Answers with a status, headers and a body: `respond(201, value, { location })`, `respond(304)`. The status is the one
 * of the route or one of its `answers`; the body is checked and stripped by what is declared for that status.
 */
export function respond<const Status extends number>(status: Status): Reply<Status, undefined>
export function respond<const Status extends number, const Body>(
  status: Status,
  body: Body,
  headers?: Readonly<Record<string, string>>,
): Reply<Status, Body>
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
  readonly summary?: string
  readonly description?: string
  readonly operationId?: string
  readonly tags?: readonly string[]
  readonly deprecated?: boolean
  /** Errors that it answers with by design, for the API description: statuses or codes. */
  readonly errors?: readonly (string | number)[]
  /** Longest time for one request. */
  readonly deadline?: Duration
  /** How long it may hold the event loop without a break before a warning says so; default 50 ms. */
  readonly budget?: Duration
  readonly bodyLimit?: Size
}

/** Parts of a request that every route meets. */
interface Everywhere<Who extends Auth> {
  readonly user: Who extends 'required' ? User : Who extends 'optional' ? User | undefined : undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** What the function of a route is given, already checked. */
export interface RouteInput<Params, Query, Body, Who extends Auth> extends Everywhere<Who> {
  readonly params: OutputOf<Params>
  readonly query: OutputOf<Query>
  readonly body: BodyOf<Body>
}

type NamesIn<Path extends string> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer More}`
    ? Name | NamesIn<`/${More}`>
    : Rest
  : never

type Fields<In> = In extends Schema ? InputOf<In> : Readonly<Record<never, never>>

/**
 * What the mapping of a request to an operation is given. Parts that the route declares are checked by their schemas;
 * the others have the types that the operation asks for, and the operation checks what is made of them.
 */
export interface CallInput<Path extends string, In, Params, Query, Body, Who extends Auth> extends Everywhere<Who> {
  readonly params: Params extends Schema
    ? OutputOf<Params>
    : { readonly [Name in NamesIn<Path>]: Name extends keyof Fields<In> ? Fields<In>[Name] : string }
  readonly query: Query extends Schema ? OutputOf<Query> : Fields<In>
  readonly body: Body extends Schema | Media ? BodyOf<Body> : Fields<In>
}

/** The usual status: what is said, else 200, or 204 without a body. */
type Usual<Status, Out> = [Status] extends [undefined] ? ([Out] extends [undefined] ? 204 : 200) : Status & number

/** What the function of a route may return. */
type Outcome<Out, Status, More extends Answers> =
  // biome-ignore lint/suspicious/noConfusingVoidType: an async function without `return` has the type Promise<void>
  | (AnsweredOf<Out> extends undefined ? void : AnsweredOf<Out>)
  | Reply<Usual<Status, Out>, ReplyOf<Out>>
  | { readonly [Other in keyof More & number]: Reply<Other, ReplyOf<More[Other]>> }[keyof More & number]

/** What `respond` may be given: written as a literal it is read-only all the way down. */
type ReplyOf<B> = B extends Media ? AnsweredOf<B> : Unchanging<AnsweredOf<B>>

type Unchanging<T> = [string | number | boolean | null] extends [T] // any JSON, whose type has no end
  ? T
  : T extends object
    ? { readonly [Key in keyof T]: Unchanging<T[Key]> }
    : T

/** What both kinds of routes declare beside their types. */
interface Shared<Path, Who, Status, Uses> extends RouteFacts {
  /** Path below the base path, with `:name` for parameters: `/articles/:slug`. */
  readonly path: Path
  readonly auth?: Who
  /** Status of the usual answer; default 200, or 204 without a body. */
  readonly status?: Status
  /** Middleware of this route; it runs after that of the application and of the module. */
  readonly use?: Uses
}

/** A route with a function of its own. */
export interface HandledRoute<
  Path,
  Params,
  Query,
  Body,
  Out,
  Who extends Auth,
  Status,
  More extends Answers,
  Uses extends readonly unknown[],
> extends Shared<Path, Who, Status, Uses> {
  readonly call?: never
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  readonly out?: Out
  /** Answers beside the usual one, by status. */
  readonly answers?: More
  readonly handle: (
    input: RouteInput<Params, Query, Body, Who> & AddedBy<Uses>,
    context: Context,
  ) => Promise<Outcome<NoInfer<Out>, NoInfer<Status>, NoInfer<More>>>
}

/** A route that calls an operation: of its own module, or of one that the module needs. */
export interface CallingRoute<
  Path extends string,
  In,
  Out,
  Params,
  Query,
  Body,
  Shown,
  Who extends Auth,
  Status,
  Uses extends readonly unknown[],
> extends Shared<Path, Who, Status, Uses> {
  readonly call: Operation<In & (Schema | undefined), Out & (Schema | undefined)>
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  /**
   * Makes the input of the operation of the parts of a request. It places values and computes nothing, so that the
   * description and the places of faults can be read from it; where it has to compute, the route declares `params`,
   * `query` or `body`. Left out, the path gives its names and the query, or the body where there is one, all others;
   * only a route with `auth: 'none'` may leave it out, because a user's id would otherwise be asked of the client.
   */
  readonly input?: (request: CallInput<Path, In, Params, Query, Body, Who> & AddedBy<Uses>) => Fields<In>
  /** Makes the answer of the operation's result; like `input` it places and computes nothing, unless `out` is declared. */
  readonly answer?: (
    value: OutputOf<Out>,
  ) => Shown extends Schema ? OutputOf<Shown> | Reply<number, OutputOf<Shown>> : unknown
  readonly out?: Shown
  readonly handle?: never
}

/** What the server hands to a route. */
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
  readonly path: string
  readonly auth: Auth
  readonly status: number
  readonly params: Schema | undefined
  readonly query: Schema | undefined
  readonly body: Schema | Media | undefined
  /** Body of the usual answer; undefined for none, or for what the operation yields. */
  readonly out: Schema | Media | undefined
  readonly answers: Answers
  readonly use: readonly Middleware[]
  readonly does: Handling | Calling
}

/** A function of the route's own. */
export interface Handling {
  readonly kind: 'handle'
  readonly handle: (input: CheckedInput, context: Context) => Promise<unknown>
}

/** A call of an operation. */
export interface Calling {
  readonly kind: 'call'
  readonly operation: Operation
  readonly input: ((request: CheckedInput) => unknown) | undefined
  readonly answer: ((value: unknown) => unknown) | undefined
}

/**
 * Declares a route. Without `auth` it is closed to strangers: a forgotten word locks a door instead of opening it.
 * @throws TypeError for a closed route that calls an operation and does not say what it passes
 */
export function route<
  const Path extends string,
  In extends Schema | undefined = undefined,
  Result extends Schema | undefined = undefined,
  const Params extends Schema | undefined = undefined,
  const Query extends Schema | undefined = undefined,
  const Body extends Schema | Media | undefined = undefined,
  const Out extends Schema | Media | undefined = undefined,
  const Who extends Auth = 'required',
  const Status extends number | undefined = undefined,
  const More extends Answers = Readonly<Record<never, never>>,
  const Uses extends readonly Middleware[] = readonly [],
>(
  options:
    | CallingRoute<Path, In, Result, Params, Query, Body, Out, Who, Status, Uses>
    | HandledRoute<Path, Params, Query, Body, Out, Who, Status, More, Uses>,
): AnyRoute
export function route(options: RouteOptions): AnyRoute {
  const { call, handle, input, answer, auth = 'required', params, query, body, out, answers = {}, use = [] } = options
  if (call?.in !== undefined && input === undefined && auth !== 'none') {
    const what = `The route ${options.method} ${options.path} knows its user and does not say what it passes on`
    throw new TypeError(`${what}: write input: ({ params, user }) => ({ … }).`)
  }
  const does: Handling | Calling =
    call === undefined
      ? { kind: 'handle', handle: handle ?? (() => Promise.resolve()) }
      : { kind: 'call', operation: call, input, answer }
  const { call: _call, handle: _handle, input: _input, answer: _answer, ...facts } = options
  const status = options.status ?? ((out ?? call?.out) === undefined ? 204 : 200)
  return Object.freeze({ ...facts, kind: 'route', auth, status, params, query, body, out, answers, use, does })
}

/** The options of either kind without their types: the signature above has compared them. */
interface RouteOptions extends RouteFacts {
  readonly path: string
  readonly auth?: Auth
  readonly status?: number | undefined
  readonly params?: Schema | undefined
  readonly query?: Schema | undefined
  readonly body?: Schema | Media | undefined
  readonly out?: Schema | Media | undefined
  readonly answers?: Answers
  readonly use?: readonly Middleware[]
  readonly call?: Operation
  readonly input?: (request: CheckedInput) => unknown
  readonly answer?: (value: unknown) => unknown
  readonly handle?: (input: CheckedInput, context: Context) => Promise<unknown>
}

/** What is declared for a status: undefined for a status that is not declared. */
export function declaredFor(route: AnyRoute, status: number): Declared | undefined {
  if (Object.hasOwn(route.answers, status)) return route.answers[status]
  if (status !== route.status) return undefined
  const out = route.out ?? (route.does.kind === 'call' ? route.does.operation.out : undefined)
  return out ?? null
}

/** The media of a body, when it is not JSON. */
export function mediaOf(body: Declared | undefined): Media | undefined {
  return isMedia(body) ? body : undefined
}
