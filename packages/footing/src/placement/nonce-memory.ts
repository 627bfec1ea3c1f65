// Remembers which signed calls were taken, for as long as their signatures are good.
import type { Clock } from '@footing/kernel'

/** Two sets take turns: what is older than one whole turn is forgotten at once, without a look at each entry. */
export class NonceMemory {
  readonly #clock: Clock
  readonly #turnMs: number
  #current = new Set<string>()
  #previous = new Set<string>()
  #turnAt: number

  /** Nonces are remembered for at least `turnMs` and at most twice that. */
  constructor(clock: Clock, turnMs: number) {
    this.#clock = clock
    this.#turnMs = turnMs
    this.#turnAt = clock.monotonic() + turnMs
  }

  /** False when it was there before. Only nonces whose signature was checked come here, so strangers cannot fill it. */
  add(nonce: string): boolean {
    this.#turn()
    if (this.#current.has(nonce) || this.#previous.has(nonce)) return false
    this.#current.add(nonce)
    return true
  }

  get size(): number {
    return this.#current.size + this.#previous.size
  }

  #turn(): void {
    const now = this.#clock.monotonic()
    if (now < this.#turnAt) return
    // After a silence of more than a whole turn the current set is old as well.
    this.#previous = now < this.#turnAt + this.#turnMs ? this.#current : new Set()
    this.#current = new Set()
    this.#turnAt = now + this.#turnMs
  }
}
