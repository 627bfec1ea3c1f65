// How often something may be tried: some times at once, then once in a while; for each key by itself, in bounded memory.
import type { Clock } from '@footing/kernel'
import { limitErrors } from './errors.ts'

/** How often. */
export interface Rate {
  /** Attempts that are free at once. */
  readonly burst: number
  /** Milliseconds after which one more is free. */
  readonly everyMs: number
  /** Most keys that are remembered; the one that was tried longest ago is forgotten first. Default 10 000. */
  readonly keys?: number
}

/** Counts attempts by key in this process. */
export class RateLimit {
  readonly #clock: Clock
  readonly #rate: Required<Rate>
  /** When all attempts of a key are free again, on the monotonic clock. In the order of their last attempt. */
  readonly #freeAt = new Map<string, number>()

  constructor(clock: Clock, rate: Rate) {
    this.#clock = clock
    this.#rate = { keys: 10_000, ...rate }
  }

  /**
   * Takes an attempt, before it is made: many at once count as many.
   * @throws `rate-exceeded` with the time until the next one
   */
  take(key: string): void {
    const { burst, everyMs, keys } = this.#rate
    const now = this.#clock.monotonic()
    const next = Math.max(this.#freeAt.get(key) ?? 0, now) + everyMs
    const retryAfterMs = Math.ceil(next - now - burst * everyMs)
    if (retryAfterMs > 0) throw limitErrors('rate-exceeded', { details: { retryAfterMs } })
    this.#freeAt.delete(key)
    if (this.#freeAt.size >= keys) this.#forget()
    this.#freeAt.set(key, next)
  }

  /** Gives an attempt back, for example one that succeeded. */
  giveBack(key: string): void {
    const freeAt = this.#freeAt.get(key)
    if (freeAt !== undefined) this.#freeAt.set(key, freeAt - this.#rate.everyMs)
  }

  #forget(): void {
    const [oldest] = this.#freeAt.keys()
    if (oldest !== undefined) this.#freeAt.delete(oldest)
  }
}
