// Lets a limited number of callers in at once, first come first served, and nobody waits longer than they said.

/** How one caller waits. */
export interface WaitOptions {
  /** Longest wait in milliseconds. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** Why a caller was not let in. */
export type Turned = 'timeout' | 'aborted' | 'closed'

interface Waiter {
  /** On the scale of `performance.now()`. */
  readonly endsAt: number
  readonly enter: () => void
  readonly turn: (why: Turned) => void
}

const longestTimer = 2 ** 31 - 1

/** A line in front of `size` places. */
export class Semaphore {
  readonly #size: number
  #inside = 0
  #closed = false
  readonly #waiters = new Set<Waiter>()
  #emptied: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY

  constructor(size: number) {
    this.#size = size
  }

  get inside(): number {
    return this.#inside
  }

  get waiting(): number {
    return this.#waiters.size
  }

  get closed(): boolean {
    return this.#closed
  }

  /** True when there is a place and the caller now has it (the caller must then `leave`). */
  enterAtOnce(): boolean {
    if (this.#closed || this.#inside >= this.#size) return false
    this.#inside += 1
    return true
  }

  /** Resolves with `undefined` once inside (the caller must then `leave`), or with why it was turned away. */
  enter({ timeoutMs, signal }: WaitOptions): Promise<Turned | undefined> | undefined {
    if (this.#closed) return Promise.resolve('closed')
    if (this.enterAtOnce()) return undefined
    if (signal?.aborted === true) return Promise.resolve('aborted')
    return new Promise((resolve) => {
      const settle = (result: Turned | undefined): void => {
        signal?.removeEventListener('abort', abort)
        this.#waiters.delete(waiter)
        // Kept for whoever waits next: a timer for each would cost more than the wait.
        if (this.#waiters.size === 0) this.#timer?.unref()
        resolve(result)
      }
      const endsAt = performance.now() + Math.max(0, timeoutMs)
      const waiter: Waiter = { endsAt, enter: () => settle(undefined), turn: settle }
      const abort = (): void => settle('aborted')
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiters.add(waiter)
      this.#watch(endsAt)
    })
  }

  /** One timer for all who wait, which goes off when the first of them has waited long enough. */
  #watch(endsAt: number): void {
    if (this.#timer !== undefined && this.#timerAt <= endsAt) {
      this.#timer.ref()
      return
    }
    clearTimeout(this.#timer)
    this.#timerAt = endsAt
    const delay = Math.min(Math.ceil(endsAt - performance.now()), longestTimer)
    this.#timer = setTimeout(() => this.#turnLate(), delay)
  }

  #turnLate(): void {
    this.#timer = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
    const now = performance.now()
    let next = Number.POSITIVE_INFINITY
    for (const waiter of [...this.#waiters]) {
      if (waiter.endsAt <= now) waiter.turn('timeout')
      else next = Math.min(next, waiter.endsAt)
    }
    if (next < Number.POSITIVE_INFINITY) this.#watch(next)
  }

  /** Gives the place to the next one. */
  leave(): void {
    const [next] = this.#waiters
    if (next !== undefined) {
      next.enter()
      return
    }
    this.#inside -= 1
    if (this.#inside === 0) this.#emptied?.()
  }

  /** Turns everybody away who waits or comes later; resolves when the last one inside has left. */
  close(): Promise<void> {
    this.#closed = true
    for (const waiter of [...this.#waiters]) waiter.turn('closed')
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#inside === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#emptied = resolve
    })
  }
}
