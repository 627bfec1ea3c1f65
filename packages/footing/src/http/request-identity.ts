// Which request this is: ids that the caller sent when they are well formed, new ones otherwise.
import type { IncomingHttpHeaders } from 'node:http'
import type { Credentials } from '../module/implement.ts'
import type { Origin } from '../work/call-context.ts'
import { newOrigin } from '../work/call-context.ts'
import { parseTraceParent, randomHex } from '../work/trace-ids.ts'
import { writesOf } from './write-position.ts'

/** Ids of others end up in logs and in statements to the database, so only harmless characters are taken over. */
const wellFormedId = /^[A-Za-z0-9][A-Za-z0-9._-]{7,127}$/

/** The id of a request: `x-request-id` when it is well formed, else 32 random hexadecimal digits. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && wellFormedId.test(given) ? given : randomHex(16)
}

/** What the calls below a request share. */
export function originOf(requestId: string, headers: IncomingHttpHeaders, route: string): Origin {
  const origin = newOrigin()
  origin.requestId = requestId
  origin.route = route
  origin.writes = writesOf(headers)
  const { traceparent } = headers
  if (typeof traceparent === 'string') origin.traceId = parseTraceParent(traceparent)?.traceId
  return origin
}

/** What the Authorization header shows: `Bearer abc` is scheme `bearer`, token `abc`. */
export function credentialsOf(headers: IncomingHttpHeaders, method: string): Credentials {
  const match = /^(\S{1,64}) +(\S+) *$/.exec(headers.authorization ?? '')
  return { scheme: match?.[1]?.toLowerCase(), token: match?.[2], headers, method }
}
