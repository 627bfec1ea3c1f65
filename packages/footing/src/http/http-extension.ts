// What other capabilities add to the door.
import type { FastifyInstance } from 'fastify'
import type { ServerEnvironment } from './build-server.ts'

/** An addition to the server of a process in the roles `web` and `all`, mounted before it listens. */
export interface HttpExtension {
  mount(server: FastifyInstance, environment: ServerEnvironment): void | Promise<void>
}
