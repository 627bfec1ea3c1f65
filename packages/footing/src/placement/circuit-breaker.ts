// Stops calling a process that fails, and finds out with one call at a time when it answers again.
import type { Clock } from '@footing/kernel'

/** What became of a call: `failed` means that the process did not do its part; a coded error of the module is `answered`. */
export type Outcome = 'answered' | 'failed' | 'unknown'

/** Leave to make one call; whoever has it says how it ended. */
export type Leave = (outcome: Outcome) => void

const remembered = 20
const leastFailures = 5
const firstPauseMs = 500
const longestPauseMs = 15_000

/** The breaker of one target. Closed: calls pass. Open: none. Half open: one, whose outcome decides. */
export class CircuitBreaker {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #failed: boolean[] = []
  #openUntil: number | undefined
  #pauses = 0
  #probing = false

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock
    this.#random = random
  }

  get state(): 'closed' | 'open' | 'half-open' {
    if (this.#openUntil === undefined) return 'closed'
    return this.#clock.monotonic() < this.#openUntil ? 'open' : 'half-open'
  }

  /** Milliseconds until a call may try again; 0 when one may now. */
  get pausedMs(): number {
    if (this.#openUntil === undefined) return 0
    return Math.max(this.#probing ? 1 : 0, Math.ceil(this.#openUntil - this.#clock.monotonic()))
  }

  /** Leave for one call, or undefined while calls are paused. */
  enter(): Leave | undefined {
    const { state } = this
    if (state === 'closed') return once((outcome) => this.#count(outcome))
    if (state === 'open' || this.#probing) return undefined
    this.#probing = true
    return once((outcome) => this.#judge(outcome))
  }

  #count(outcome: Outcome): void {
    if (outcome === 'unknown' || this.#openUntil !== undefined) return
    this.#failed.push(outcome === 'failed')
    if (this.#failed.length > remembered) this.#failed.shift()
    const failures = this.#failed.filter(Boolean).length
    if (outcome === 'failed' && failures >= leastFailures && failures * 2 >= this.#failed.length) this.#open()
  }

  #judge(outcome: Outcome): void {
    this.#probing = false
    if (outcome === 'failed') this.#open()
    if (outcome !== 'answered') return
    this.#openUntil = undefined
    this.#pauses = 0
  }

  #open(): void {
    const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#pauses)
    this.#pauses++
    this.#failed.length = 0
    // Between half and all of it, so that many callers do not try in the same moment.
    this.#openUntil = this.#clock.monotonic() + longest * (0.5 + this.#random() / 2)
  }
}

/** The first word counts: a fault in handling an answer does not change that there was one. */
function once(leave: Leave): Leave {
  let left = false
  return (outcome) => {
    if (left) return
    left = true
    leave(outcome)
  }
}
