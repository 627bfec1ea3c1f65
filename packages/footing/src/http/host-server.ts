// A server that somebody else runs, as far as routes of ours are answered on it.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { MountedRoute } from './http-options.ts'

/** Answers one request that the host has handed over untouched. */
export type AnswerRequest = (request: IncomingMessage, response: ServerResponse) => void

/** The host's side: takes routes and hands their requests over. */
export interface HostServer {
  /** Adds exactly these routes; everything else stays the host's own. */
  take(routes: readonly MountedRoute[], answer: AnswerRequest): void | Promise<void>
}
