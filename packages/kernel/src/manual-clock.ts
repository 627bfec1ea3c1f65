// A clock that stands still until a test moves it.
import { type Clock, sleepOn, type Timer } from './clock.ts'

/** A clock whose time passes only by `advance`. */
export interface ManualClock extends Clock {
  /**
   * Lets `ms` milliseconds pass: timers that fall due run in order of their time, each followed by the promises
   * that wait for it, and timers that they start run too when they fall due within the same stretch.
   */
  advance(ms: number): Promise<void>
  /** How many timers wait. */
  readonly waiting: number
}

interface Entry {
  readonly at: number
  readonly order: number
  readonly task: () => void
}

/** Makes a clock that stands at `start` (milliseconds since 1970; default 2026-01-01T00:00:00Z). */
export function manualClock(start: number = Date.UTC(2026, 0, 1)): ManualClock {
  let passed = 0
  let order = 0
  const entries = new Set<Entry>()

  const after = (ms: number, task: () => void): Timer => {
    const entry: Entry = { at: passed + Math.max(ms, 0), order: order++, task }
    entries.add(entry)
    return { cancel: () => entries.delete(entry) }
  }

  const nextUntil = (end: number): Entry | undefined => {
    let next: Entry | undefined
    for (const entry of entries) {
      if (entry.at > end) continue
      if (!next || entry.at < next.at || (entry.at === next.at && entry.order < next.order)) next = entry
    }
    return next
  }

  return {
    now: () => start + passed,
    elapsed: () => passed,
    after,
    sleep: (ms, signal) => sleepOn((task) => after(ms, task), signal),
    async advance(ms) {
      if (!(ms >= 0)) throw new RangeError(`A clock cannot advance by ${ms} ms.`)
      const end = passed + ms
      await settle()
      for (let next = nextUntil(end); next; next = nextUntil(end)) {
        entries.delete(next)
        passed = Math.max(passed, next.at)
        next.task()
        await settle()
      }
      passed = end
    },
    get waiting() {
      return entries.size
    },
  }
}

/** Lets the promises that are ready run; a turn of the event loop comes after all of them. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
