// Time as an argument: the system's clock in production, one that tests move by hand.

/** A timer that can be given up. */
export interface Timer {
  cancel(): void
}

/** Where time comes from. */
export interface Clock {
  /** Milliseconds since 1970, as `Date.now()`. */
  now(): number
  /** Milliseconds that never run backwards, for measuring. */
  monotonic(): number
  /** Runs `work` once after `ms` milliseconds. The timer never keeps a process alive. */
  after(ms: number, work: () => void): Timer
  /** Resolves after `ms` milliseconds, or rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** A clock that stands still until `advance` moves it. */
export interface ManualClock extends Clock {
  /** Moves time forward, running every timer that comes due, in order, and lets promises settle between them. */
  advance(ms: number): Promise<void>
  /** Timers that have not come due. */
  readonly pending: number
  /** Tells each moment that time stops at, and waits: for a clock in another process. Returns how to end that. */
  follow(listener: (now: number) => Promise<void>): () => void
}

/** Longest time that a timer of Node can hold; a longer one would fire at once. */
const longestTimer = 2 ** 31 - 1

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, work) => {
    const timer = setTimeout(work, Math.min(ms, longestTimer))
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
  sleep: (ms, signal) =>
    sleepOn((work) => {
      const timer = setTimeout(work, Math.min(ms, longestTimer)) // not unref'd: whoever sleeps wants to wake up
      return { cancel: () => clearTimeout(timer) }
    }, signal),
}

/** Makes a clock for tests. `start` is milliseconds since 1970. */
export function manualClock(start = 0): ManualClock {
  let now = start
  let sequence = 0
  const timers = new Map<number, { readonly at: number; readonly work: () => void }>()
  const followers = new Set<(now: number) => Promise<void>>()
  const tell = async () => {
    for (const listener of followers) await listener(now)
  }
  // A Map keeps the order of insertion, so that of two timers due at the same time the older one runs first.
  const nextDue = (limit: number) => {
    let found: [number, { readonly at: number; readonly work: () => void }] | undefined
    for (const entry of timers)
      if (entry[1].at <= limit && (found === undefined || entry[1].at < found[1].at)) found = entry
    return found
  }
  const clock: ManualClock = {
    now: () => now,
    monotonic: () => now - start,
    after: (ms, work) => {
      const id = sequence++
      timers.set(id, { at: now + Math.max(0, ms), work })
      return { cancel: () => timers.delete(id) }
    },
    sleep: (ms, signal) => sleepOn((work) => clock.after(ms, work), signal),
    advance: async (ms) => {
      const end = now + ms
      await settle()
      for (let due = nextDue(end); due !== undefined; due = nextDue(end)) {
        timers.delete(due[0])
        now = Math.max(now, due[1].at)
        await tell()
        due[1].work()
        await settle()
      }
      now = end
      await tell()
    },
    get pending() {
      return timers.size
    },
    follow: (listener) => {
      followers.add(listener)
      return () => followers.delete(listener)
    },
  }
  return clock
}

function sleepOn(schedule: (work: () => void) => Timer, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      timer.cancel()
      reject(signal?.reason)
    }
    const timer = schedule(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** One turn of the event loop, so that promises woken by a timer run before the next one. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
