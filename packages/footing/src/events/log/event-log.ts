// Events through the database: a log that the emitter's transaction writes to and that each subscriber reads at its own pace.
// No process leads. Each tries to hold what nobody holds, for the length of a lease by the clock of the database.
import { AsyncResource } from 'node:async_hooks'
import { type Clock, systemClock } from '@footing/kernel'
import type { DataSource, Transaction } from '../../data/contract/contract.ts'
import { type AnyTransaction, onTransactionEnd } from '../../data/contract/transaction-end.ts'
import type { DriverGuarantees, EventDriver, EventEnvelope, Subscriber, SubscriberLag } from '../contract/contract.ts'
import { eventErrors } from '../contract/errors.ts'
import type { Doorbell } from './doorbell.ts'
import { type DeclaredSubscriber, EventStore } from './event-store.ts'
import { HeldSubscriber, type HolderTools } from './held-subscriber.ts'

/** How the driver is made. */
export interface EventLogOptions {
  readonly data: DataSource
  /** Name of the application: two of them in one database do not hear each other. */
  readonly app: string
  /** False in a process that only announces. */
  readonly delivers: boolean
  /** How long an event can at least be read again. Default an hour. */
  readonly keepMs?: number
  /** After how long a subscriber that no process declares is forgotten. Default seven days. */
  readonly forgetMs?: number
  /** How long a process that is silent keeps what it holds. Default 10 s. */
  readonly leaseMs?: number
  /** Longest rest between two looks at the log. Default 100 ms. */
  readonly pollMs?: number
  /** Rung after commits and heard by other processes, where one is to be had. */
  readonly doorbell?: Doorbell | undefined
  /** Milliseconds before the attempt after this one. Default 1 s, doubled each time, up to 5 min, with some chance. */
  readonly backoffMs?: (attempt: number) => number
  /** Handlers of one subscriber that run at once. Default 8. */
  readonly width?: number
  /** Events of one subscriber in memory. Default 1000. */
  readonly room?: number
  /** Waits between looks and attempts, which the database's work paces: the system's by default, also under a manual clock. */
  readonly pace?: Clock
  readonly random?: () => number
  /** Told of what did not succeed and is tried again. */
  readonly onTrouble?: (what: string, error: unknown) => void
  /** Told when the log came from another cluster, so that everything kept is read again. */
  readonly onAdopted?: () => void
  /** Told of subscribers that were forgotten. */
  readonly onForgotten?: (names: readonly string[]) => void
}

/** What the log promises when it keeps events for so long. */
export function eventLogGuarantees(keepMs: number): DriverGuarantees {
  return {
    transactional: true,
    ordered: false,
    'ordered-per-key': true,
    durable: true,
    'at-least-once': true,
    'across-processes': true,
    replay: Math.floor(keepMs / 1000),
    'fan-out': 'cursor',
    'unaffected-by-open-transactions': true,
    'lag-visible': true,
  }
}

const defaultKeepMs = 3_600_000
const largestPayload = 256 * 1024
const lagsAreGoodForMs = 10_000
const shortRestMs = 5

interface Declared extends DeclaredSubscriber {
  readonly handlers: Map<string, Subscriber>
}

/** Makes the driver. Its tables are put in place by `footing migrate up`. */
export function eventLog(options: EventLogOptions): EventDriver & { readonly holds: readonly string[] } {
  return new EventLog(options)
}

class EventLog implements EventDriver {
  readonly name = 'postgresql'
  readonly guarantees: DriverGuarantees
  readonly #options: EventLogOptions
  readonly #store: EventStore
  readonly #pace: Clock
  readonly #declared = new Map<string, Declared>()
  readonly #held = new Map<string, HeldSubscriber>()
  readonly #holder = crypto.randomUUID()
  readonly #stop = new AbortController()
  readonly #loops: Promise<void>[] = []
  #wake: (() => void) | undefined
  #sample: (() => void) | undefined
  #rung = false
  #leasedUntil = Number.NEGATIVE_INFINITY
  #trouble: string | undefined
  #lags: readonly SubscriberLag[] = []
  #lagsAt = Number.NEGATIVE_INFINITY

