// One call of the storage and its limits: caller gone, too long in all, or nothing moving.
import type { Clock, Timer } from '@footing/kernel'
import type { StorageCall } from './contract/contract.ts'
import { storageError } from './contract/errors.ts'

/** What a watch needs to know. */
export interface WatchOptions extends StorageCall {
  readonly clock: Clock
  /** Longest time without progress in milliseconds. */
  readonly stallMs: number
  /** For messages: `put`, `get` … */
  readonly operation: string
  readonly key: string
}

/** Watches one call; `signal` aborts with the coded error that ended it. */
export class CallWatch {
  readonly #options: WatchOptions
  readonly #controller = new AbortController()
  readonly #total: Timer | undefined
  #stall: Timer | undefined

  constructor(options: WatchOptions) {
    this.#options = options
    const { signal, timeoutMs, clock } = options
    if (timeoutMs !== undefined && !(timeoutMs > 0)) {
      throw storageError('storage-request-invalid', { reason: `timeoutMs is ${timeoutMs}.` })
    }
    signal?.addEventListener('abort', this.#cancelled, { once: true })
    if (signal?.aborted === true) this.#cancelled()
    this.#total = timeoutMs === undefined ? undefined : clock.after(timeoutMs, () => this.#late(timeoutMs, 'in all'))
    this.progress()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Something moved: the time without progress begins anew. */
  readonly progress = (): void => {
    const { clock, stallMs } = this.#options
    this.#stall?.cancel()
    this.#stall = clock.after(stallMs, () => this.#late(stallMs, 'without any progress'))
  }

  /** Ends it from outside, with the error that the call then fails with. */
  abort(reason: Error): void {
    this.#controller.abort(reason)
  }

  /** The call is over. Safe to call twice. */
  end(): void {
    this.#stall?.cancel()
    this.#total?.cancel()
    this.#options.signal?.removeEventListener('abort', this.#cancelled)
  }

  readonly #cancelled = (): void => {
    const { operation, key } = this.#options
    this.#controller.abort(storageError('storage-cancelled', { operation, key }))
  }

  #late(ms: number, how: string): void {
    const { operation, key } = this.#options
    const reason = `it took more than ${ms} ms ${how}.`
    this.#controller.abort(storageError('storage-timeout', { operation, key, reason }))
  }
}
