// One subscriber while this process holds it: reads the log on, keeps the order of each key, and notes how far it is.
import type { Clock } from '@footing/kernel'
import type { Transaction } from '../../data/contract/contract.ts'
import type { AnyTransaction } from '../../data/contract/transaction-end.ts'
import type { DeliveryFault, Subscriber } from '../contract/contract.ts'
import { eventErrors } from '../contract/errors.ts'
import { type Claim, EventStore, type LogRow, type Position } from './event-store.ts'

/** What all subscribers of a process share. */
export interface HolderTools {
  readonly store: EventStore
  readonly clock: Clock
  /** Milliseconds before the attempt after this one. */
  readonly backoffMs: (attempt: number) => number
  /** Told of what the database refused; it is tried again. */
  readonly onTrouble: (error: unknown) => void
  /** Most handlers of one subscriber that run at once. */
  readonly width: number
  /** Most events of one subscriber in memory. */
  readonly room: number
}

interface Item {
  readonly row: LogRow
  readonly chain: string
  /** Undefined for one that had failed before and is tried again. */
  readonly stretch: Stretch | undefined
  settled: boolean
}

/** What was read at once; the position moves behind it when all of it and of what was read before is settled. */
interface Stretch {
  readonly items: Item[]
  left: number
  readonly after: Position
}

const defaultAttempts = 5
const defaultDeadlineMs = 5000
const saveEveryMs = 200

/** See the top of the file. */
export class HeldSubscriber {
  readonly claim: Claim
  readonly #tools: HolderTools
  readonly #subscribers: ReadonlyMap<string, Subscriber>
  readonly #chains = new Map<string, Item[]>()
  readonly #ready: string[] = []
  readonly #stretches: Stretch[] = []
  readonly #blocked: Set<string>
  readonly #retrying = new Set<string>()
  readonly #abort = new AbortController()
  readonly #idle: (() => void)[] = []
  #reading: Position
  #resumed = true
  #ownBatch = false
  #careful: boolean
  #inMemory = 0
  #running = 0
  #stopped = false
  #step = 0
  #unsaved: Position | undefined
  #saving: Promise<void> | undefined
  #savedAt = Number.NEGATIVE_INFINITY

  constructor(claim: Claim, subscribers: ReadonlyMap<string, Subscriber>, tools: HolderTools) {
    this.claim = claim
    this.#subscribers = subscribers
    this.#tools = tools
    this.#reading = claim.position
    this.#blocked = new Set(claim.blocked)
    this.#careful = claim.crashes > 0
  }

  /** Events in memory, waiting or being handled. */
  get waiting(): number {
    return this.#inMemory
  }

  /** From which snapshot on there is news for it; undefined while it has enough to do. */
  get wantsFrom(): string | undefined {
    const full = this.#inMemory >= this.#tools.room || (this.#careful && this.#inMemory > 0)
    return this.#stopped || full ? undefined : this.#reading.snapshot
  }

  /** True when a batch was begun and its rest has not been read. */
  get hasRest(): boolean {
    return this.#reading.upto !== undefined
  }

