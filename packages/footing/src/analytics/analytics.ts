// The facade: checks, buffer, retries, limits and use after close, the same for every store.
import { AsyncLocalStorage } from 'node:async_hooks'
import { type Clock, isFootingError, systemClock, type Timer } from '@footing/kernel'
import { type Transaction, transactionBrand } from '../data/contract/contract.ts'
import { publish } from './analytics-fact.ts'
import { type AnalyticsLimits, verifyLimits } from './analytics-limits.ts'
import { BatchSender } from './batch-sender.ts'
import type {
  Analytics,
  AnalyticsDriver,
  AnalyticsGuarantees,
  AnalyticsStats,
  AnswerRow,
  EventType,
  MaintenanceReport,
  Refusal,
  Track,
  TrackOutcome,
  UserEvent,
} from './contract/contract.ts'
import { analyticsError } from './contract/errors.ts'
import { EventBuffer } from './event-buffer.ts'
import { isStorableUser, type ReadOccurrence, readOccurrence } from './read-occurrence.ts'
import { type AnyQuery, readQuery } from './read-query.ts'
import { userEvent } from './user-event.ts'

const day = 86_400_000
/** Events of a user that are read at once. */
const userPage = 1000

/**
 * Puts the facade in front of a driver. Applications call `openAnalytics`; tests of a driver call this.
 * @throws `analytics-option-invalid`
 */
export function analyticsOn(driver: AnalyticsDriver, limits: AnalyticsLimits): Analytics {
  return new DrivenAnalytics(driver, limits)
}

