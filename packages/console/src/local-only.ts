// Who may talk to the console: a page that this machine opened under a loopback name, and nobody else.
// A foreign site can point its own name at 127.0.0.1 (DNS rebinding); its requests then carry that name as Host.
import type { IncomingHttpHeaders } from 'node:http'

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Why a request is refused, or undefined when it may pass. `port` is the one that the console listens on. */
export function refuseForeign(headers: IncomingHttpHeaders, port: number): string | undefined {
  if (!isLoopback(headers.host, port)) return 'The console answers to localhost only.'
  if (headers.origin !== undefined && !isLoopback(originHost(headers.origin), port)) {
    return 'The console does not answer other sites.'
  }
  const site = headers['sec-fetch-site']
  if (site === 'cross-site') return 'The console does not answer other sites.'
  return undefined
}

function isLoopback(host: string | undefined, port: number): boolean {
  if (host === undefined) return false
  const match = /^(localhost|127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?$/i.exec(host)
  if (match === null) return false
  return loopbackNames.has((match[1] ?? '').toLowerCase()) && Number(match[2] ?? '80') === port
}

function originHost(origin: string): string | undefined {
  return /^http:\/\/(.+)$/.exec(origin)?.[1]
}
