// The event-loop guard: measures always, and names who held the loop when it stood still.
import { performance } from 'node:perf_hooks'
import { isMainThread, Worker } from 'node:worker_threads'
import { currentContext } from '../../work/call-context.ts'
import { createLog } from '../../work/log.ts'
import { eventLoopErrors } from './errors.ts'
import { type LoopState, LoopStatistics } from './loop-statistics.ts'
import { Pulse, slowMs } from './pulse.ts'
import { type Blind, place, type Ready, type Sample, type WatchdogData } from './shared-beat.ts'
import { stallChannel } from './stall.ts'
import { stallLog } from './stall-log.ts'
import { StallWitness } from './stall-witness.ts'

/** How the loop is watched. */
export interface LoopGuardOptions {
  /** From this length on a turn of the loop is a stall, in milliseconds. Default 50, at least 20. */
  readonly stallMs?: number
  /** Milliseconds that one route may hold the loop, by its label `GET /articles/{slug}`. */
  readonly budgets?: ReadonlyMap<string, number>
  /** False measures only, without a second thread. Default true. */
  readonly name?: boolean
  /** Most stalls per minute whose place in the code is looked for; all of them are counted. Default 12. */
  readonly samplesPerMinute?: number
}

/** A guard at work. */
export interface LoopGuard {
  /** State of the loop over the last minute. */
  read(): LoopState
  /** Resolves when the watchdog looks, or cannot: only then is the first stall named. */
  readonly watching: Promise<void>
  /** Ends the watch. Safe to call twice. */
  stop(): Promise<void>
}

const defaultStallMs = 50
const shortestStallMs = 20
const describe = Symbol.for('footing.event-loop.note')

let shared: { readonly guard: LoopGuard; users: number } | undefined

/**
 * Starts the guard of this process. There is one event loop, so whoever starts it again shares the first one with its
 * options; it ends with the last `stop`.
 */
export function watchEventLoop(options: LoopGuardOptions = {}): LoopGuard {
  shared ??= { guard: startGuard(options), users: 0 }
  const mine = shared
  mine.users++
  let stopped = false
  return {
    read: () => mine.guard.read(),
    watching: mine.guard.watching,
    stop: async () => {
      if (stopped) return
      stopped = true
      mine.users--
      if (mine.users > 0) return
      shared = undefined
      await mine.guard.stop()
    },
  }
}

function startGuard(options: LoopGuardOptions): LoopGuard {
  const budgets = options.budgets ?? new Map()
  const stallMs = Math.max(shortestStallMs, Math.min(options.stallMs ?? defaultStallMs, ...budgets.values()))
  // Twice the beat, so that one that is a little late is none; early enough to stop the code before the stall is over.
  const everyMs = Math.round(stallMs * 0.3)
  const suspectMs = stallMs * 0.6
  const statistics = new LoopStatistics()
  const log = createLog('event-loop', currentContext)
  const writeStall = stallLog(log, () => performance.now())
  const memory = new SharedArrayBuffer(Object.keys(place).length * Int32Array.BYTES_PER_ELEMENT)
  const view = new Int32Array(memory)
  const witness = new StallWitness(view, {
    defaultBudgetMs: options.stallMs ?? defaultStallMs,
    suspectMs,
    budgets,
    report: (stall) => {
      if (stallChannel.hasSubscribers) stallChannel.publish(stall)
      writeStall(stall)
    },
  })
  const watchdog = options.name === false ? undefined : startWatchdog()

  function startWatchdog() {
    const data: WatchdogData = {
      memory,
      slowMs,
      suspectMs,
      // Found by its symbol, because what the inspector evaluates sees global names only.
      noteExpression: `globalThis[Symbol.for(${JSON.stringify(describe.description)})]?.()`,
      samplesPerMinute: options.samplesPerMinute ?? 12,
    }
    const seeing = () => {
      witness.blind = false
    }
    const blind = (reason: string) => {
      witness.blind = true
      const warning = eventLoopErrors('event-loop-unnamed', { details: { reason } })
      log.warn(warning.message, { code: warning.code })
    }
    return isMainThread ? runWatchdog(data, (sample) => witness.sampled(sample), seeing, blind) : notHere(blind)
  }

  Object.defineProperty(globalThis, describe, { value: () => witness.note(), configurable: true, enumerable: false })
  const pulse = new Pulse(view, {
    everyMs,
    onBeat: (gap) => {
      statistics.turn()
      if (gap.lateMs !== undefined) statistics.late(gap.lateMs)
      if (gap.busyMs < stallMs) return witness.passed()
      statistics.stalls++
      witness.ended(gap)
    },
  })
  const stopListening = witness.listen(pulse)
  return {
    read: () => statistics.read(),
    watching: watchdog?.ready ?? Promise.resolve(),
    stop: async () => {
      pulse.stop()
      stopListening()
      witness.close()
      Reflect.deleteProperty(globalThis, describe)
      await watchdog?.stop()
    },
  }
}

interface Watchdog {
  readonly ready: Promise<void>
  stop(): Promise<void>
}

function runWatchdog(
  data: WatchdogData,
  onSample: (sample: Sample) => void,
  onReady: () => void,
  blind: (reason: string) => void,
): Watchdog {
  const file = import.meta.url.endsWith('.ts') ? './watchdog.ts' : './watchdog.js'
  let worker: Worker
  try {
    worker = new Worker(new URL(file, import.meta.url), {
      workerData: data,
      name: 'footing watchdog',
      // Nothing of the application's own options: no loader, no inspector, no environment with secrets.
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 },
    })
  } catch (error) {
    return notHere(blind, error)
  }
  let stopping = false
  const { promise: ready, resolve } = Promise.withResolvers<void>()
  // The thread sends exactly these kinds.
  worker.on('message', (message: Sample | Ready | Blind) => {
    if ('frames' in message) return onSample(message)
    if ('blind' in message) blind(message.blind)
    else onReady()
    // Only from now on: a process that has nothing else to do waits for its guard, and then for nothing.
    worker.unref()
    resolve()
  })
  worker.once('exit', () => resolve())
  worker.on('error', (error) => {
    if (!stopping) blind(error.message)
  })
  return {
    ready,
    stop: async () => {
      stopping = true
      await worker.terminate()
    },
  }
}

function notHere(blind: (reason: string) => void, error?: unknown): Watchdog {
  const reason = error instanceof Error ? error.message : 'the application does not run in the main thread.'
  blind(reason)
  return { ready: Promise.resolve(), stop: async () => undefined }
}
