// Runs in a thread of its own: when the application's beat stays out, it attaches the inspector, asks who runs, and lets go.
import { once } from 'node:events'
import type { Debugger } from 'node:inspector'
import { parentPort, workerData } from 'node:worker_threads'
import { OriginalPlaces } from './original-places.ts'
import {
  type Blind,
  place,
  type RawFrame,
  type Ready,
  type Sample,
  sharedMs,
  type WatchdogData,
} from './shared-beat.ts'

/** Deepest frames that are sent: what is further out is the library and Node. */
const mostFrames = 40
/** A pause that was asked for and did not come is given up when the loop beats again, or after this long. */
const patienceMs = 120_000
/** Tokens that may be saved up for stalls that follow each other closely. */
const burst = 5
/** Shortest rest between two looks, in milliseconds. */
const minimumRestMs = 4

// Whoever starts this file gives it exactly these data.
const { memory, slowMs, suspectMs, noteExpression, samplesPerMinute } = workerData as WatchdogData
const view = new Int32Array(memory)
const originals = new OriginalPlaces()

// While the inspector's answer is awaited nothing else would keep the thread alive.
setInterval(() => undefined, 60_000)
await watch()

async function watch(): Promise<void> {
  const inspector = await import('node:inspector').catch(() => undefined)
  report(inspector === undefined ? { blind: 'this Node has no inspector' } : { ready: true })
  let tokens = burst
  // Number of the beat after which the loop is suspected; before the first one nothing can be overdue.
  let suspected = 0
  let restMs = suspectMs
  for (;;) {
    const asked = performance.now()
    const awake = Atomics.load(view, place.awake)
    // Woken before its time when work begins after a rest.
    Atomics.wait(view, place.awake, awake, restMs)
    const waited = performance.now() - asked
    tokens = Math.min(burst, tokens + (waited * samplesPerMinute) / 60_000)
    const tooLate = waited > restMs + suspectMs / 2
    const beat = Atomics.load(view, place.beat)
    const ageMs = (sharedMs() - Atomics.load(view, place.beatAt)) | 0
    const patient = Atomics.load(view, place.awake) === 0 ? 2 * slowMs : suspectMs
    // Nothing can be wrong before this beat is overdue, so until then the thread sleeps.
    restMs = Math.max(minimumRestMs, Math.min(patient - ageMs, slowMs))
    if (ageMs < patient) continue
    restMs = suspectMs
    if (beat === suspected) continue
    // The machine kept this thread waiting as well, so the beat may be on its way: look once more.
    if (tooLate) {
      restMs = minimumRestMs
      continue
    }
    suspected = beat
    Atomics.store(view, place.suspected, 1)
    // It has beaten in this very moment, and took back no suspicion because there was none yet.
    if (Atomics.load(view, place.beat) !== beat) {
      Atomics.store(view, place.suspected, 0)
      continue
    }
    if (tokens < 1 || inspector === undefined || Atomics.load(view, place.debugged) !== 0) continue
    tokens -= 1
    const sample = await takeSample(inspector, beat)
    if (sample !== undefined) report(sample)
  }
}

async function takeSample(inspector: typeof import('node:inspector'), beat: number): Promise<Sample | undefined> {
  const session = new inspector.Session()
  const asked = performance.now()
  session.connectToMainThread()
  const scripts = new Map<string, Debugger.ScriptParsedEventDataType>()
  session.on('Debugger.scriptParsed', ({ params }) => scripts.set(params.scriptId, params))
  try {
    const paused = once(session, 'Debugger.paused', { signal: AbortSignal.timeout(patienceMs) })
    session.post('Debugger.enable')
    session.post('Debugger.pause')
    // The type of the event's message is the one that the inspector's own types give it.
    const [{ params }] = (await paused) as [{ params: Debugger.PausedEventDataType }]
    // Beyond the beat it is not the stall any more that runs.
    const current = Atomics.load(view, place.beat) === beat
    // In the global scope: inside of Node's own functions even `Symbol` may be out of reach.
    if (current) await posted(session, 'Runtime.evaluate', { expression: noteExpression, silent: true })
    const frames = current ? params.callFrames.slice(0, mostFrames) : undefined
    await posted(session, 'Debugger.resume')
    // Only now: the application runs on while maps are read here.
    const tookMs = performance.now() - asked
    return frames && { beat, frames: frames.map((frame) => rawFrame(frame, scripts)), tookMs }
  } catch {
    return undefined // it was not paused in time: there is nothing to tell
  } finally {
    // Ends the pause as well, should one still hold.
    session.disconnect()
  }
}

function posted(session: import('node:inspector').Session, method: string, params: object = {}): Promise<void> {
  return new Promise((resolve) => session.post(method, params, () => resolve()))
}

function rawFrame(
  { functionName, location }: Debugger.CallFrame,
  scripts: ReadonlyMap<string, Debugger.ScriptParsedEventDataType>,
): RawFrame {
  const { url = '', sourceMapURL } = scripts.get(location.scriptId) ?? {}
  const place = { url, line: location.lineNumber + 1, column: (location.columnNumber ?? 0) + 1 }
  return { function: functionName, ...(originals.find(place, sourceMapURL) ?? place) }
}

function report(message: Sample | Ready | Blind): void {
  parentPort?.postMessage(message)
}
