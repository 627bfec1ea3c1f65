// The ticks that run in this process: each in a context of its own, held by a lease, ended when somebody says so.
import { channel } from 'node:diagnostics_channel'
import { isFootingError } from '@footing/kernel'
import { coded } from '../module/checked-value.ts'
import { CallContext, newOrigin } from '../work/call-context.ts'
import type { Context } from '../work/context.ts'
import { createLog } from '../work/log.ts'
import { type CallEnvironment, runWork } from '../work/run-work.ts'
import type { Tick, TickHandler, TickKind } from './contract/contract.ts'
import { cronErrors } from './contract/errors.ts'
import { type BegunTick, leaseMs, type TickEnd, type TickStore } from './tick-store.ts'

/** Published on `footing:tick` when the run of a tick has ended. */
export interface TickRecord {
  /** `billing.nightly`. */
  readonly schedule: string
  readonly module: string
  readonly kind: TickKind
  readonly durationMs: number
  /** How long after its time it began. */
  readonly waitedMs: number
  readonly attempt: number
  /** Code of the error that it ended with. */
  readonly code: string | undefined
  readonly requestId: string
  readonly traceId: string
}

/** Where runs of ticks are published. */
export const tickChannel = channel('footing:tick')

/** What runs for one schedule. */
export interface ScheduledWork {
  readonly module: string
  readonly handle: TickHandler
  readonly timeoutMs: number
  readonly attempts: number
}

interface Run {
  readonly begun: BegunTick
  readonly context: CallContext
  readonly ended: Promise<void>
}

/** Longest that a handler may take to hear the signal when its process stops. */
const graceMs = 1000

/** Those of one process. */
export class RunningTicks {
  /** Who this process is, in the rows that it holds. */
  readonly owner: string
  readonly #store: TickStore
  readonly #environment: CallEnvironment
  readonly #runs = new Set<Run>()
  #renewedAt = 0
  #idle = new AbortController()

  constructor(owner: string, store: TickStore, environment: CallEnvironment) {
    this.owner = owner
    this.#store = store
    this.#environment = environment
  }

  /** How many run. */
  get size(): number {
    return this.#runs.size
  }

  /** Aborts when the last of those that run has ended. */
  get idle(): AbortSignal {
    return this.#idle.signal
  }

