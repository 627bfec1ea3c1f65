// Notices that Redis is away and spares everybody the waiting: while it is open, only one command at a time tries.
import type { Clock } from '@footing/kernel'

/** What a circuit works with. */
export interface CircuitOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  /** Between 0 and 1. */
  readonly random: () => number
  /** Failures in a row that open it. Default 3. */
  readonly failures?: number
  /** First and longest pause between two tries in milliseconds. Default 250 and 5000. */
  readonly firstPauseMs?: number
  readonly longestPauseMs?: number
}

/** Closed while all is well; open after failures in a row, until a try succeeds. */
export class Circuit {
  readonly #options: CircuitOptions
  #failed = 0
  #pauses = 0
  #openUntil: number | undefined
  #trying = false
  outages = 0

  constructor(options: CircuitOptions) {
    this.#options = options
  }

  get open(): boolean {
    return this.#openUntil !== undefined
  }

  /** True when a command may be sent now. Of those that come after the pause one is let through. */
  enter(): boolean {
    if (this.#openUntil === undefined) return true
    if (this.#trying || this.#options.clock.monotonic() < this.#openUntil) return false
    this.#trying = true
    return true
  }

  succeeded(): void {
    this.#failed = 0
    this.#pauses = 0
    this.#trying = false
    this.#openUntil = undefined
  }

  failed(): void {
    const { clock, random, failures = 3, firstPauseMs = 250, longestPauseMs = 5000 } = this.#options
    this.#failed += 1
    this.#trying = false
    if (this.#openUntil === undefined && this.#failed < failures) return
    if (this.#openUntil === undefined) this.outages += 1
    // Many processes lose Redis in the same moment; the jitter keeps them from coming back in the same moment.
    const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#pauses) * (0.5 + random() / 2)
    this.#pauses += 1
    this.#openUntil = clock.monotonic() + pause
  }

  /** Redis said by itself that it is back: the next command need not wait for the end of the pause. */
  invite(): void {
    if (this.#openUntil !== undefined) this.#openUntil = this.#options.clock.monotonic()
  }
}
