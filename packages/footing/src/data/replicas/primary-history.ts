// Remembers where the primary's log was at what time, so that a replica's position tells how old its data are.

interface Sample {
  readonly position: bigint
  /** Milliseconds, only going forward. */
  readonly at: number
}

/** Samples of the primary's position over the last while. */
export class PrimaryHistory {
  readonly #samples: Sample[] = []
  readonly #keepMs: number

  /** @param keepMs how far back it remembers, in milliseconds */
  constructor(keepMs: number) {
    this.#keepMs = keepMs
  }

  add(position: bigint, at: number): void {
    const last = this.#samples.at(-1)
    // A primary that stands still needs no second sample: whoever has reached it is not late.
    if (last !== undefined && position <= last.position) return
    this.#samples.push({ position, at })
    while (this.#samples.length > 2 && (this.#samples[1]?.at ?? at) < at - this.#keepMs) this.#samples.shift()
  }

  /**
   * Age in milliseconds of data that reach as far as `position`: how long ago the primary first went beyond it. Zero when it
   * has not. When that was before the memory begins: at least as old as the memory, else what the replica itself `says`.
   */
  lagAt(position: bigint, now: number, says = Number.POSITIVE_INFINITY): number {
    const beyond = this.#samples.findIndex((sample) => sample.position > position)
    if (beyond === -1) return 0
    const least = Math.max(0, now - (this.#samples[beyond]?.at ?? now))
    return beyond === 0 ? Math.max(least, says) : least
  }
}
