// Stores the batches of a buffer one after the other, and tries again what failed: later each time, and not all at once.
import type { Clock, Timer } from '@footing/kernel'
import type { Batch } from './contract/contract.ts'
import type { EventBuffer, PendingBatch } from './event-buffer.ts'

/** How the sender works. */
export interface SenderOptions {
  readonly buffer: EventBuffer
  readonly clock: Clock
  /** From 0 to 1; makes processes that failed together try again apart. */
  readonly random: () => number
  readonly send: (batch: Batch) => Promise<void>
  /** A batch whose first event is older than this is given up after its next failure. */
  readonly giveUpAfterMs: number
  readonly onStored: (batch: PendingBatch, durationMs: number) => void
  readonly onFailed: (batch: PendingBatch, error: unknown) => void
  readonly onLost: (batch: PendingBatch) => void
  /** Runs work outside of whatever request happened to be the one that filled a batch. */
  readonly outside: (work: () => void) => void
}

const firstPauseMs = 250
const longestPauseMs = 30_000

/** The sender. One batch is under way at a time. */
export class BatchSender {
  readonly #options: SenderOptions
  #running = false
  #stopped = false
  #timer: Timer | undefined

  constructor(options: SenderOptions) {
    this.#options = options
  }

  /** Begins to send what is due, unless it is at it. */
  wake(): void {
    if (this.#running || this.#stopped) return
    this.#running = true
    this.#options.outside(() => void this.#run())
  }

  /** Takes up nothing more; the batch under way ends by itself. */
  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  async #run(): Promise<void> {
    const { buffer, clock } = this.#options
    this.#timer?.cancel()
    for (let batch = buffer.due(clock.now()); batch !== undefined; batch = buffer.due(clock.now())) {
      await this.#attempt(batch)
      if (this.#stopped) break
    }
    this.#running = false
    const next = buffer.nextDue()
    if (next === undefined || this.#stopped) return
    this.#timer = clock.after(Math.max(0, next - clock.now()), () => this.wake())
  }

  async #attempt(batch: PendingBatch): Promise<void> {
    const { buffer, clock, random, send, giveUpAfterMs, onStored, onFailed, onLost } = this.#options
    const started = clock.monotonic()
    batch.attempts += 1
    try {
      await send(batch)
    } catch (error) {
      onFailed(batch, error)
      if (clock.now() - batch.bornAt >= giveUpAfterMs) {
        onLost(batch)
        buffer.remove(batch, false)
      } else {
        const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(batch.attempts - 1, 20))
        batch.notBefore = clock.now() + pause * (0.5 + random() / 2)
      }
      return
    }
    onStored(batch, clock.monotonic() - started)
    buffer.remove(batch, true)
  }
}
