// How often and when a call is repeated: few of all calls, at random moments, never after its deadline.

/** Retries that one target may have: a tenth of its calls, and a few at the beginning. */
export class RetryBudget {
  #tokens: number
  readonly #share: number
  readonly #most: number

  constructor(share = 0.1, most = 10) {
    this.#share = share
    this.#most = most
    this.#tokens = most
  }

  /** Notes one call. */
  earn(): void {
    this.#tokens = Math.min(this.#most, this.#tokens + this.#share)
  }

  /** True when one more retry is allowed; it is spent then. */
  spend(): boolean {
    // Tenths add up to a little less than one.
    if (this.#tokens < 1 - 1e-9) return false
    this.#tokens = Math.max(0, this.#tokens - 1)
    return true
  }
}

/** Most times that a call is sent. */
export const mostAttempts = 3

const firstPauseMs = 25
const longestPauseMs = 400

/**
 * Milliseconds before attempt `attempt` (2 is the first repetition): none at first, because a single broken connection is
 * the usual reason, then anything up to a limit that doubles ("full jitter"), so that many callers do not come at once.
 */
export function pauseBefore(attempt: number, random: () => number): number {
  if (attempt <= 2) return 0
  return random() * Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 2))
}
