// What is to happen with the ticks of one schedule at one moment: a function of what is recorded and of the time.
import { createHash } from 'node:crypto'
import type { Schedule, TickKind } from './contract/contract.ts'
import type { TickTimes } from './times/tick-times.ts'

/** What decides: the declaration, and when it fires. */
export interface Rules extends Pick<Schedule, 'overlap' | 'catchUp' | 'jitterMs' | 'attempts'> {
  /** `billing.nightly`. */
  readonly name: string
  readonly times: TickTimes
}

/** What the store knows of one schedule; times are milliseconds since 1970. */
export interface ScheduleState {
  /** By the store's clock. */
  readonly now: number
  readonly decidedUntil: number
  readonly paused: boolean
  /** Waiting and running ticks, the oldest first. */
  readonly open: readonly OpenTick[]
}

/** A tick that has not ended. */
export interface OpenTick {
  readonly tick: number
  readonly kind: TickKind
  readonly state: 'waiting' | 'running'
  readonly runAt: number
  readonly attempt: number
  /** When its process counts as dead; undefined while it waits. */
  readonly leaseUntil: number | undefined
}

/** A tick that is recorded now. */
export interface NewTick {
  readonly tick: number
  readonly kind: TickKind
  readonly state: 'waiting' | 'missed' | 'skipped'
  readonly runAt: number
}

/** What is to be done. */
export interface Decision {
  readonly record: readonly NewTick[]
  readonly decidedUntil: number
  /** Ticks to be begun, by the one who decides. */
  readonly begin: readonly number[]
  /** Ticks of which every attempt ended with its process. */
  readonly lost: readonly number[]
  /** Ticks that a newer one ends. */
  readonly cancel: readonly number[]
  /** True when there was more than is decided at once. */
  readonly more: boolean
}

/** A tick that nobody decided within this many milliseconds was missed: no process was there. */
const lateMs = 60_000

/** Most ticks that are decided, recorded as missed, or begun at once. */
const most = 100

/** Decides. */
export function decide(rules: Rules, state: ScheduleState): Decision {
  const due = state.paused ? { record: [], decidedUntil: state.decidedUntil, more: false } : dueTicks(rules, state)
  const cancel: number[] = []
  const open: OpenTick[] = []
  const lost: number[] = []
  for (const tick of state.open) {
    const isLost = tick.state === 'running' && !isLive(tick, state.now) && tick.attempt >= rules.attempts
    if (isLost) lost.push(tick.tick)
    else open.push(tick)
  }
  const record: NewTick[] = []
  for (const given of due.record) {
    const tick = admit(rules, given, open, cancel)
    record.push(tick)
    if (tick.state === 'waiting') open.push({ ...tick, state: 'waiting', attempt: 0, leaseUntil: undefined })
  }
  const standing = open.filter(({ tick }) => !cancel.includes(tick))
  return {
    record,
    decidedUntil: due.decidedUntil,
    more: due.more,
    lost,
    cancel,
    begin: toBegin(rules, state, standing, open),
  }
}

/** How much later a tick runs: the same in every process. */
export function delayOf({ name, jitterMs }: Pick<Rules, 'name' | 'jitterMs'>, tick: number): number {
  if (jitterMs === 0) return 0
  const digest = createHash('sha256').update(`${name} ${tick}`).digest()
  return Math.floor((digest.readUInt32BE(0) / 2 ** 32) * jitterMs)
}

function isLive({ state, leaseUntil = 0 }: OpenTick, now: number): boolean {
  return state === 'running' && leaseUntil > now
}

/** Applies `overlap` to a tick whose time has come. Ticks that are caught up wait for each other and disturb nobody. */
function admit({ overlap }: Rules, tick: NewTick, open: readonly OpenTick[], cancel: number[]): NewTick {
  if (tick.state !== 'waiting' || tick.kind === 'caught-up' || open.length === 0) return tick
  if (overlap === 'skip' || (overlap === 'queue' && open.length > most)) return { ...tick, state: 'skipped' }
  if (overlap === 'cancel') cancel.push(...open.map((one) => one.tick).filter((one) => !cancel.includes(one)))
  return tick
}

function toBegin(
  { overlap }: Rules,
  { now, paused }: ScheduleState,
  standing: readonly OpenTick[],
  open: readonly OpenTick[],
): readonly number[] {
  const ready = standing.filter(
    (tick) =>
      !isLive(tick, now) && (tick.state === 'running' || (tick.runAt <= now && (!paused || tick.kind === 'manual'))),
  )
  if (overlap === 'allow') return ready.slice(0, most).map(({ tick }) => tick)
  // A tick that is being cancelled runs until its process has heard of it.
  if (open.some((tick) => isLive(tick, now))) return []
  return ready.slice(0, 1).map(({ tick }) => tick)
}

function dueTicks(
  rules: Rules,
  { now, decidedUntil }: ScheduleState,
): { record: readonly NewTick[]; decidedUntil: number; more: boolean } {
  const { times, catchUp, jitterMs } = rules
  const entry = (tick: number, kind: TickKind, state: NewTick['state']): NewTick => ({
    tick,
    kind,
    state,
    runAt: tick + delayOf(rules, tick),
  })
  const keptFrom = now - Math.max(lateMs, typeof catchUp === 'object' ? catchUp.withinMs : 0)
  const missed: NewTick[] = []
  const kept: NewTick[] = []
  let after = decidedUntil
  for (let tick = times.next(after); tick !== undefined && kept.length < most; tick = times.next(after)) {
    const { runAt } = entry(tick, 'scheduled', 'waiting')
    if (runAt > now) break
    after = tick
    if (runAt >= keptFrom) kept.push(entry(tick, runAt < now - lateMs ? 'caught-up' : 'scheduled', 'waiting'))
    else if (missed.length < most) missed.push(entry(tick, 'scheduled', 'missed'))
    // There were more than anybody wants to read; the rest is passed over.
    else after = Math.max(after, keptFrom - jitterMs - 1000)
  }
  if (catchUp === 'last' && kept.length === 0 && missed.length > 0) {
    const last = lastBefore(times, decidedUntil, keptFrom + 1)
    const others = missed.filter(({ tick }) => tick !== last)
    return {
      record: [...others, entry(last, 'caught-up', 'waiting')],
      decidedUntil: Math.max(after, last),
      more: false,
    }
  }
  return { record: [...missed, ...kept], decidedUntil: after, more: kept.length === most }
}

/** The last tick between two instants, of which there is one: looked for in a stretch that doubles until it has one. */
function lastBefore({ next }: TickTimes, after: number, before: number): number {
  for (let stretch = lateMs; ; stretch *= 2) {
    const from = Math.max(after, before - stretch)
    let last: number | undefined
    for (let tick = next(from); tick !== undefined && tick < before; tick = next(tick)) last = tick
    if (last !== undefined || from === after) return last ?? after
  }
}
