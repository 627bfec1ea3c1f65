// What other capabilities add to the door.
import type { FastifyInstance } from 'fastify'
import type { Authenticate } from '../module/implement.ts'
import type { ServerEnvironment } from './build-server.ts'

/** An addition to the door of a process. */
export interface HttpExtension {
  /** Adds to the server in the roles `web` and `all`, before it listens. */
  mount?(server: FastifyInstance, environment: ServerEnvironment): void | Promise<void>
  /** Paths that no page of another origin may read, whatever the application says of CORS, with all below them. */
  readonly withoutCors?: readonly string[]
  /** Looks at whoever the application's own `authenticate` has found: the result stands in its place. */
  authenticate?(authenticate: Authenticate): Authenticate
}
