// Turns what the application publishes into logs and metrics; whoever starts the process starts this beside it.
import { collectMetrics, type Metrics } from './metrics.ts'
import { type LogOptions, writeLogs } from './write-logs.ts'

/** Telemetry that runs. */
export interface Telemetry {
  /** Prometheus text of everything measured since the start. */
  metrics(): string
  /** Stops measuring and flushes the last lines. Safe to call twice. */
  stop(): void
}

/** Starts logs and metrics. Nothing in the library imports it: without it, publishing costs nothing. */
export function startTelemetry(options: LogOptions = {}): Telemetry {
  const stopLogs = writeLogs(options)
  const metrics: Metrics = collectMetrics()
  let stopped = false
  return {
    metrics: () => metrics.text(),
    stop: () => {
      if (stopped) return
      stopped = true
      stopLogs()
      metrics.stop()
    },
  }
}
