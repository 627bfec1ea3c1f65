// Time as an argument: whoever waits or measures is given a clock, so that tests own it.

/** Something that was scheduled. */
export interface Timer {
  /** Forgets it; safe to call twice and after it ran. */
  cancel(): void
}

/** Where time comes from. */
export interface Clock {
  /** Milliseconds since 1970, as `Date.now()`. It may jump; use it for what a person or another machine reads. */
  now(): number
  /** Milliseconds from an arbitrary start, with fractions; it never goes back. Use it to measure and for deadlines. */
  elapsed(): number
  /** Runs `task` once after at least `ms` milliseconds. A waiting timer does not keep the process alive. */
  after(ms: number, task: () => void): Timer
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when that aborts first. Keeps the process alive. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Longest time that a timer of Node can hold; a longer one would fire at once. */
const longestTimer = 2 ** 31 - 1

/** The real clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, task) {
    const handle = setTimeout(task, Math.min(Math.max(ms, 0), longestTimer))
    handle.unref()
    return { cancel: () => clearTimeout(handle) }
  },
  sleep: (ms, signal) => sleepOn((task) => referenced(ms, task), signal),
}

/** Sleeps on any source of timers; shared by the clocks. */
export function sleepOn(schedule: (task: () => void) => Timer, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const timer = schedule(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    })
    const stop = () => {
      timer.cancel()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', stop, { once: true })
  })
}

function referenced(ms: number, task: () => void): Timer {
  const handle = setTimeout(task, Math.min(Math.max(ms, 0), longestTimer))
  return { cancel: () => clearTimeout(handle) }
}
