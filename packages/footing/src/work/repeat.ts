// Work that comes again for as long as a process runs, such as sweeping up what has expired.
import type { Clock } from '@footing/kernel'

/**
 * Runs `work` every `ms` milliseconds, the first time after that long; the time counts from the end of the run before. `work`
 * deals with its own failures. Returns how to stop.
 */
export function repeat(clock: Clock, ms: number, work: () => Promise<unknown>): () => void {
  let stopped = false
  // Awaited, so that a clock that a test moves by a month does not begin a month of runs at once.
  const run = async () => {
    await work().catch(() => undefined)
    if (!stopped) timer = clock.after(ms, run)
  }
  let timer = clock.after(ms, run)
  return () => {
    stopped = true
    timer.cancel()
  }
}
