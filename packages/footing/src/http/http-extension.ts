// What other capabilities add to the door.
import type { FastifyInstance } from 'fastify'
import type { Authenticate } from '../module/implement.ts'
import type { ServerEnvironment } from './build-server.ts'

/** An addition to the door of a process. */
export interface HttpExtension {
  /** Adds to the server in the roles `web` and `all`, before it listens. */
  mount?(server: FastifyInstance, environment: ServerEnvironment): void | Promise<void>
  /** Looks at whoever the application's own `authenticate` has found: the result stands in its place. */
  authenticate?(authenticate: Authenticate): Authenticate
}