  /** Reads on until there is no more or enough is in memory. */
  async pull(): Promise<void> {
    const events = [...this.#subscribers.keys()]
    while (this.wantsFrom !== undefined) {
      const limit = Math.max(100, Math.ceil(this.#tools.room / 2))
      if (this.#reading.upto === undefined) this.#ownBatch = true
      const page = await this.#tools.store.read(this.claim, this.#reading, events, limit, this.#resumed)
      if (this.#stopped) return
      // What an earlier holder handled beyond its position lies before the end of the first batch that begins here.
      if (page.after.upto === undefined && this.#ownBatch) this.#resumed = false
      this.#reading = page.after
      if (page.read > 0) this.#accept(page.rows, page.after)
      if (page.after.upto === undefined) return
    }
  }

  /** Tries again what had failed and is due. */
  async retry(): Promise<void> {
    if (this.#stopped) return
    for (const row of await this.#tools.store.due(this.claim)) {
      if (this.#stopped || this.#retrying.has(row.seq)) continue
      this.#retrying.add(row.seq)
      this.#blocked.add(chainOf(row))
      this.#enqueue({ row, chain: chainOf(row), stretch: undefined, settled: false })
    }
  }

  /** Another process has it by now, or nobody knows: handlers are told, and nothing more is written. */
  lose(): void {
    this.#stopped = true
    this.#abort.abort(eventErrors('event-taken-over', { details: { subscriber: this.claim.name } }))
  }

  /**
   * Begins nothing more; resolves when the handlers under way have ended, with what they did written down and the rest given
   * back. Answers with how many were still running after `deadlineMs`.
   */
  async stop(deadlineMs: number): Promise<number> {
    this.#stopped = true
    const limit = new AbortController()
    const ended = new Promise<void>((resolve) => {
      this.#idle.push(resolve)
      this.#tellIdle()
    })
    await Promise.race([ended, this.#tools.clock.sleep(deadlineMs, limit.signal).catch(() => undefined)])
    limit.abort()
    const left = this.#running
    if (left > 0) this.#abort.abort(eventErrors('events-closed', { details: { event: this.claim.name } }))
    await this.#saving
    const done = this.#stretches.flatMap(({ items }) => items.filter(({ settled }) => settled).map(({ row }) => row))
    if (this.#unsaved !== undefined) await this.#tools.store.save(this.claim, ++this.#step, this.#unsaved)
    if (done.length > 0) await this.#tools.store.giveBack(this.claim, done)
    await this.#tools.store.release(this.claim)
    return left
  }

  #accept(rows: readonly LogRow[], after: Position): void {
    const stretch: Stretch = { items: [], left: rows.length, after }
    this.#stretches.push(stretch)
    for (const row of rows) {
      const item: Item = { row, chain: chainOf(row), stretch, settled: false }
      stretch.items.push(item)
      this.#enqueue(item)
    }
    if (rows.length === 0) this.#advance()
  }

  #enqueue(item: Item): void {
    this.#inMemory++
    const waiting = this.#chains.get(item.chain)
    if (waiting !== undefined) {
      waiting.push(item)
      return
    }
    this.#chains.set(item.chain, [item])
    this.#ready.push(item.chain)
    this.#begin()
  }

  #begin(): void {
    const width = this.#careful ? 1 : this.#tools.width
    while (!this.#stopped && this.#running < width) {
      const chain = this.#ready.shift()
      const item = chain === undefined ? undefined : this.#chains.get(chain)?.[0]
      if (chain === undefined || item === undefined) return
      this.#running++
      void this.#run(item).then(() => {
        this.#running--
        this.#inMemory--
        const waiting = this.#chains.get(chain)
        waiting?.shift()
        if (waiting === undefined || waiting.length === 0) this.#chains.delete(chain)
        else this.#ready.push(chain)
        this.#tellIdle()
        this.#begin()
      })
    }
  }

  /** Never rejects: what the database refuses is tried again as long as this process holds the subscriber. */
  async #run(item: Item): Promise<void> {
    const { row, chain, stretch } = item
    if (stretch === undefined) {
      await this.#runAgain(item)
      this.#retrying.delete(row.seq)
      return
    }
    if (this.#blocked.has(chain)) {
      if (
        await this.#written(() => this.#tools.store.defer(this.claim, row, chain, { attempts: 0, waitMs: undefined }))
      )
        this.#settle(item)
      return
    }
    const careful = this.#careful
    if (careful && !(await this.#mark(row, chain))) return
    const fault = await this.#deliver(row, 1)
    if (this.#abort.signal.aborted) return
    if (fault === undefined) {
      if (careful) await this.#resolve(row, chain)
    } else if (!(await this.#fail(row, chain, 1, fault))) return
    this.#settle(item)
  }

  async #runAgain({ row, chain }: Item): Promise<void> {
    const subscriber = this.#subscribers.get(row.event)
    // A version that does not hear this event any more.
    if (subscriber === undefined) return this.#resolve(row, chain)
    // It was counted when it began, and its process did not live to say how it ended.
    if (row.attempts >= (subscriber.attempts ?? defaultAttempts)) {
      await this.#written(() => this.#tools.store.park(this.claim, row))
      return
    }
    if (!(await this.#mark(row, chain))) return
    const fault = await this.#deliver(row, row.attempts + 1)
    if (this.#abort.signal.aborted) return
    if (fault === undefined) await this.#resolve(row, chain)
    else await this.#fail(row, chain, row.attempts + 1, fault)
  }

  /** Counts an attempt before it begins, so that one that ends the process counts too. */
  #mark(row: LogRow, chain: string): Promise<boolean> {
    this.#blocked.add(chain)
    const attempts = row.attempts + 1
    const deadlineMs = this.#subscribers.get(row.event)?.deadlineMs ?? defaultDeadlineMs
    // Who takes over has waited for the lease already, and a process that was killed says nothing about the event: no doubling.
    const waitMs = deadlineMs + this.#tools.backoffMs(1)
    const reason = 'the process ended while the handler ran'
    return this.#written(() =>
      this.#tools.store.defer(this.claim, row, chain, { attempts, waitMs, code: 'event-handler-lost', reason }),
    )
  }

  async #fail(row: LogRow, chain: string, attempts: number, { code, message }: DeliveryFault): Promise<boolean> {
    const most = this.#subscribers.get(row.event)?.attempts ?? defaultAttempts
    const waitMs = attempts < most ? this.#tools.backoffMs(attempts) : undefined
    this.#blocked.add(chain)
    return this.#written(async () => {
      await this.#tools.store.defer(this.claim, row, chain, { attempts, waitMs, code, reason: message.slice(0, 2000) })
      if (waitMs === undefined) await this.#tools.store.park(this.claim, row)
    })
  }

  async #resolve(row: LogRow, chain: string): Promise<void> {
    await this.#written(async () => {
      if (await this.#tools.store.resolve(this.claim, row, chain)) this.#blocked.delete(chain)
    })
  }

  async #deliver(row: LogRow, attempt: number): Promise<DeliveryFault | undefined> {
    const subscriber = this.#subscribers.get(row.event)
    if (subscriber === undefined) return undefined
    let payload: unknown
    try {
      payload = JSON.parse(row.payload)
    } catch {
      return { code: 'invalid-event', message: 'the payload in the log is not JSON' }
    }
    const envelope = {
      id: row.id,
      module: subscriber.emitter,
      event: row.event,
      key: row.key ?? undefined,
      payload,
      at: Number(row.at),
      requestId: row.request_id,
      traceId: row.trace_id,
    }
    const repeats = attempt < (subscriber.attempts ?? defaultAttempts)
    const settle = (tx: AnyTransaction) => this.#settleIn(tx, row)
    return subscriber.deliver(envelope, { attempt, repeats, signal: this.#abort.signal, settle })
  }

  async #settleIn(tx: AnyTransaction, row: LogRow): Promise<boolean> {
    const { text, values } = EventStore.settle(this.claim, row)
    // Only an open transaction has the brand, and each of them takes plain SQL.
    const [answer] = await (tx as Transaction<never>).query<{ outcome: string }>(text, values)
    if (answer?.outcome === 'lost') {
      throw eventErrors('event-taken-over', { details: { subscriber: this.claim.name } })
    }
    return answer?.outcome === 'first'
  }

  #settle(item: Item): void {
    item.settled = true
    if (item.stretch === undefined) return
    item.stretch.left--
    this.#advance()
  }

  /** Moves the position behind what is settled without a gap. */
  #advance(): void {
    for (let first = this.#stretches[0]; first !== undefined && first.left === 0; first = this.#stretches[0]) {
      this.#unsaved = first.after
      this.#stretches.shift()
      if (this.#careful) {
        this.#careful = false
        void this.#written(() => this.#tools.store.calm(this.claim))
      }
    }
    if (this.#unsaved !== undefined && this.#saving === undefined && !this.#stopped) this.#saving = this.#saveSoon()
  }

  /** Few, large steps: a position is a row, and each row costs. */
  async #saveSoon(): Promise<void> {
    const { clock, store } = this.#tools
    const wait = this.#savedAt + saveEveryMs - clock.monotonic()
    if (wait > 0) await clock.sleep(wait, this.#abort.signal).catch(() => undefined)
    while (this.#unsaved !== undefined && !this.#stopped) {
      const position = this.#unsaved
      this.#unsaved = undefined
      if (!(await this.#written(() => store.save(this.claim, ++this.#step, position)))) this.#unsaved ??= position
      this.#savedAt = clock.monotonic()
      if (this.#unsaved !== undefined && !this.#stopped)
        await clock.sleep(saveEveryMs, this.#abort.signal).catch(() => undefined)
    }
    this.#saving = undefined
  }

  /** Writes until the database takes it; false when this process lost the subscriber, or is stopping, before it did. */
  async #written(write: () => Promise<unknown>): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await write()
        return true
      } catch (error) {
        if (this.#abort.signal.aborted || (this.#stopped && attempt > 1)) return false
        this.#tools.onTrouble(error)
        const wait = Math.min(2000, 50 * 2 ** attempt)
        await this.#tools.clock.sleep(wait, this.#abort.signal).catch(() => undefined)
      }
    }
  }

  #tellIdle(): void {
    if (this.#running === 0) for (const tell of this.#idle.splice(0)) tell()
  }
}

/** Events of one chain are handled one after the other. */
function chainOf({ key, id }: Pick<LogRow, 'key' | 'id'>): string {
  return key === null ? `#${id}` : `=${key}`
}
