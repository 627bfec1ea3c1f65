// Stalls as log lines: one per place and minute, however often it stalls.
import type { FootingError } from '@footing/kernel'
import type { Log } from '../../work/log.ts'
import { eventLoopErrors } from './errors.ts'
import { placeOf, type StackFrame } from './stack-frame.ts'
import type { Stall } from './stall.ts'

const quietMs = 60_000
/** After the start code is loaded and compiled for the first time; only what names the application's own function counts then. */
const warmUpMs = 10_000
/** Places that are remembered; beyond, the oldest is forgotten and may be told again. */
const mostPlaces = 200

/** Makes the function that writes a stall, if it is worth a line. `now` is monotonic, in milliseconds. */
export function stallLog(log: Log, now: () => number): (stall: Stall) => void {
  const told = new Map<string, { at: number; untold: number }>()
  const began = now()
  return (stall) => {
    if (stall.withinBudget || isOfTheMachine(stall) || isOurs(stall)) return
    if (now() - began < warmUpMs && stall.frame?.owner !== 'application') return
    // Without the line: one function can be met at each of its lines.
    const key = `${stall.handler} ${stall.frame?.function} ${stall.frame?.file}`
    const before = told.get(key)
    if (before !== undefined && now() - before.at < quietMs) {
      before.untold++
      return
    }
    told.delete(key)
    if (told.size >= mostPlaces) told.delete(told.keys().next().value ?? '')
    told.set(key, { at: now(), untold: 0 })
    const warning = stallWarning(stall)
    log.warn(warning.message, { code: warning.code, ...fieldsOf(stall), alsoStalled: before?.untold ?? 0 })
  }
}

/**
 * The thread neither computed nor waited in a function that blocks: the machine was busy, nobody can repair it here. The same
 * without anybody to tell it to: no handler and no frame.
 */
function isOfTheMachine({ handler, frame, stack, cpuMs, durationMs, budgetMs }: Stall): boolean {
  if (handler === undefined && frame === undefined) return true
  return cpuMs < Math.min(durationMs / 2, budgetMs) && !stack.some(blocks)
}

/** Only Footing and Node were seen at work: their stalls are counted like others, and are no task for the application. */
function isOurs({ frame, stack }: Stall): boolean {
  return frame === undefined && stack.some(({ owner }) => owner === 'footing')
}

/** Node's functions that wait on the thread itself. `Atomics.wait` is the engine's own, and has no file. */
function blocks({ function: name, owner }: StackFrame): boolean {
  return owner === 'node' && (/.Sync$/.test(name) || name === 'wait')
}

/** The stall as what, why and what to do. */
function stallWarning(stall: Stall): FootingError {
  const { frame, innermost, handler, module, durationMs, budgetMs } = stall
  const inside = innermost === undefined || innermost === frame ? '' : `, inside ${innermost.function}`
  const who = handler ?? 'Code outside of any request or job'
  return eventLoopErrors('event-loop-stalled', {
    details: {
      handler: module === undefined || who.startsWith(`${module}.`) ? who : `${who} (module ${module})`,
      ms: Math.round(durationMs),
      where: frame === undefined ? '' : ` in ${placeOf(frame)}${inside}`,
      budget: Math.round(budgetMs),
      advice: adviceFor(stall),
    },
  })
}

function adviceFor({ stack, cpuMs, durationMs }: Stall): string {
  const sync = stack.find(({ function: name, owner }) => owner === 'node' && /.Sync$/.test(name))
  if (sync !== undefined) {
    return `Await the form of ${sync.function} that does not block, without "Sync" in its name; a hash or a key also fits cpu(…).`
  }
  // Waiting and being denied the processor look alike from here.
  if (cpuMs < durationMs / 3) {
    return 'The thread hardly computed: look for synchronous input and output, and for a processor limit that throttles the process.'
  }
  return 'Move the computation to a worker thread with cpu(…), do less of it at once, or raise the budget of the route if it is meant.'
}

function fieldsOf(stall: Stall): Record<string, unknown> {
  const { durationMs, cpuMs, handler, module, route, attribution, context, stack, budgetMs } = stall
  return {
    durationMs: Math.round(durationMs),
    cpuMs: Math.round(cpuMs),
    budgetMs,
    handler,
    stalledModule: module,
    route,
    attribution,
    requestId: context?.requestId,
    traceId: context?.traceId,
    stack: stack.map((frame: StackFrame) => placeOf(frame)),
  }
}
