// Remembers which signed calls were taken, for as long as their signatures are good, and from when on it remembers.
import type { Clock } from '@footing/kernel'

/** What is known of a call. `forgotten` means that nobody can tell any more whether it was taken. */
export type Memory = 'new' | 'taken' | 'forgotten'

/**
 * Two sets take turns: what is older than one whole turn is forgotten at once, without a look at each entry. What was
 * forgotten, or was signed before this process began, is known by its time: a restart and a clock that is set back make no
 * call new again.
 */
export class NonceMemory {
  readonly #clock: Clock
  readonly #turnMs: number
  #current = new Set<string>()
  #previous = new Set<string>()
  #turnAt: number
  /** Latest signature in each of the two sets, and of all that are forgotten; milliseconds since 1970. */
  #currentLatest: number
  #previousLatest: number
  #horizon: number

  /** Nonces are remembered for at least `turnMs` and at most twice that. */
  constructor(clock: Clock, turnMs: number) {
    this.#clock = clock
    this.#turnMs = turnMs
    this.#turnAt = clock.monotonic() + turnMs
    // A call of this very millisecond may come from a process that began together with this one.
    this.#horizon = clock.now() - 1
    this.#currentLatest = this.#horizon
    this.#previousLatest = this.#horizon
  }

  /**
   * Takes a call by its nonce and the time of its signature. Only those whose signature was checked come here, so that
   * strangers cannot fill it.
   */
  take(nonce: string, time: number): Memory {
    this.#turn()
    if (this.#current.has(nonce) || this.#previous.has(nonce)) return 'taken'
    if (time <= this.#horizon) return 'forgotten'
    this.#current.add(nonce)
    this.#currentLatest = Math.max(this.#currentLatest, time)
    return 'new'
  }

  get size(): number {
    return this.#current.size + this.#previous.size
  }

  #turn(): void {
    const now = this.#clock.monotonic()
    if (now < this.#turnAt) return
    this.#forget(this.#previousLatest)
    this.#previous = this.#current
    this.#previousLatest = this.#currentLatest
    if (now >= this.#turnAt + this.#turnMs) {
      // After a silence of more than a whole turn the current set is old as well.
      this.#forget(this.#previousLatest)
      this.#previous = new Set()
    }
    this.#current = new Set()
    this.#turnAt = now + this.#turnMs
  }

  #forget(latest: number): void {
    this.#horizon = Math.max(this.#horizon, latest)
  }
}
