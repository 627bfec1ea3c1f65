// How long to wait before something that ends again and again is started once more.

const firstMs = 500
const longestMs = 30_000
/** Whoever ran this long has worked: the next end is a new one. */
const provenMs = 30_000

/** Delays that double until something holds. Times come from outside, in milliseconds of any monotonic clock. */
export class Backoff {
  #next = firstMs
  #since: number | undefined

  /** It runs since then. */
  began(now: number): void {
    this.#since = now
  }

  /** It has ended: the delay before the next start. */
  ended(now: number): number {
    if (this.#since !== undefined && now - this.#since >= provenMs) this.reset()
    this.#since = undefined
    const delay = this.#next
    this.#next = Math.min(longestMs, delay * 2)
    return delay
  }

  /** Somebody changed something: it begins anew. */
  reset(): void {
    this.#next = firstMs
  }
}
