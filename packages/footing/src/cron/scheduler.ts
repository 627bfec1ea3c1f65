// The schedules of one process: looks at the store when something is due, lets it decide, and runs what it has begun.
import { isFootingError } from '@footing/kernel'
import type { Gauge } from '../capability/capability.ts'
import { createLog } from '../work/log.ts'
import type { CallEnvironment } from '../work/run-work.ts'
import { decide, delayOf, type Rules } from './decide.ts'
import { RunningTicks, type ScheduledWork } from './running-ticks.ts'
import type { ScheduleLook, TickStore } from './tick-store.ts'

/** A schedule that this process can run. */
export interface OwnSchedule {
  readonly rules: Rules
  readonly work: ScheduledWork
  readonly history: number
}

/** Longest time between two looks: how soon a tick that somebody asks for, or of a dead process, is noticed. */
const beatMs = 5000

/** How often a lease of 15 seconds is renewed. */
const renewMs = 5000

/** Those of one process. Its own clock is used to wait; what time it is says the store. */
export class Scheduler {
  readonly running: RunningTicks
  readonly #store: TickStore
  readonly #schedules: ReadonlyMap<string, OwnSchedule>
  readonly #environment: CallEnvironment
  readonly #sync: () => Promise<void>
  readonly #log = createLog('cron', () => undefined)
  #looks: readonly ScheduleLook[] = []
  #lookedAt = 0
  /** State of the last look, for health: a code when it failed. */
  #state = 'ok'
  #stopping = false
  #wake: (() => void) | undefined
  #woken = false
  #beating: Promise<void> = Promise.resolve()
  #renewing: Promise<void> | undefined

  constructor(
    owner: string,
    store: TickStore,
    schedules: readonly OwnSchedule[],
    environment: CallEnvironment,
    sync: () => Promise<void>,
  ) {
    this.#store = store
    this.#schedules = new Map(schedules.map((schedule) => [schedule.rules.name, schedule]))
    this.#environment = environment
    this.#sync = sync
    this.running = new RunningTicks(owner, store, environment)
  }

  get state(): string {
    return this.#state
  }

  start(): void {
    this.#beating = this.#beats()
  }

  /** Looks at once: somebody has asked for a tick. */
  wake(): void {
    this.#woken = true
    this.#wake?.()
  }

  /** Begins nothing more, waits for what runs, gives the rest back. */
  async drain(deadlineMs: number): Promise<void> {
    this.#stopping = true
    this.wake()
    // Leases are renewed until the last run has ended.
    await this.running.drain(deadlineMs)
    await this.#renewing
    await this.#beating
  }

