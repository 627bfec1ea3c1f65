// What one operation has done since the start, for metrics, the console and the module map.

/** Counts and latencies of one operation. */
export interface OperationStats {
  readonly module: string
  readonly operation: string
  /** Finished calls, failed ones included. */
  readonly calls: number
  readonly errors: number
  readonly running: number
  /** Milliseconds; 0 before the first call. */
  readonly p50: number
  readonly p95: number
  readonly p99: number
  /** Sum of the durations in milliseconds. */
  readonly totalMs: number
  /** Finished and running calls by calling module; calls from outside of any module count under `-`. */
  readonly callers: Readonly<Record<string, number>>
}
