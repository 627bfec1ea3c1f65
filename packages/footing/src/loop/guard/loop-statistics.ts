// How late and how busy the event loop is, over the last minute.
import { createHistogram, performance } from 'node:perf_hooks'

/** State of the event loop. */
export interface LoopState {
  /** How late the loop came to its work, in milliseconds: median, 99th percentile and longest. */
  readonly delayP50Ms: number
  readonly delayP99Ms: number
  readonly delayMaxMs: number
  /** Share of the time that the loop was busy, 0 to 1. */
  readonly utilisation: number
  /** Stalls beyond the threshold since the start. */
  readonly stalls: number
}

const windowMs = 60_000
/** Measures from its making on. */
export class LoopStatistics {
  stalls = 0
  /** In microseconds, and one more: a histogram holds no zero. */
  readonly #delay = createHistogram()
  #began = performance.now()
  #utilisation = performance.eventLoopUtilization()
  #last: LoopState | undefined

  /** How late a beat came, while there was work: without any, nothing is late. */
  late(ms: number): void {
    this.#delay.record(Math.round(ms * 1000) + 1)
  }

  /** The last whole minute, or what there is of the first. */
  read(): LoopState {
    this.turn()
    return { ...(this.#last ?? this.#current()), stalls: this.stalls }
  }

  /** Begins a new minute when one is over; called now and then, at no fixed time. */
  turn(): void {
    if (performance.now() - this.#began < windowMs) return
    this.#last = this.#current()
    this.#began = performance.now()
    this.#utilisation = performance.eventLoopUtilization()
    this.#delay.reset()
  }

  #current(): LoopState {
    return {
      delayP50Ms: this.#lateMs(this.#delay.percentile(50)),
      delayP99Ms: this.#lateMs(this.#delay.percentile(99)),
      delayMaxMs: this.#lateMs(this.#delay.max),
      utilisation: round(performance.eventLoopUtilization(this.#utilisation).utilization, 3),
      stalls: this.stalls,
    }
  }

  #lateMs(recorded: number): number {
    // Before the first measurement the histogram holds its bounds.
    return this.#delay.count === 0 ? 0 : round((recorded - 1) / 1000, 1)
  }
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits
}