  /** Numbers as the last look has shown them. */
  gauges(): readonly Gauge[] {
    const now = this.#storeNow()
    return this.#looks.flatMap(({ name, paused, decidedUntil, waiting, running, missed, last }) => {
      const labels = { schedule: name }
      const next = this.#schedules.get(name)?.rules.times.next(decidedUntil)
      return [
        ...(paused || next === undefined
          ? []
          : [{ ...gauge('next_tick_seconds', 'Seconds until the next tick.'), labels, value: (next - now) / 1000 }]),
        ...(last === null
          ? []
          : [
              {
                ...gauge('last_result', '1 when the newest ended tick was done, 0 when it failed.'),
                labels,
                value: last === 'done' ? 1 : 0,
              },
            ]),
        { ...gauge('waiting', 'Ticks that wait to be run.'), labels, value: waiting },
        { ...gauge('running', 'Ticks that run, in all processes.'), labels, value: running },
        { ...gauge('paused', '1 while the schedule is paused.'), labels, value: paused ? 1 : 0 },
        {
          ...gauge('missed_total', 'Ticks for which no process was there.'),
          labels,
          value: missed,
          type: 'counter' as const,
        },
      ]
    })
  }

  async #beats(): Promise<void> {
    while (!this.#stopping) {
      const wait = await this.#attempt(() => this.#beat())
      await this.#rest(wait ?? beatMs)
    }
  }

  // Only while something runs: a clock that a test moves by a month would have to pass each of these moments.
  async #renewals(): Promise<void> {
    const { running } = this
    while (running.size > 0) {
      await this.#environment.clock.sleep(renewMs, running.idle).catch(() => undefined)
      if (running.size > 0) await this.#attempt(() => running.renew())
    }
    this.#renewing = undefined
  }

  /** One look at all schedules; answers with how long nothing will be due. */
  async #beat(): Promise<number> {
    await this.#look()
    let wait = beatMs
    for (const look of this.#looks) {
      const schedule = this.#schedules.get(look.name)
      if (schedule === undefined || this.#stopping) continue
      const { rules } = schedule
      const now = this.#storeNow()
      const tick = look.paused ? undefined : rules.times.next(look.decidedUntil)
      const dueAt = tick === undefined ? Number.POSITIVE_INFINITY : tick + delayOf(rules, tick)
      if (dueAt <= now || (look.wakeAt !== null && look.wakeAt <= now)) {
        wait = Math.min(wait, await this.#step(schedule))
      } else {
        wait = Math.min(wait, dueAt - now, (look.wakeAt ?? Number.POSITIVE_INFINITY) - now)
      }
    }
    return Math.max(wait, 1)
  }

  async #look(): Promise<void> {
    const { clock } = this.#environment
    const names = [...this.#schedules.keys()]
    let looks = await this.#store.look(names)
    if (looks.length < names.length) {
      // Another version of the application does not know them and has removed them; as long as this one runs, they are.
      await this.#sync()
      looks = await this.#store.look(names)
    }
    this.#looks = looks
    this.#lookedAt = clock.monotonic()
  }

  /** What the store's clock shows, by its last answer and the time that has passed since. */
  #storeNow(): number {
    const [look] = this.#looks
    return (look?.now ?? 0) + (this.#environment.clock.monotonic() - this.#lookedAt)
  }

  /** Decides what is due of one schedule; answers with the time until the next one. */
  async #step(schedule: OwnSchedule): Promise<number> {
    const { rules, work, history } = schedule
    if (this.#stopping) return beatMs
    const step = await this.#store.step(rules.name, this.running.owner, history, (state) => decide(rules, state))
    // Another process decides it at this moment.
    if (step === undefined) return beatMs
    const { begun, decision } = step
    const missed = decision.record.filter(({ state }) => state === 'missed').length
    if (missed > 0) this.#log.warn('ticks were missed: no process was there', { schedule: rules.name, missed })
    for (const tick of decision.lost) {
      const details = { schedule: rules.name, tick: new Date(tick).toISOString(), attempts: rules.attempts }
      this.#log.error('a tick was given up', { ...details, code: 'cron-process-lost' })
    }
    for (const tick of begun) this.running.add(tick, work, this.#storeNow(), () => this.wake())
    if (this.running.size > 0) this.#renewing ??= this.#renewals()
    // What is cancelled may run here.
    if (decision.cancel.length > 0) await this.running.renew()
    if (decision.more) return 1
    const next = rules.times.next(decision.decidedUntil)
    return next === undefined ? beatMs : Math.max(1, next + delayOf(rules, next) - this.#storeNow())
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await work()
      if (this.#state !== 'ok') this.#log.info('schedules go on')
      this.#state = 'ok'
      return result
    } catch (error) {
      const code = isFootingError(error) ? error.code : 'failed'
      // Said once, however long it lasts.
      if (this.#state !== code) this.#log.error('schedules stand still: the store does not answer', { code }, error)
      this.#state = code
      return undefined
    }
  }

  async #rest(ms: number): Promise<void> {
    if (this.#woken || this.#stopping) {
      this.#woken = false
      return
    }
    await new Promise<void>((resolve) => {
      const timer = this.#environment.clock.after(ms, resolve)
      this.#wake = () => {
        timer.cancel()
        resolve()
      }
    })
    this.#wake = undefined
    this.#woken = false
  }
}

function gauge(name: string, help: string): Pick<Gauge, 'name' | 'help'> {
  return { name: `footing_cron_${name}`, help }
}
