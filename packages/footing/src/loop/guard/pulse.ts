// The beat of the application's thread: quick while there is work, slow while there is none, so that idling costs nothing.
import * as inspector from 'node:inspector'
import { performance } from 'node:perf_hooks'
import type { SectionLoad } from '../../work/call-context.ts'
import { place, sharedMs } from './shared-beat.ts'

/** One interval between two beats. */
export interface Gap {
  /** Number of the beat that it began with. */
  readonly beat: number
  /** Milliseconds without waiting for work. */
  readonly busyMs: number
  readonly cpuMs: number
  /** Milliseconds by which the beat came later than it was to; undefined where nothing can be said. */
  readonly lateMs: number | undefined
}

/** How it beats. */
export interface PulseOptions {
  /** Milliseconds between two beats while there is work. */
  readonly everyMs: number
  readonly onBeat: (gap: Gap) => void
}

/** Milliseconds between two beats, and between two looks of the watchdog, while there is nothing to do. */
export const slowMs = 250
/** Without work for so long it goes to sleep; with a request open that waits for somebody else, later. */
const lingerMs = 500
const lingerOpenMs = 10_000
/** Less than this in one interval is no work: the beat itself, and Node's own timers. */
const idleMs = 3

/** Processor time of this thread; of the whole process where Node is older than 23.9. */
function ownCpu(): NodeJS.CpuUsage {
  return process.threadCpuUsage === undefined ? process.cpuUsage() : process.threadCpuUsage()
}

/** Beats on the real loop, whatever clock the application has. */
export class Pulse implements SectionLoad {
  begun = 0
  open = 0
  awake = false
  readonly #view: Int32Array
  readonly #options: PulseOptions
  #timer: NodeJS.Timeout | undefined
  /** Value of `begun` at the last beat. */
  #seen = 0
  #everyMs = 0
  #workedAt = performance.now()
  #beats = 0
  #at = performance.now()
  #loop = performance.eventLoopUtilization()
  #cpu = ownCpu()

  constructor(view: Int32Array, options: PulseOptions) {
    this.#view = view
    this.#options = options
    this.wake()
  }

  /** True when the last beat is longer ago than it can be while the loop turns. */
  overdue(ms: number): boolean {
    return this.awake && performance.now() - this.#at > ms
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Begins the quick beat: whoever begins work is alive, so the age of the last slow beat says nothing. */
  wake(): void {
    this.awake = true
    this.#measure()
    this.#workedAt = this.#at
    this.#tell()
    Atomics.store(this.#view, place.awake, 1)
    Atomics.notify(this.#view, place.awake)
    this.#schedule(this.#options.everyMs)
  }

  #sleep(): void {
    this.awake = false
    Atomics.store(this.#view, place.awake, 0)
    this.#schedule(slowMs)
  }

  #schedule(ms: number): void {
    this.#everyMs = ms
    clearInterval(this.#timer)
    this.#timer = setInterval(() => this.#beat(), ms)
    this.#timer.unref()
  }

  #beat(): void {
    const gap = this.#measure()
    this.#options.onBeat(gap)
    // In this order: the watchdog looks at the beat once more after it has set the suspicion.
    this.#tell()
    Atomics.store(this.#view, place.suspected, 0)
    // Somebody who waits at a breakpoint must not be resumed by the watchdog.
    if (this.#beats++ % 50 === 0) Atomics.store(this.#view, place.debugged, inspector.url() === undefined ? 0 : 1)
    const worked = this.begun !== this.#seen || gap.busyMs > idleMs
    this.#seen = this.begun
    if (worked) {
      if (this.awake) this.#workedAt = this.#at
      else this.wake()
    } else if (this.awake && this.#at - this.#workedAt > (this.open > 0 ? lingerOpenMs : lingerMs)) {
      this.#sleep()
    }
  }

  /** Leaves word for the watchdog: alive, and at what time, so that it need not look before this beat can be overdue. */
  #tell(): void {
    Atomics.store(this.#view, place.beatAt, sharedMs())
    Atomics.add(this.#view, place.beat, 1)
  }

  /** What has passed since the last time. */
  #measure(): Gap {
    const now = performance.now()
    const loop = performance.eventLoopUtilization()
    const cpu = ownCpu()
    const gap = {
      beat: Atomics.load(this.#view, place.beat),
      // While it waits for work the loop is idle: also a laptop that slept.
      busyMs: Math.min(now - this.#at, loop.active - this.#loop.active),
      cpuMs: (cpu.user - this.#cpu.user + cpu.system - this.#cpu.system) / 1000,
      lateMs: this.awake ? Math.max(0, now - this.#at - this.#everyMs) : undefined,
    }
    this.#at = now
    this.#loop = loop
    this.#cpu = cpu
    return gap
  }
}