class DrivenAnalytics implements Analytics {
  readonly #driver: AnalyticsDriver
  readonly #limits: AnalyticsLimits
  readonly #clock: Clock
  readonly #buffer: EventBuffer
  readonly #sender: BatchSender
  readonly #events: ReadonlyMap<string, EventType>
  readonly #queue: (() => void)[] = []
  readonly #refused: Record<Refusal, number> = {
    'unknown-event': 0,
    'unknown-name': 0,
    'wrong-type': 0,
    'too-long': 0,
    'too-old': 0,
    'in-future': 0,
    closed: 0,
  }
  readonly #counts = { accepted: 0, stored: 0, dropped: 0, lost: 0, clamped: 0, failedAttempts: 0 }
  readonly #outside = AsyncLocalStorage.snapshot()
  readonly track: Track = Object.assign(
    (event: unknown, occurrence?: unknown) => this.#trackBuffered(event, occurrence),
    { in: (tx: unknown, event: unknown, occurrence?: unknown) => this.#trackWithin(tx, event, occurrence) },
  )
  #lastFailure: string | undefined
  #prepared: Promise<void> | undefined
  #ageTimer: Timer | undefined
  #upkeepTimer: Timer | undefined
  #closing: Promise<AnalyticsStats> | undefined

  constructor(driver: AnalyticsDriver, limits: AnalyticsLimits) {
    const { events, maxWaiting = 10_000, maxWaitingBytes = 16 * 1024 * 1024, batchSize = 1000 } = limits
    const { giveUpAfterMs = 15 * 60_000, attemptMs = 10_000, random = Math.random } = limits
    verifyLimits(limits)
    this.#driver = driver
    this.#limits = limits
    this.#clock = limits.clock ?? systemClock
    this.#events = new Map(events.map((event) => [event.name, event]))
    this.#buffer = new EventBuffer({ maxEvents: maxWaiting, maxBytes: maxWaitingBytes, batchEvents: batchSize })
    this.#sender = new BatchSender({
      buffer: this.#buffer,
      clock: this.#clock,
      random,
      giveUpAfterMs,
      outside: (work) => this.#outside(work),
      send: async (batch) => {
        await this.#prepare()
        await driver.insert(batch, attemptMs)
      },
      onStored: ({ event, rows }, durationMs) => {
        this.#counts.stored += rows.length
        publish({ what: 'stored', event: event.name, count: rows.length, durationMs })
        // After the batch has left the buffer.
        queueMicrotask(() => this.#admit())
      },
      onFailed: ({ event, rows }, error) => {
        this.#counts.failedAttempts += 1
        this.#lastFailure = codeOf(error)
        publish({ what: 'failed', event: event.name, count: rows.length, reason: this.#lastFailure })
      },
      onLost: ({ event, rows }) => {
        this.#counts.lost += rows.length
        publish({ what: 'lost', event: event.name, count: rows.length })
        queueMicrotask(() => this.#admit())
      },
    })
  }

  get guarantees(): AnalyticsGuarantees {
    return this.#driver.guarantees
  }

  get stats(): AnalyticsStats {
    const { waiting } = this.#buffer
    return { ...this.#counts, waiting, refused: { ...this.#refused }, lastFailure: this.#lastFailure }
  }

  async query<Row extends AnswerRow>(asked: unknown): Promise<readonly Row[]> {
    this.#verifyOpen()
    // The types of the interface say what it is; what a caller in JavaScript gives is checked by readQuery.
    const { event, ...rest } = asked as AnyQuery
    const { query, answer } = readQuery({ ...rest, event: this.#known(event) })
    await this.#prepare()
    const rows = answer(await this.#driver.query(query))
    // The names in it are those of the question, which the interface carries in its types.
    return rows as readonly Row[]
  }

  async flush({ timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#verifyOpen()
    await this.#flush(timeoutMs)
  }

  async *eventsOf(given: EventType, user: string): AsyncGenerator<UserEvent> {
    const event = await this.#stored(given)
    if (!isStorableUser(user)) return
    let page = { at: 0, skip: 0, limit: userPage }
    for (;;) {
      const rows = await this.#driver.eventsOf(event, user, page)
      for (const row of rows) yield userEvent(event, row)
      const last = rows.at(-1)
      if (last === undefined || rows.length < userPage) return
      // Several events may have one time: the next page begins there and passes over those that were read.
      const read = rows.filter(({ at }) => at === last.at).length
      page = { at: last.at, skip: last.at === page.at ? page.skip + read : read, limit: userPage }
    }
  }

  async eraseUser(given: EventType, user: string): Promise<{ readonly erased: number; readonly left: number }> {
    const event = await this.#stored(given)
    if (!isStorableUser(user)) return { erased: 0, left: 0 }
    let erased = 0
    for (let some = 1; some > 0; erased += some) some = await this.#driver.eraseUser(event, user, event.erase)
    return { erased, left: await this.#driver.countUser(event, user) }
  }

  async ping(): Promise<void> {
    this.#verifyOpen()
    await this.#driver.ping()
  }

  async maintain(): Promise<MaintenanceReport> {
    this.#verifyOpen()
    await this.#prepare()
    const now = this.#clock.now()
    const plan = { now, keepFrom: now - this.#keepMs() }
    const report = await this.#driver.maintain([...this.#events.values()], plan)
    publish({ what: 'maintained', event: '*', count: report.created + report.dropped })
    return report
  }

  close(): Promise<AnalyticsStats> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  // With everything that was accepted so far.
  async #stored(given: EventType): Promise<EventType> {
    const event = this.#known(given)
    await this.flush()
    await this.#prepare()
    return event
  }

  async #trackBuffered(given: unknown, occurrence: unknown): Promise<TrackOutcome> {
    const event = this.#events.get(nameOf(given))
    if (event === undefined) return this.#refuse('unknown-event', nameOf(given))
    if (this.#closing !== undefined) return this.#refuse('closed', event.name)
    const read = this.#read(event, occurrence)
    if ('refusal' in read) return this.#refuse(read.refusal, event.name)
    const { row, bytes, clamped } = read
    while (!this.#buffer.hasRoom(bytes)) {
      // Nothing more comes in, so that a batch would not fill any more.
      if (this.#buffer.hasOpen) {
        this.#buffer.seal()
        this.#sender.wake()
      }
      if (this.#limits.whenFull !== 'wait' || this.#closing !== undefined) {
        this.#counts.dropped += 1
        publish({ what: 'dropped', event: event.name, count: 1 })
        return 'dropped'
      }
      await new Promise<void>((resolve) => this.#queue.push(resolve))
    }
    this.#counts.accepted += 1
    if (clamped) this.#counts.clamped += 1
    if (this.#buffer.add(event, row, bytes, this.#clock.now())) this.#sender.wake()
    else if (this.#ageTimer === undefined) this.#startAge()
    return 'accepted'
  }

  async #trackWithin(tx: unknown, given: unknown, occurrence: unknown): Promise<void> {
    this.#verifyOpen()
    if (!isTransaction(tx)) throw new TypeError('The first argument is no transaction; without one, leave `.in` out.')
    const insert = this.#driver.insertWithin?.bind(this.#driver)
    if (insert === undefined || !this.guarantees.transactional) throw analyticsError('analytics-unsupported')
    const event = this.#known(given)
    const read = this.#read(event, occurrence)
    if ('refusal' in read) throw analyticsError('analytics-value-invalid', { event: event.name, reason: read.reason })
    await this.#prepare()
    await insert(tx, event, read.row)
    if (read.clamped) this.#counts.clamped += 1
  }

  #read(event: EventType, occurrence: unknown): ReadOccurrence {
    const { aheadMs = 300_000, future = 'clamp' } = this.#limits
    const now = this.#clock.now()
    try {
      return readOccurrence(event, occurrence ?? {}, { now, oldest: now - this.#keepMs(), aheadMs, future })
    } catch {
      // Reading a property can throw: what comes from outside may be a proxy or have getters.
      return { refusal: 'wrong-type', reason: 'it cannot be read.' }
    }
  }

  #refuse(refusal: Refusal, event: string): TrackOutcome {
    this.#refused[refusal] += 1
    publish({ what: 'refused', event, count: 1, reason: refusal })
    return 'refused'
  }

  #startAge(): void {
    this.#outside(() => {
      this.#ageTimer = this.#clock.after(this.#limits.batchAgeMs ?? 1000, () => {
        this.#ageTimer = undefined
        this.#buffer.seal()
        this.#sender.wake()
      })
    })
  }

  // Lets those in who wait for room, in their order; each looks for itself whether there is some.
  #admit(): void {
    const waiting = this.#queue.splice(0)
    for (const resolve of waiting) resolve()
  }

  async #flush(timeoutMs: number): Promise<void> {
    this.#buffer.seal()
    const batches = [...this.#buffer.batches]
    for (const batch of batches) batch.notBefore = 0
    this.#sender.wake()
    const late = Promise.withResolvers<'late'>()
    const timer = this.#clock.after(timeoutMs, () => late.resolve('late'))
    const stored = await Promise.race([Promise.all(batches.map(({ outcome }) => outcome)), late.promise])
    timer.cancel()
    if (stored !== 'late' && stored.every(Boolean)) return
    const reason = this.#lastFailure ?? 'none yet'
    throw analyticsError('analytics-flush-late', { timeoutMs, waiting: this.#buffer.waiting, reason })
  }

  async #close(): Promise<AnalyticsStats> {
    this.#ageTimer?.cancel()
    this.#upkeepTimer?.cancel()
    this.#admit()
    await this.#flush(this.#limits.closeMs ?? 5000).catch(() => undefined)
    this.#sender.stop()
    // An attempt that is still under way may succeed: then fewer are lost than this says, never more.
    for (const batch of this.#buffer.batches) {
      this.#counts.lost += batch.rows.length
      publish({ what: 'lost', event: batch.event.name, count: batch.rows.length, reason: 'closed' })
      this.#buffer.remove(batch, false)
    }
    await this.#driver.close()
    return this.stats
  }

  #prepare(): Promise<void> {
    this.#prepared ??= this.#driver.prepare([...this.#events.values()]).then(
      () => this.#scheduleUpkeep(),
      (error: unknown) => {
        // The next use tries again.
        this.#prepared = undefined
        throw error
      },
    )
    return this.#prepared
  }

  #scheduleUpkeep(): void {
    const everyMs = this.#limits.maintainEveryMs ?? 3_600_000
    if (everyMs === 0 || this.#closing !== undefined) return
    this.#outside(() => {
      this.#upkeepTimer = this.#clock.after(everyMs, () => {
        this.maintain().then(
          () => this.#scheduleUpkeep(),
          (error: unknown) => {
            publish({ what: 'failed', event: '*', count: 0, reason: codeOf(error) })
            this.#scheduleUpkeep()
          },
        )
      })
    })
  }

  #known(given: unknown): EventType {
    const event = this.#events.get(nameOf(given))
    if (event !== undefined) return event
    const reason = `${JSON.stringify(nameOf(given))} is not in the events that analytics was opened with.`
    throw analyticsError('analytics-query-invalid', { reason })
  }

  #keepMs(): number {
    return (this.#limits.keepDays ?? 400) * day
  }

  #verifyOpen(): void {
    if (this.#closing !== undefined) throw analyticsError('analytics-closed')
  }
}

function isTransaction(value: unknown): value is Transaction<unknown> {
  return typeof value === 'object' && value !== null && transactionBrand in value
}

function nameOf(event: unknown): string {
  if (typeof event !== 'object' || event === null || !('name' in event)) return '?'
  return String(event.name).slice(0, 60)
}

function codeOf(error: unknown): string {
  return isFootingError(error) ? error.code : 'analytics-failed'
}
