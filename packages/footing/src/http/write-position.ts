// Carries the place of a client's last write from answer to request, so that its next read is never older than its write.
import type { IncomingHttpHeaders } from 'node:http'

/** Header of answers to requests that wrote; a client that sends it back reads its own writes from any process. */
export const positionHeader = 'footing-position'

/** A position has at most 17 characters. */
const longest = 40

/**
 * Where the scope of a request begins: at the position that the client sent. What is not one is not judged here: the
 * database takes it for a write that no replica is sure to have, so that a forged header costs only its sender.
 */
export function writesOf(headers: IncomingHttpHeaders): { position: string | undefined } | undefined {
  const sent = headers[positionHeader]
  return typeof sent === 'string' ? { position: sent.slice(0, longest) } : undefined
}

/** The header's value for an answer; undefined when the client has nothing new to remember. */
export function positionToSend(
  writes: { readonly position: string | undefined } | undefined,
  headers: IncomingHttpHeaders,
): string | undefined {
  const position = writes?.position
  if (position === undefined || position === headers[positionHeader]) return undefined
  return position
}
