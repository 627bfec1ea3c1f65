// Attempts in this process, for the time that the shared store is away: bounded, oldest forgotten first.
import type { Clock } from '@footing/kernel'
import type { Attempt, LimitStore, Outcome } from '../contract/contract.ts'

/** Counts by the monotonic clock, for at most `most` keys. */
export function inProcessLimits(clock: Clock, most = 10_000): LimitStore {
  /** When all attempts of a key are free again, in the order of their last attempt. */
  const freeAt = new Map<string, number>()
  const remember = (key: string, at: number): void => {
    freeAt.delete(key)
    const oldest = freeAt.size >= most ? freeAt.keys().next() : undefined
    if (oldest !== undefined && oldest.done !== true) freeAt.delete(oldest.value)
    freeAt.set(key, at)
  }
  return {
    name: 'in-process',
    async take(attempts): Promise<Outcome> {
      const now = clock.monotonic()
      const free = attempts.map(({ key }) => Math.max(freeAt.get(key) ?? 0, now))
      const waits = attempts.map(({ burst, everyMs }, index) => (free[index] ?? now) - now + everyMs * (1 - burst))
      const refused = waits.findIndex((wait) => wait > 0)
      if (refused >= 0) return { refused, retryAfterMs: Math.ceil(waits[refused] ?? 0) }
      for (const [index, { key, everyMs }] of attempts.entries()) remember(key, (free[index] ?? now) + everyMs)
      return { remaining: attempts.map(({ everyMs }, index) => Math.floor(Math.abs(waits[index] ?? 0) / everyMs)) }
    },
    async giveBack(attempts: readonly Attempt[]) {
      for (const { key, everyMs } of attempts) {
        const at = freeAt.get(key)
        if (at !== undefined) freeAt.set(key, at - everyMs)
      }
    },
  }
}