  constructor(options: EventLogOptions) {
    this.#options = options
    this.#store = new EventStore(options.data.forModule('footing_events'))
    this.#pace = options.pace ?? systemClock
    this.guarantees = eventLogGuarantees(this.#keepMs)
  }

  get waiting(): number {
    return [...this.#held.values()].reduce((sum, { waiting }) => sum + waiting, 0)
  }

  /** Names of the subscribers that this process holds now. */
  get holds(): readonly string[] {
    return [...this.#held.keys()]
  }

  /** Whoever asks gets the last sample; a new one is taken at most every ten seconds. */
  get lags(): readonly SubscriberLag[] {
    const now = this.#pace.monotonic()
    if (this.#declared.size > 0 && now - this.#lagsAt > lagsAreGoodForMs && !this.#stop.signal.aborted) {
      this.#lagsAt = now
      this.#sample?.()
    }
    return this.#lags
  }

  subscribe(subscriber: Subscriber): void {
    const { app } = this.#options
    const { module, emitter, event, from = 'now' } = subscriber
    const name = `${app}/${module}:${emitter}`
    const known = this.#declared.get(name)
    const handlers = (known?.handlers ?? new Map<string, Subscriber>()).set(event, subscriber)
    const wants = { ...known?.wants, [event]: from }
    this.#declared.set(name, { name, app, module, emitter, origin: `${app}/${emitter}`, wants, handlers })
  }

  async start(): Promise<void> {
    if (!(await this.#store.exists())) throw eventErrors('events-tables-missing')
    if (await this.#store.adopt()) this.#options.onAdopted?.()
    for (const declared of this.#declared.values()) await this.#store.register(declared)
    const { delivers, doorbell } = this.#options
    const hears = delivers && this.#declared.size > 0
    const sample = () => this.#takeSample()
    // Asked for by a request, taken outside of it.
    this.#sample = AsyncResource.bind(sample)
    if (doorbell !== undefined) {
      this.#loops.push(doorbell.run(hears ? () => this.#ring() : undefined, this.#stop.signal))
    }
    if (!delivers) return
    if (hears) {
      this.#loops.push(this.#every(this.#leaseMs / 5, () => this.#keepHold()))
      this.#loops.push(this.#deliver())
    }
    this.#loops.push(this.#every(Math.min(10_000, this.#keepMs / 8), () => this.#rotate()))
  }

  async take(envelope: EventEnvelope, tx: AnyTransaction | undefined): Promise<void> {
    const payload = JSON.stringify(envelope.payload)
    const bytes = Buffer.byteLength(payload)
    if (bytes > largestPayload) {
      const details = { event: `${envelope.module}.${envelope.event}`, bytes, most: largestPayload }
      throw eventErrors('event-too-large', { details })
    }
    const { text, values } = EventStore.append(`${this.#options.app}/${envelope.module}`, envelope, payload)
    if (tx === undefined) {
      await this.#store.query(text, values)
      this.#announced()
      return
    }
    onTransactionEnd(tx, (outcome) => {
      if (outcome === 'committed') this.#announced()
    })
    // Only an open transaction has the brand, and each of them takes plain SQL.
    await (tx as Transaction<never>).query(text, values)
  }

  async drain(deadlineMs: number): Promise<number> {
    this.#stop.abort()
    this.#ring()
    const left = await Promise.all(
      [...this.#held.values()].map((one) =>
        one.stop(deadlineMs).catch((error: unknown) => {
          this.#troubled('stop', error)
          return 0
        }),
      ),
    )
    this.#held.clear()
    await Promise.all(this.#loops)
    return left.reduce((sum, one) => sum + one, 0)
  }

  get #keepMs(): number {
    return this.#options.keepMs ?? defaultKeepMs
  }

  get #leaseMs(): number {
    return this.#options.leaseMs ?? 10_000
  }

  /** Somebody committed an event here: who hears it in this process looks at once, others are rung. */
  #announced(): void {
    this.#ring()
    this.#options.doorbell?.ring()
  }

  #ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Holds what is held, takes what is free, and lets go of what others have taken. */
  async #keepHold(): Promise<void> {
    const asked = this.#pace.monotonic()
    const claims = [...this.#held.values()].map(({ claim }) => claim)
    try {
      if (claims.length > 0) {
        const kept = await this.#store.renew(claims, this.#holder, this.#leaseMs)
        for (const { name } of claims) if (!kept.has(name)) this.#lose(name)
      }
      this.#leasedUntil = asked + this.#leaseMs
      const free = [...this.#declared.keys()].filter((name) => !this.#held.has(name))
      const got = free.length === 0 ? [] : await this.#store.claim(free, this.#holder, this.#leaseMs)
      for (const claim of got) {
        // Stopping has begun meanwhile: what was taken is given back.
        if (this.#stop.signal.aborted) await this.#store.release(claim)
        else this.#hold(claim)
      }
      this.#trouble = undefined
    } catch (error) {
      this.#troubled('claim', error)
      // The database cannot be asked, and the lease is nearly over: another process may hold it soon.
      if (this.#pace.monotonic() > this.#leasedUntil - this.#leaseMs / 4) {
        for (const name of this.#held.keys()) this.#lose(name)
      }
    }
  }

  #takeSample(): void {
    this.#store.lags([...this.#declared.keys()]).then(
      (lags) => {
        this.#lags = lags
      },
      (error: unknown) => this.#troubled('lag', error),
    )
  }

  #hold(claim: Parameters<EventStore['release']>[0]): void {
    const declared = this.#declared.get(claim.name)
    if (declared === undefined) return
    const { random = Math.random, width = 8, room = 1000 } = this.#options
    const tools: HolderTools = {
      store: this.#store,
      clock: this.#pace,
      width,
      room,
      backoffMs:
        this.#options.backoffMs ?? ((attempt) => Math.min(300_000, 1000 * 2 ** (attempt - 1)) * (0.75 + random() / 2)),
      onTrouble: (error) => this.#troubled(claim.name, error),
    }
    this.#held.set(claim.name, new HeldSubscriber(claim, declared.handlers, tools))
    this.#ring()
  }

  #lose(name: string): void {
    this.#held.get(name)?.lose()
    this.#held.delete(name)
  }

  /** Looks at the log whenever somebody rings, and from time to time all the same. */
  async #deliver(): Promise<void> {
    const pollMs = this.#options.pollMs ?? 100
    let retriedAt = Number.NEGATIVE_INFINITY
    let failures = 0
    while (!this.#stop.signal.aborted) {
      try {
        await this.#look()
        if (this.#pace.monotonic() - retriedAt >= Math.min(1000, pollMs * 5)) {
          retriedAt = this.#pace.monotonic()
          await this.#retry()
        }
        failures = 0
      } catch (error) {
        failures++
        this.#troubled('read', error)
      }
      // A short rest all the same: what comes meanwhile is read at once.
      const restMs = this.#rung ? shortRestMs : pollMs
      this.#rung = false
      await this.#rest(failures > 0 ? Math.min(2000, pollMs * 2 ** failures) : restMs, restMs === pollMs)
    }
  }

  async #look(): Promise<void> {
    const held = [...this.#held.values()]
    const places = held.flatMap(({ claim: { name, origin }, wantsFrom, hasRest }) =>
      wantsFrom === undefined || hasRest ? [] : [{ name, origin, snapshot: wantsFrom }],
    )
    const news = places.length === 0 ? new Set<string>() : await this.#store.news(places)
    await Promise.all(held.filter((one) => news.has(one.claim.name) || one.hasRest).map((one) => one.pull()))
  }

  async #retry(): Promise<void> {
    if (this.#held.size === 0) return
    const names = await this.#store.withDeferred([...this.#held.keys()])
    for (const name of names) await this.#held.get(name)?.retry()
  }

  async #rotate(): Promise<void> {
    try {
      const { forgetMs = 7 * 24 * 3_600_000, onForgotten } = this.#options
      // Two closed tables keep what has to be kept; the third is the one to be emptied.
      const forgotten = await this.#store.rotate(Math.ceil(this.#keepMs / 2), this.#keepMs, forgetMs)
      if (forgotten.length > 0) onForgotten?.(forgotten)
    } catch (error) {
      this.#troubled('rotate', error)
    }
  }

  async #every(ms: number, work: () => Promise<void>): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await work()
      await this.#pace.sleep(ms, this.#stop.signal).catch(() => undefined)
    }
  }

  /** So long, or until somebody rings where `wakes`. */
  async #rest(ms: number, wakes: boolean): Promise<void> {
    if (this.#stop.signal.aborted) return
    const timer = new AbortController()
    const rung = new Promise<void>((resolve) => {
      if (wakes) this.#wake = resolve
    })
    await Promise.race([rung, this.#pace.sleep(ms, timer.signal).catch(() => undefined)])
    timer.abort()
    this.#wake = undefined
  }

  #troubled(what: string, error: unknown): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    // A database that is away is told once, not at each look.
    if (code === this.#trouble) return
    this.#trouble = code
    this.#options.onTrouble?.(what, error)
  }
}
