// Carries the place of a client's last write from answer to request, so that its next read is never older than its write.
import type { IncomingHttpHeaders } from 'node:http'
import { parseWalPosition } from '../data/replicas/wal-position.ts'
import { unknownPosition } from '../data/replicas/written-position.ts'

/** Header of answers to requests that wrote; a client that sends it back reads its own writes from any process. */
export const positionHeader = 'footing-position'

/** Where the scope of a request begins: at the position that the client sent. */
export function writesOf(headers: IncomingHttpHeaders): { position: string | undefined } | undefined {
  const sent = headers[positionHeader]
  // Anything else that was sent may have been a position once: then only the primary is sure to have it.
  return typeof sent === 'string'
    ? { position: parseWalPosition(sent) === undefined ? unknownPosition : sent }
    : undefined
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
