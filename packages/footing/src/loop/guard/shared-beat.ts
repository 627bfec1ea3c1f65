// The memory that the application's thread and the watchdog share: a few whole numbers.

/** Places in the shared array. */
export const place = {
  /** Counts up with each beat of the application's thread. */
  beat: 0,
  /** Set by the watchdog while it suspects that the loop stands still; the next beat clears it. */
  suspected: 1,
  /** Set by the application: 1 while a debugger is attached, so that the watchdog keeps its hands off. */
  debugged: 2,
  /** 1 while the application has work; the watchdog sleeps on it otherwise. */
  awake: 3,
  /** When the last beat was, as `sharedMs` tells time. */
  beatAt: 4,
} as const

/** Whole milliseconds of a clock that all threads of the process share; goes round, so only differences `| 0` count. */
export function sharedMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return (seconds * 1000 + Math.trunc(nanoseconds / 1e6)) | 0
}

/** What the watchdog is started with. */
export interface WatchdogData {
  readonly memory: SharedArrayBuffer
  /** How often it looks while there is no work, in milliseconds. */
  readonly slowMs: number
  /** Age of the last beat from which it takes a sample, in milliseconds. */
  readonly suspectMs: number
  /** Stands for a function of the application's thread that notes the context of the paused code. */
  readonly noteExpression: string
  readonly samplesPerMinute: number
}

/** One frame as the inspector tells it; lines and columns count from 1. */
export interface RawFrame {
  readonly function: string
  readonly url: string
  readonly line: number
  readonly column: number
}

/** What the watchdog found out about one stall. */
export interface Sample {
  /** The beat after which the loop stood still. */
  readonly beat: number
  /** Innermost first. */
  readonly frames: readonly RawFrame[]
  /** Milliseconds from asking for the pause until the code ran on. */
  readonly tookMs: number
}

/** Says that the watchdog looks from now on. */
export interface Ready {
  readonly ready: true
}

/** Says that no more samples come, and why. */
export interface Blind {
  readonly blind: string
}
