// Counters and latencies of requests, calls and statements, as Prometheus text.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { type QueryEvent, queryChannel } from '../data/work-scope.ts'
import { type EventRecord, eventChannel } from '../events/event-bus.ts'
import { type RequestRecord, requestChannel } from '../http/mount-route.ts'
import { type Stall, stallChannel } from '../loop/guard/stall.ts'
import { type CallRecord, callChannel } from '../module/port-call.ts'
import { LatencyHistogram } from '../work/latency-histogram.ts'

/** What is measured, while it is. */
export interface Metrics {
  /** All of it in the Prometheus text format. */
  text(): string
  stop(): void
}

/** Labels come from routes, operations and modules, never from what a client sends, so that their number is bounded. */
type Labels = Readonly<Record<string, string>>

/** Starts to measure. */
export function collectMetrics(): Metrics {
  const requests = new Family('footing_request_duration_seconds', 'Duration of HTTP requests.')
  const calls = new Family('footing_call_duration_seconds', 'Duration of calls between modules.')
  const queries = new Family('footing_query_duration_seconds', 'Duration of database statements.')
  const events = new Family('footing_event_duration_seconds', 'Duration of handlers of events between modules.')
  const stalls = new Family('footing_event_loop_stall_seconds', 'Stalls of the event loop, by who caused them.')
  // The channels carry exactly these records; see where each is published.
  const onRequest = (message: unknown) => {
    const { method, route = 'none', module = 'none', status, durationMs } = message as RequestRecord
    const known = route === 'none' ? 'other' : method
    requests.observe({ method: known, route, module, status: `${Math.floor(status / 100)}xx` }, durationMs)
  }
  const onCall = (message: unknown) => {
    const { module, operation, caller = 'none', code = 'ok', durationMs } = message as CallRecord
    calls.observe({ module, operation, caller, code }, durationMs)
  }
  const onQuery = (message: unknown) => {
    const { module, failed, durationMs } = message as QueryEvent
    queries.observe({ module, failed: String(failed) }, durationMs)
  }
  const onEvent = (message: unknown) => {
    const { event, subscriber, code = 'ok', durationMs } = message as EventRecord
    events.observe({ event, subscriber, code }, durationMs)
  }
  const onStall = (message: unknown) => {
    const { handler = 'none', module = 'none', durationMs } = message as Stall
    stalls.observe({ handler, module }, durationMs)
  }
  subscribe(eventChannel.name, onEvent)
  subscribe(stallChannel.name, onStall)
  subscribe(requestChannel.name, onRequest)
  subscribe(callChannel.name, onCall)
  subscribe(queryChannel.name, onQuery)
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  const loop = performance.eventLoopUtilization()
  return {
    text: () =>
      [requests, calls, queries, events, stalls].map((family) => family.text()).join('') +
      loopText(delay.percentile(99) / 1e9, performance.eventLoopUtilization(loop).utilization),
    stop: () => {
      unsubscribe(eventChannel.name, onEvent)
      unsubscribe(stallChannel.name, onStall)
      unsubscribe(requestChannel.name, onRequest)
      unsubscribe(callChannel.name, onCall)
      unsubscribe(queryChannel.name, onQuery)
      delay.disable()
    },
  }
}

/** Application code may make up error codes; beyond this many label sets the rest is counted together. */
const mostSeries = 2000

class Family {
  readonly #name: string
  readonly #help: string
  readonly #series = new Map<string, LatencyHistogram>()

  constructor(name: string, help: string) {
    this.#name = name
    this.#help = help
  }

  observe(labels: Labels, ms: number): void {
    const key = labelText(labels)
    let histogram = this.#series.get(key)
    if (histogram === undefined) {
      const full = this.#series.size >= mostSeries
      const place = full ? 'overflow="true"' : key
      histogram = this.#series.get(place) ?? new LatencyHistogram()
      this.#series.set(place, histogram)
    }
    histogram.record(ms)
  }

  text(): string {
    const lines = [`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} summary`]
    for (const [labels, histogram] of [...this.#series].toSorted(([left], [right]) => (left < right ? -1 : 1))) {
      for (const share of [0.5, 0.95, 0.99]) {
        lines.push(`${this.#name}{${labels},quantile="${share}"} ${seconds(histogram.quantile(share))}`)
      }
      lines.push(`${this.#name}_sum{${labels}} ${seconds(histogram.totalMs)}`)
      lines.push(`${this.#name}_count{${labels}} ${histogram.count}`)
    }
    return `${lines.join('\n')}\n`
  }
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(
      ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
    )
    .join(',')
}

function loopText(p99: number, utilisation: number): string {
  return [
    gauge('footing_event_loop_delay_p99_seconds', 'How late the event loop was, 99th percentile since the start.', p99),
    gauge(
      'footing_event_loop_utilization_ratio',
      'Share of the time since the start that the loop was busy.',
      utilisation,
    ),
  ].join('')
}

function gauge(name: string, help: string, value: number): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value.toFixed(6)}\n`
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(6)
}
