// What is done to the system: each fault once, by chance that can be repeated, written down with its time.
import { on } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Fault, FaultKind } from '../judge/history.ts'
import type { Fleet, Member } from '../stand/fleet.ts'
import type { Stand } from '../stand/stand.ts'
import type { Chance } from '../workload/random.ts'

/** What faults are done to. */
export interface FaultTargets {
  readonly fleet: Fleet
  readonly stand: Pick<Stand, 'restartDatabase' | 'terminateBackends' | 'line'>
  readonly random: Chance
  readonly signal: AbortSignal
  readonly note: (fault: Fault) => void
}

/** Longest wait for a handler that stands between its effect and its end. */
const aimMs = 1500
/** One in so many kills is for the process that answers. */
const webEvery = 8
/** One in so many kills is for a handler of an event; of jobs there are more. */
const eventEvery = 6
/** Longest wait until somebody is there to be killed. */
const patienceMs = 20_000

/**
 * Kills one process: a worker in the window between effect and settlement (most), any worker at any moment, or the process
 * that answers. False when nobody was there to be killed.
 */
export async function killOne(targets: FaultTargets, turn: number): Promise<boolean> {
  const { fleet, random, signal } = targets
  const wait = random.between(0, 120)
  if (turn % webEvery === 2) {
    const [web] = await somebody(targets, 'web')
    if (web === undefined) return false
    await delay(wait, undefined, { signal })
    return record(targets, 'kill', web.name, () => fleet.kill(web))
  }
  if (random.next() < 0.75) {
    const member = await inWindow(targets, turn % eventEvery === 1 ? 'event' : undefined)
    if (member?.alive()) return record(targets, 'kill', member.name, () => fleet.kill(member))
  }
  const workers = await somebody(targets, 'worker')
  const [first, ...rest] = workers
  if (first === undefined) return false
  await delay(wait, undefined, { signal })
  const member = random.pick([first, ...rest])
  return member.alive() && record(targets, 'kill', member.name, () => fleet.kill(member))
}

/** Asks one worker to end in order. */
export async function drainOne(targets: FaultTargets): Promise<boolean> {
  const { random, fleet } = targets
  const [first, ...rest] = await somebody(targets, 'worker')
  if (first === undefined) return false
  const member = random.pick([first, ...rest])
  return record(targets, 'drain', member.name, () => fleet.drain(member))
}

/** Lets one worker stand still with a job in its hands. */
export async function pauseOne(targets: FaultTargets, ms: number): Promise<boolean> {
  const member = await inWindow(targets, 'job')
  return member?.alive() === true && record(targets, 'pause', member.name, () => targets.fleet.pause(member, ms))
}

/** Stops PostgreSQL at once and starts it again. */
export function restartDatabase(targets: FaultTargets): Promise<boolean> {
  return record(targets, 'database', 'postgresql', () => targets.stand.restartDatabase())
}

/** Ends all connections of the server. */
export function terminateBackends(targets: FaultTargets): Promise<boolean> {
  return record(targets, 'backends', 'postgresql', () => targets.stand.terminateBackends())
}

/** Cuts all connections between application and database. */
export function cutLine(targets: FaultTargets): Promise<boolean> {
  return record(targets, 'cut', 'line', async () => targets.stand.line.cut())
}

/** Makes the line to the database slow for a while. */
export function delayLine(targets: FaultTargets, ms: number, forMs: number): Promise<boolean> {
  const { stand, signal } = targets
  return record(targets, 'delay', 'line', async () => {
    stand.line.delay(ms)
    await delay(forMs, undefined, { signal }).finally(() => stand.line.delay(0))
  })
}

async function record(
  { note }: FaultTargets,
  kind: FaultKind,
  target: string,
  work: () => Promise<unknown>,
): Promise<true> {
  const from = Date.now()
  await work()
  note({ kind, target, from, to: Date.now() })
  return true
}

/** The next process that stands between an effect and its settlement, of a job or an event or only of one of the two. */
async function inWindow({ fleet, signal }: FaultTargets, kind?: 'job' | 'event'): Promise<Member | undefined> {
  const over = AbortSignal.any([signal, AbortSignal.timeout(aimMs)])
  try {
    for await (const [member, of] of on(fleet.windows, 'window', { signal: over })) {
      // The only thing that is emitted there.
      if (kind === undefined || of === kind) return member as Member
    }
  } catch {
    signal.throwIfAborted()
  }
  return undefined
}

async function somebody({ fleet, signal }: FaultTargets, role: 'web' | 'worker'): Promise<readonly Member[]> {
  const end = performance.now() + patienceMs
  for (;;) {
    const found = fleet.alive(role)
    if (found.length > 0 || performance.now() > end) return found
    await delay(30, undefined, { signal })
  }
}
