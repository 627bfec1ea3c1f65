// Counters and latencies of requests, calls and statements, as Prometheus text.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { type TickRecord, tickChannel } from '../cron/running-ticks.ts'
import { type QueryEvent, queryChannel } from '../data/work-scope.ts'
import { type EventRecord, eventChannel } from '../events/event-bus.ts'
import { type RequestRecord, requestChannel } from '../http/mount-route.ts'
import { type JobRecord, jobChannel } from '../jobs/job-channel.ts'
import { type Stall, stallChannel } from '../loop/guard/stall.ts'
import { type CallRecord, callChannel } from '../module/port-call.ts'
import { LatencyHistogram } from '../work/latency-histogram.ts'

/** What is measured, while it is. */
export interface Metrics {
  /** All of it in the Prometheus text format. */
  text(): string
  stop(): void
}

/** Starts to measure. */
export function collectMetrics(): Metrics {
  const requests = new Family('footing_request_duration_seconds', 'Duration of HTTP requests.', [
    'method',
    'route',
    'module',
    'status',
  ])
  const calls = new Family('footing_call_duration_seconds', 'Duration of calls between modules.', [
    'module',
    'operation',
    'caller',
    'code',
  ])
  const queries = new Family('footing_query_duration_seconds', 'Duration of database statements.', ['module', 'failed'])
  const events = new Family('footing_event_duration_seconds', 'Duration of handlers of events between modules.', [
    'event',
    'subscriber',
    'code',
  ])
  const ticks = new Family('footing_tick_duration_seconds', 'Duration of runs of schedules.', [
    'schedule',
    'kind',
    'code',
  ])
  const jobs = new Family('footing_job_duration_seconds', 'Duration of attempts of jobs.', ['job', 'outcome', 'code'])
  const waits = new Family('footing_job_wait_seconds', 'How long jobs waited since they could have begun.', [
    'job',
    'outcome',
  ])
  const stalls = new Family('footing_event_loop_stall_seconds', 'Stalls of the event loop, by who caused them.', [
    'handler',
    'module',
  ])
  // The channels carry exactly these records; see where each is published.
  const onRequest = (message: unknown) => {
    const { method, route = 'none', module = 'none', status, durationMs } = message as RequestRecord
    const known = route === 'none' ? 'other' : method
    requests.observe(durationMs, known, route, module, statusClasses[Math.floor(status / 100)] ?? 'other')
  }
  const onCall = (message: unknown) => {
    const { module, operation, caller = 'none', code = 'ok', durationMs } = message as CallRecord
    calls.observe(durationMs, module, operation, caller, code)
  }
  const onQuery = (message: unknown) => {
    const { module, failed, durationMs } = message as QueryEvent
    queries.observe(durationMs, module, failed ? 'true' : 'false')
  }
  const onEvent = (message: unknown) => {
    const { event, subscriber, code = 'ok', durationMs } = message as EventRecord
    events.observe(durationMs, event, subscriber, code)
  }
  const onTick = (message: unknown) => {
    const { schedule, kind, code = 'ok', durationMs } = message as TickRecord
    ticks.observe(durationMs, schedule, kind, code)
  }
  const onJob = (message: unknown) => {
    const { name, outcome, code = 'ok', durationMs, waitedMs } = message as JobRecord
    jobs.observe(durationMs, name, outcome, code)
    waits.observe(waitedMs, name, outcome)
  }
  const onStall = (message: unknown) => {
    const { handler = 'none', module = 'none', durationMs } = message as Stall
    stalls.observe(durationMs, handler, module)
  }
  subscribe(eventChannel.name, onEvent)
  subscribe(tickChannel.name, onTick)
  subscribe(jobChannel.name, onJob)
  subscribe(stallChannel.name, onStall)
  subscribe(requestChannel.name, onRequest)
  subscribe(callChannel.name, onCall)
  subscribe(queryChannel.name, onQuery)
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  const loop = performance.eventLoopUtilization()
  return {
    text: () =>
      [requests, calls, queries, events, jobs, waits, ticks, stalls].map((family) => family.text()).join('') +
      loopText(delay.percentile(99) / 1e9, performance.eventLoopUtilization(loop).utilization),
    stop: () => {
      unsubscribe(eventChannel.name, onEvent)
      unsubscribe(tickChannel.name, onTick)
      unsubscribe(jobChannel.name, onJob)
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

const statusClasses = ['other', '1xx', '2xx', '3xx', '4xx', '5xx']

/** Values of the labels one below the other, the last one's with its durations: finding them makes no new string. */
interface Branch {
  readonly below: Map<string, Branch>
  histogram: LatencyHistogram | undefined
}

/**
 * One metric with its labels. Their values come from routes, operations and modules, never from what a client sends, so that
 * their number is bounded.
 */
class Family {
  readonly #name: string
  readonly #help: string
  readonly #labels: readonly string[]
  readonly #root: Branch = { below: new Map(), histogram: undefined }
  readonly #overflow = new LatencyHistogram()
  #size = 0

  constructor(name: string, help: string, labels: readonly string[]) {
    this.#name = name
    this.#help = help
    this.#labels = labels
  }

  /** Counts one duration in milliseconds under the values of the labels, in their order. */
  observe(ms: number, first: string, second: string, third?: string, fourth?: string): void {
    let branch = this.#root.below.get(first)?.below.get(second)
    if (third !== undefined) branch = branch?.below.get(third)
    if (fourth !== undefined) branch = branch?.below.get(fourth)
    const histogram = branch?.histogram ?? this.#begin([first, second, third, fourth])
    histogram.record(ms)
  }

  #begin(values: readonly (string | undefined)[]): LatencyHistogram {
    if (this.#size >= mostSeries) return this.#overflow
    this.#size += 1
    let branch = this.#root
    for (const value of values) {
      if (value === undefined) break
      const next = branch.below.get(value) ?? { below: new Map(), histogram: undefined }
      branch.below.set(value, next)
      branch = next
    }
    branch.histogram = new LatencyHistogram()
    return branch.histogram
  }

  text(): string {
    const lines = [`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} summary`]
    for (const [labels, histogram] of this.#series().toSorted(([left], [right]) => (left < right ? -1 : 1))) {
      for (const share of [0.5, 0.95, 0.99]) {
        lines.push(`${this.#name}{${labels},quantile="${share}"} ${seconds(histogram.quantile(share))}`)
      }
      lines.push(`${this.#name}_sum{${labels}} ${seconds(histogram.totalMs)}`)
      lines.push(`${this.#name}_count{${labels}} ${histogram.count}`)
    }
    return `${lines.join('\n')}\n`
  }

  #series(): readonly (readonly [labels: string, histogram: LatencyHistogram])[] {
    const found: (readonly [string, LatencyHistogram])[] = []
    const walk = ({ below, histogram }: Branch, labels: readonly string[]): void => {
      if (histogram !== undefined) found.push([labels.join(','), histogram])
      for (const [value, branch] of below)
        walk(branch, [...labels, `${this.#labels[labels.length]}="${escaped(value)}"`])
    }
    walk(this.#root, [])
    if (this.#overflow.count > 0) found.push(['overflow="true"', this.#overflow])
    return found
  }
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
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
