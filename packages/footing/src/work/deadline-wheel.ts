// Deadlines of many calls on one timer: entering and leaving cost a few assignments, never a timer of their own.
import type { Clock, Timer } from '@footing/kernel'

/** Something with a deadline. The wheel keeps its links in the entry itself, so that nothing is allocated. */
export interface WheelEntry {
  /** On the clock's monotonic scale, in milliseconds. */
  readonly deadline: number
  nextInSlot: WheelEntry | undefined
  previousInSlot: WheelEntry | undefined
  /** Slot that holds the entry, -1 outside of the wheel. */
  slot: number
  /** Called once when the deadline has passed and the entry is still there. */
  expire(): void
}

/** A deadline is noticed at most this many milliseconds late. */
const tickMs = 8
/** A power of two, so that the slot of a tick is cut out of its bits. */
const slots = 512

/** Watches deadlines with one coarse timer that runs only while somebody waits. */
export class DeadlineWheel {
  readonly #clock: Clock
  readonly #slots: (WheelEntry | undefined)[] = new Array(slots).fill(undefined)
  #timer: Timer | undefined
  #lastTick = 0
  #size = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How many deadlines are watched. */
  get size(): number {
    return this.#size
  }

  /** Starts to watch an entry that is not in the wheel. A deadline of Infinity is never due and not entered. */
  add(entry: WheelEntry): void {
    if (entry.deadline === Number.POSITIVE_INFINITY) return
    if (this.#timer === undefined) {
      this.#lastTick = Math.floor(this.#clock.monotonic() / tickMs)
      this.#arm()
    }
    const tick = Math.max(Math.ceil(entry.deadline / tickMs), this.#lastTick + 1)
    const slot = slotOf(tick)
    const first = this.#slots[slot]
    entry.slot = slot
    entry.nextInSlot = first
    if (first !== undefined) first.previousInSlot = entry
    this.#slots[slot] = entry
    this.#size++
  }

  /** Stops to watch an entry; does nothing when it is not in the wheel. */
  remove(entry: WheelEntry): void {
    if (entry.slot < 0) return
    const { nextInSlot, previousInSlot } = entry
    if (previousInSlot === undefined) this.#slots[entry.slot] = nextInSlot
    else previousInSlot.nextInSlot = nextInSlot
    if (nextInSlot !== undefined) nextInSlot.previousInSlot = previousInSlot
    entry.nextInSlot = undefined
    entry.previousInSlot = undefined
    entry.slot = -1
    this.#size--
  }

  #arm(): void {
    this.#timer = this.#clock.after(tickMs, () => this.#turn())
  }

  #turn(): void {
    const now = this.#clock.monotonic()
    const tick = Math.floor(now / tickMs)
    // After a pause longer than a whole turn each slot is visited once.
    const first = Math.max(this.#lastTick + 1, tick - slots + 1)
    this.#lastTick = tick
    for (let at = first; at <= tick; at++) this.#expireSlot(slotOf(at), now)
    // The timer outlives the last entry by one tick: calls that follow each other closely do not start it anew.
    if (this.#size > 0) this.#arm()
    else this.#timer = undefined
  }

  #expireSlot(slot: number, now: number): void {
    const due: WheelEntry[] = []
    for (let entry = this.#slots[slot]; entry !== undefined; entry = entry.nextInSlot) {
      // A slot also holds entries that are due in a later turn of the wheel.
      if (entry.deadline <= now) due.push(entry)
    }
    for (const entry of due) {
      if (entry.slot < 0) continue // left the wheel because of one that expired before it
      this.remove(entry)
      entry.expire()
    }
  }
}

/** Whole numbers are cut modulo 2^32 first, which leaves the lower bits as they are: it never wraps wrongly. */
function slotOf(tick: number): number {
  return (tick >>> 0) & (slots - 1)
}
