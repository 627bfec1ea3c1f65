// Keeps browsers away from the ports of modules: a page of any site can make its visitors' browsers send requests to this
// machine, and a name that its owner points here makes them same-origin.
import type { IncomingHttpHeaders } from 'node:http'

/** Set by every browser on every request that a page makes; a page can neither leave them out nor forge them. */
const browserHeaders = ['origin', 'sec-fetch-site', 'sec-fetch-dest', 'sec-fetch-user'] as const

/** What gives a browser away, as the rest of a sentence; undefined for a call that may come from a process. */
export function browserSign(headers: IncomingHttpHeaders, loopbackOnly: boolean): string | undefined {
  const sign = browserHeaders.find((name) => headers[name] !== undefined)
  if (sign !== undefined) return `it has the header ${sign}`
  // Processes of one machine call each other by its own names; any other name was looked up somewhere.
  if (loopbackOnly && !isOwnName(headers.host)) return 'its Host is no name of this machine'
  return undefined
}

function isOwnName(host: string | undefined): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host ?? '')
}
