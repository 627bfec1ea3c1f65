// The events that wait for one subscriber of one module: delivered one after the other, in the order of their commits.
import type { Clock } from '@footing/kernel'
import type { Delivery, EventEnvelope, Subscriber } from '../contract/contract.ts'
import { eventErrors } from '../contract/errors.ts'

/** Nothing is delivered twice here, so there is nothing to record. */
const onlyOnce: Delivery = { attempt: 1, repeats: false, settle: async () => true }

/** A queue with an end. A place is reserved before the commit and filled or given back after it. */
export class SubscriberQueue {
  readonly #module: string
  readonly #emitter: string
  readonly #room: number
  readonly #subscribers = new Map<string, Subscriber>()
  readonly #waiting: EventEnvelope[] = []
  readonly #wantRoom: (() => void)[] = []
  readonly #wantIdle: (() => void)[] = []
  #reserved = 0
  #running = false
  #started = false
  #closed = false

  constructor(module: string, emitter: string, room: number) {
    this.#module = module
    this.#emitter = emitter
    this.#room = room
  }

  /** Waiting and running events; reserved places are not counted. */
  get size(): number {
    return this.#waiting.length + (this.#running ? 1 : 0)
  }

  add(subscriber: Subscriber): void {
    this.#subscribers.set(subscriber.event, subscriber)
  }

  hears(emitter: string, event: string): boolean {
    return emitter === this.#emitter && this.#subscribers.has(event)
  }

  start(): void {
    this.#started = true
    this.#next()
  }

  /**
   * Waits for a place.
   * @throws `event-queue-full` when none was free in time
   */
  async reserve(clock: Clock, patienceMs: number, event: string): Promise<void> {
    const until = clock.monotonic() + patienceMs
    while (this.size + this.#reserved >= this.#room) {
      const left = until - clock.monotonic()
      if (left <= 0 || !(await this.#roomWithin(clock, left))) {
        const details = { event, waiting: this.size, subscriber: this.#module }
        throw eventErrors('event-queue-full', { details })
      }
    }
    this.#reserved++
  }

  /** Gives a reserved place back. */
  release(): void {
    this.#reserved--
    this.#wantRoom.shift()?.()
  }

  /** Puts an event into a reserved place. */
  fill(envelope: EventEnvelope): void {
    this.#reserved--
    if (this.#closed) return
    this.#waiting.push(envelope)
    this.#next()
  }

  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void> {
    return this.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#wantIdle.push(resolve))
  }

  /** Forgets what waits; answers with how many that were. */
  close(): number {
    this.#closed = true
    return this.#waiting.splice(0).length + (this.#running ? 1 : 0)
  }

  #roomWithin(clock: Clock, ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const want = () => {
        timer.cancel()
        resolve(true)
      }
      const timer = clock.after(ms, () => {
        this.#wantRoom.splice(this.#wantRoom.indexOf(want), 1)
        resolve(false)
      })
      this.#wantRoom.push(want)
    })
  }

  #next(): void {
    if (!this.#started || this.#running) return
    const envelope = this.#waiting.shift()
    if (envelope === undefined) {
      for (const tell of this.#wantIdle.splice(0)) tell()
      return
    }
    this.#running = true
    // In a turn of its own: whoever announced is not held up, and nothing of its context is taken along.
    setImmediate(async () => {
      await this.#subscribers.get(envelope.event)?.deliver(envelope, onlyOnce)
      this.#running = false
      this.#wantRoom.shift()?.()
      this.#next()
    })
  }
}
