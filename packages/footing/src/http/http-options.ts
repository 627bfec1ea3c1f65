// How an application answers HTTP, as data.
import type { FootingError } from '@footing/kernel'
import type { FastifyInstance } from 'fastify'
import type { Middleware } from '../module/middleware.ts'
import type { Method } from '../module/route.ts'
import type { Schema } from '../module/schema.ts'
import type { Size } from '../module/size.ts'
import type { Duration } from '../work/duration.ts'

/** An answer to an error. */
export interface ProblemAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body: unknown
  /** Default `application/problem+json` for the built-in answer, `application/json` for one of `http.problem`. */
  readonly contentType?: string
}

/** What is known about the request that failed. */
export interface FailedRequest {
  readonly method: string
  /** Path without the query. */
  readonly path: string
  readonly requestId: string
}

/** Who may read answers from a browser on another site. */
export interface CorsOptions {
  /** Exact origins, or `'*'` for everybody (then without credentials). */
  readonly origins: '*' | readonly string[]
  readonly credentials?: boolean
}

/** What `createApp({ http })` takes; everything has a default. */
export interface HttpOptions {
  /** Path in front of all routes; default `/v1`. It should name a version unless a specification says otherwise. */
  readonly basePath?: string
  /** Rewrites the answer to every error; undefined keeps the built-in one (RFC 9457). */
  readonly problem?: (error: FootingError, request: FailedRequest) => ProblemAnswer | undefined
  /** Form of what `problem` answers with, for the API description. */
  readonly problemSchema?: Schema
  /**
   * First words of the Authorization header that are taken, for the description and for the challenge of a 401; default
   * those that the module with `authenticate` names, else `Bearer`.
   */
  readonly schemes?: readonly string[]
  /** How a user is known where that is not the Authorization header, as an OpenAPI security scheme. */
  readonly security?: Readonly<Record<string, string>>
  /** Default: none, so that browsers of other sites are refused. */
  readonly cors?: CorsOptions
  /** Largest request body; default 256 kB. A route may differ. */
  readonly bodyLimit?: Size
  /** Longest time for a request to arrive, headers and body; default 30 s. Large uploads over slow lines need more. */
  readonly arrival?: Duration
  /** Longest time for one request; default 10 s. A route may differ. */
  readonly deadline?: Duration
  /** Serve `openapi.json` and `docs` below the base path; default true. */
  readonly reference?: boolean
  /** Middleware around the routes of all modules; see `Middleware`. */
  readonly use?: readonly Middleware[]
  /** The server itself, before it listens: to register what Footing does not have. */
  readonly customise?: (server: FastifyInstance) => void | Promise<void>
}

/** A route as it is mounted. */
export interface MountedRoute {
  readonly method: Method
  /** Full path with `{name}` for parameters, as in the API description: `/api/articles/{slug}`. */
  readonly path: string
  readonly module: string
  readonly operationId: string
  readonly auth: 'required' | 'optional' | 'none'
  readonly deprecated: boolean
}
