// What stands between a request and its route: plain functions, for one route, a module or the whole application.
import type { Context, User } from '../work/context.ts'
import type { Reply } from './route.ts'

/** A request as middleware sees it: who sends it is known, its parts are texts that nothing has checked. */
export interface EdgeRequest {
  readonly method: string
  /** Path of the route as the description has it: `/v1/articles/{slug}`. */
  readonly route: string
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | string[] | undefined>>
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly user: User | undefined
  /** Address of the client, or of the proxy in front unless TRUST_PROXY is set. */
  readonly address: string
}

/**
 * Runs around a route. `next` gives what it adds to the input of the route and resolves with the answer, which may be
 * sent as it is or changed by `respond`; refusing is throwing a coded error. Order: application, module, route. One
 * that is named in several of these lists runs once, at its first place.
 */
export type Middleware<Added extends object = object> = (
  request: EdgeRequest,
  next: (added: Added) => Promise<Reply>,
  context: Context,
) => Promise<Reply>

/** What a list of middleware adds to the input of a route. */
export type AddedBy<Uses extends readonly unknown[]> = Uses extends readonly [infer First, ...infer Rest]
  ? (First extends Middleware<infer Added> ? Added : unknown) & AddedBy<Rest>
  : unknown
