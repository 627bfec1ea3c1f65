// Gathers finished requests from the diagnostics channel, for the console: bounded, and cheap while nobody looks.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { RequestFacts, RouteTraffic } from '@footing/console'
import { noRoute } from './protocol.ts'

/** What has been gathered since the last look, and in all. */
export interface Traffic {
  /** Requests that finished since the last call, oldest first; the oldest beyond the limit are dropped. */
  takeRequests(): readonly RequestFacts[]
  /** All routes since the start. */
  routes(): readonly RouteTraffic[]
  /** Stops listening. */
  close(): void
}

/** Requests kept between two looks. */
const mostRequests = 200
/** Routes counted apart; a flood of unknown paths shares one entry. */
const mostRoutes = 500

interface RouteEntry {
  readonly method: string
  readonly route: string
  readonly histogram: RecordableHistogram
  errors: number
}

/** Begins to listen to `footing:request`. */
export function gatherTraffic(now: () => number = Date.now): Traffic {
  let recent: RequestFacts[] = []
  const entries = new Map<string, RouteEntry>()
  const onRequest = (message: unknown): void => {
    const request = readRequest(message, now())
    if (request === undefined) return
    recent.push(request)
    if (recent.length > mostRequests) recent.shift()
    const entry = entryFor(entries, request)
    // Microseconds, and never the zero that histograms refuse.
    entry.histogram.record(Math.max(1, Math.round(request.durationMs * 1000)))
    if (request.status >= 500) entry.errors += 1
  }
  subscribe('footing:request', onRequest)
  return {
    takeRequests: () => {
      const taken = recent
      recent = []
      return taken
    },
    routes: () => [...entries.values()].map(summarise),
    close: () => {
      unsubscribe('footing:request', onRequest)
    },
  }
}

function entryFor(entries: Map<string, RouteEntry>, request: RequestFacts): RouteEntry {
  const key = `${request.method} ${request.route}`
  const known = entries.get(key)
  if (known !== undefined) return known
  const rest = entries.size >= mostRoutes
  const [method, route] = rest ? ['*', '(other)'] : [request.method, request.route]
  const entry = entries.get(`${method} ${route}`) ?? { method, route, histogram: createHistogram(), errors: 0 }
  entries.set(`${method} ${route}`, entry)
  return entry
}

function summarise({ method, route, histogram, errors }: RouteEntry): RouteTraffic {
  const at = (percentile: number): number => histogram.percentile(percentile) / 1000
  return { method, route, count: histogram.count, errors, p50: at(50), p95: at(95), p99: at(99) }
}

function readRequest(message: unknown, at: number): RequestFacts | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  const { requestId, method, route, status, durationMs } = message as Readonly<Record<string, unknown>>
  if (typeof method !== 'string' || typeof status !== 'number' || typeof durationMs !== 'number') return undefined
  return {
    id: typeof requestId === 'string' ? requestId : '',
    at,
    method,
    route: typeof route === 'string' ? route : noRoute,
    status,
    durationMs,
  }
}
