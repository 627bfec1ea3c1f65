// How late and how busy the event loop is, over the last minute.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

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
/** The histogram counts how long a timer of this length took; what is longer is delay. */
const resolutionMs = 20

/** Measures from its making until `stop`. */
export class LoopStatistics {
  stalls = 0
  readonly #delay = monitorEventLoopDelay({ resolution: resolutionMs })
  #began = performance.now()
  #utilisation = performance.eventLoopUtilization()
  #last: LoopState | undefined

  /** The delay is sampled while there is work: without any, nothing is late. */
  sample(enabled: boolean): void {
    if (enabled) this.#delay.enable()
    else this.#delay.disable()
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

  stop(): void {
    this.#delay.disable()
  }

  #current(): LoopState {
    return {
      delayP50Ms: late(this.#delay.percentile(50)),
      delayP99Ms: late(this.#delay.percentile(99)),
      delayMaxMs: late(this.#delay.max),
      utilisation: round(performance.eventLoopUtilization(this.#utilisation).utilization, 3),
      stalls: this.stalls,
    }
  }
}

function late(nanoseconds: number): number {
  // Before the first measurement the histogram holds zeros or its largest value.
  const ms = nanoseconds / 1e6 - resolutionMs
  return Number.isFinite(ms) && ms > 0 && ms < 1e9 ? round(ms, 1) : 0
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits
}
