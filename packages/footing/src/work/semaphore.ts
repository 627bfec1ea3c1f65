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
  readonly enter: () => void
  readonly turn: (why: Turned) => void
}

/** A line in front of `size` places. */
export class Semaphore {
  readonly #size: number
  #inside = 0
  #closed = false
  readonly #waiters = new Set<Waiter>()
  #emptied: (() => void) | undefined

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

  /** Resolves with `undefined` once inside (the caller must then `leave`), or with why it was turned away. */
  enter({ timeoutMs, signal }: WaitOptions): Promise<Turned | undefined> | undefined {
    if (this.#closed) return Promise.resolve('closed')
    if (this.#inside < this.#size) {
      this.#inside += 1
      return undefined
    }
    if (signal?.aborted === true) return Promise.resolve('aborted')
    return new Promise((resolve) => {
      const settle = (result: Turned | undefined): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
        this.#waiters.delete(waiter)
        resolve(result)
      }
      const waiter: Waiter = { enter: () => settle(undefined), turn: settle }
      const abort = (): void => settle('aborted')
      const timer = setTimeout(() => settle('timeout'), Math.max(0, timeoutMs))
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiters.add(waiter)
    })
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
    if (this.#inside === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#emptied = resolve
    })
  }
}