  /** Runs a tick that was begun; `after` is called when its end is recorded. */
  add(begun: BegunTick, work: ScheduledWork, storeNow: number, after: () => void): void {
    const { clock } = this.#environment
    const origin = newOrigin()
    if (begun.requestId !== null) origin.requestId = begun.requestId
    if (begun.traceId !== null) origin.traceId = begun.traceId
    const started = clock.monotonic()
    if (this.#runs.size === 0) {
      this.#renewedAt = started
      this.#idle = new AbortController()
    }
    const name = begun.schedule.slice(work.module.length + 1)
    const context = new CallContext(
      clock,
      undefined,
      origin,
      work.module,
      `cron ${name}`,
      started,
      started + work.timeoutMs,
    )
    const ended = this.#run(begun, work, context, storeNow).then(() => {
      this.#runs.delete(run)
      if (this.#runs.size === 0) this.#idle.abort()
      after()
    })
    const run: Run = { begun, context, ended }
    this.#runs.add(run)
  }

  /** Holds what runs, and ends what is no longer this process's or is to be cancelled. */
  async renew(): Promise<void> {
    if (this.#runs.size === 0) return
    const { clock } = this.#environment
    const asked = clock.monotonic()
    // What is begun meanwhile is not in the answer.
    const runs = [...this.#runs]
    const held = await this.#store.renew(this.owner).catch((error: unknown) => {
      if (clock.monotonic() - this.#renewedAt < leaseMs) throw error
      // Nothing was heard of the database for so long that another process may have begun the same.
      for (const { begun, context } of runs) context.end(lost(begun))
      throw error
    })
    this.#renewedAt = asked
    for (const { begun, context } of runs) {
      const own = held.find((one) => one.schedule === begun.schedule && one.tick === begun.tick)
      if (own === undefined || own.attempt !== begun.attempt) context.end(lost(begun))
      else if (own.cancel) context.end(cancelled(begun, 'it was asked for, or a newer tick ends it'))
    }
  }

  /** Waits for what runs, ends the rest by its signal and gives it back. */
  async drain(deadlineMs: number): Promise<void> {
    const { clock } = this.#environment
    const reserve = Math.min(graceMs, deadlineMs / 4)
    const late = new AbortController()
    const waited = clock.sleep(deadlineMs - 2 * reserve, late.signal).catch(() => undefined)
    await Promise.race([Promise.all([...this.#runs].map(({ ended }) => ended)), waited])
    late.abort()
    for (const { begun, context } of this.#runs) context.end(givenBack(begun))
    await Promise.all([...this.#runs].map(({ ended }) => ended))
  }

  async #run(begun: BegunTick, work: ScheduledWork, context: CallContext, storeNow: number): Promise<void> {
    const { clock } = this.#environment
    const started = clock.monotonic()
    const tick: Tick = Object.freeze({
      schedule: begun.schedule,
      at: begun.tick,
      kind: begun.kind,
      attempt: begun.attempt,
    })
    let fault: { readonly code: string } | undefined
    let own: Promise<unknown> = Promise.resolve()
    try {
      // An async function, so that a handler that throws at once is caught like any other.
      await runWork(
        this.#environment,
        context,
        (given: Tick, here: Context) => {
          own = (async () => work.handle(given, here))()
          return own
        },
        tick,
      )
    } catch (error) {
      fault = await this.#faultOf(error, begun, own)
      if (fault !== undefined) {
        const log = createLog(work.module, () => context)
        const told = { schedule: begun.schedule, tick: new Date(begun.tick).toISOString(), attempt: begun.attempt }
        const message = fault.code === 'cron-given-back' ? 'a tick was given back' : 'a tick failed'
        log[fault.code === 'cron-given-back' ? 'info' : 'error'](message, { ...told, code: fault.code }, error)
      }
    }
    if (tickChannel.hasSubscribers) {
      const record: TickRecord = {
        schedule: begun.schedule,
        module: work.module,
        kind: begun.kind,
        durationMs: clock.monotonic() - started,
        waitedMs: Math.max(0, storeNow - begun.runAt),
        attempt: begun.attempt,
        code: fault?.code,
        requestId: context.requestId,
        traceId: context.traceId,
      }
      tickChannel.publish(record)
    }
    await this.#record(begun, endOf(fault?.code, begun, work.attempts))
  }

  /** When the process stops, a handler that hears the signal may still end well. */
  async #faultOf(
    error: unknown,
    begun: BegunTick,
    own: Promise<unknown>,
  ): Promise<{ readonly code: string } | undefined> {
    const fault = coded(error, begun.schedule)
    if (fault.code !== 'cron-given-back') return fault
    const late = new AbortController()
    const { clock } = this.#environment
    const waited = clock.sleep(graceMs, late.signal).then(
      () => fault,
      () => fault,
    )
    const settled = own.then(
      () => undefined,
      () => fault,
    )
    const found = await Promise.race([settled, waited])
    late.abort()
    return found
  }

  async #record(begun: BegunTick, end: TickEnd): Promise<void> {
    try {
      await this.#store.end(begun, this.owner, end)
    } catch (error) {
      // Its lease ends, and then it runs again: at least once.
      const code = isFootingError(error) ? error.code : undefined
      createLog('cron', () => undefined).error('the end of a tick was not recorded', { ...begun, code }, error)
    }
  }
}

function endOf(code: string | undefined, { attempt }: BegunTick, attempts: number): TickEnd {
  if (code === undefined) return { state: 'done', code }
  if (code === 'cron-cancelled') return { state: 'cancelled', code }
  if (code === 'cron-given-back') return { state: 'waiting', code, again: { afterMs: 0, counts: false } }
  if (attempt >= attempts) return { state: 'failed', code }
  return { state: 'waiting', code, again: { afterMs: Math.min(5000 * 2 ** (attempt - 1), 300_000), counts: true } }
}

const detailsOf = ({ schedule, tick }: BegunTick) => ({ schedule, tick: new Date(tick).toISOString() })

function lost(begun: BegunTick): Error {
  return cronErrors('cron-lease-lost', { details: detailsOf(begun) })
}

function cancelled(begun: BegunTick, reason: string): Error {
  return cronErrors('cron-cancelled', { details: { ...detailsOf(begun), reason } })
}

function givenBack(begun: BegunTick): Error {
  return cronErrors('cron-given-back', { details: detailsOf(begun) })
}
