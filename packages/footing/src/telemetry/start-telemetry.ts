// Turns what the application publishes into logs and metrics; whoever starts the process starts this beside it.
import { createLog } from '../work/log.ts'
import { collectMetrics, type Metrics } from './metrics.ts'
import { watchRepeatedStatements } from './repeated-statements.ts'
import { type LogOptions, writeLogs } from './write-logs.ts'

/** What is watched besides. */
export interface TelemetryOptions extends LogOptions {
  /** How often one request may send the same statement before a warning says so (N+1). Left out: not watched. */
  readonly repeatedStatements?: number
}

/** Telemetry that runs. */
export interface Telemetry {
  /** Prometheus text of everything measured since the start. */
  metrics(): string
  /** Stops measuring and flushes the last lines. Safe to call twice. */
  stop(): void
}

/** Starts logs and metrics. Nothing in the library imports it: without it, publishing costs nothing. */
export function startTelemetry(options: TelemetryOptions = {}): Telemetry {
  const stopLogs = writeLogs(options)
  const metrics: Metrics = collectMetrics()
  const stopWatching =
    options.repeatedStatements === undefined ? () => undefined : warnOfLoops(options.repeatedStatements)
  let stopped = false
  return {
    metrics: () => metrics.text(),
    stop: () => {
      if (stopped) return
      stopped = true
      stopWatching()
      stopLogs()
      metrics.stop()
    },
  }
}

function warnOfLoops(allowed: number): () => void {
  const log = createLog('data', () => undefined)
  return watchRepeatedStatements({
    allowed,
    report: ({ route, times, text, ...rest }) =>
      log.warn(`${route} sent one statement ${times} times; fetch the rows of all of them at once`, { ...rest, text }),
  })
}
