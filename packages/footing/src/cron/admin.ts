// Schedules as an operator sees them: what is next, what has happened, and a hand on each.
import { nearest } from '@footing/kernel'
import type { DataSource } from '../data/contract/contract.ts'
import type { TickKind, TickState } from './contract/contract.ts'
import { cronErrors } from './contract/errors.ts'
import { cancelTicks, type ScheduleRow, TickStore } from './tick-store.ts'
import { tickTimes } from './times/tick-times.ts'

/** A schedule with its state. */
export interface ScheduleStatus extends ScheduleRow {
  readonly application: string
  /** ISO times of the next ticks by the database's clock; none while it is paused or when it was removed. */
  readonly next: readonly string[]
  /** Newest tick that ended by its own. */
  readonly last: TickStatus | undefined
  readonly waiting: number
  readonly running: number
  /** Ticks for which no process was there, since the schedule is known. */
  readonly missed: number
  readonly pausedAt: string | undefined
  /** Set when the application no longer declares it. */
  readonly removedAt: string | undefined
  readonly changedAt: string
}

/** A tick as it is recorded; times are ISO. */
export interface TickStatus {
  readonly schedule: string
  readonly tick: string
  readonly kind: TickKind
  readonly state: TickState
  readonly attempt: number
  /** Process that runs it. */
  readonly owner: string | undefined
  readonly runAt: string
  readonly startedAt: string | undefined
  readonly endedAt: string | undefined
  readonly code: string | undefined
}

/** Which ticks. */
export interface TickQuery {
  readonly schedule?: string | undefined
  readonly state?: TickState | undefined
  /** Most ticks. Default 100. */
  readonly limit?: number | undefined
}

/** Ticks that an action is about. */
export interface TickChoice {
  readonly schedule: string
  /** ISO time; left out, all that the action can be about. */
  readonly tick?: string | undefined
  /** Counts and changes nothing. */
  readonly dryRun?: boolean | undefined
}

/** What an operator can do with the schedules of one database. */
export interface CronAdmin {
  schedules(): Promise<readonly ScheduleStatus[]>
  /** Ticks, the newest first. */
  history(query?: TickQuery): Promise<readonly TickStatus[]>
  /** Asks for a tick now; answers with its ISO time. */
  trigger(schedule: string): Promise<string>
  /** No tick begins from now on, but one that is asked for. Answers with how many schedules that changes: 0 when it was paused. */
  pause(schedule: string, options?: { readonly dryRun?: boolean | undefined }): Promise<number>
  /** Ticks begin again; what came due meanwhile is not caught up. */
  resume(schedule: string, options?: { readonly dryRun?: boolean | undefined }): Promise<number>
  /** Runs ticks again that failed, were missed, skipped or cancelled; without `tick` only those that failed. */
  retry(choice: TickChoice): Promise<number>
  /** Ends ticks that wait or run. A running one hears of it within 5 seconds. */
  cancel(choice: TickChoice): Promise<number>
}

/** Opens it on the database of an application. */
export function openCronAdmin(data: DataSource): CronAdmin {
  const store = new TickStore(data.forModule('footing_cron'))
  const known = async (schedule: string): Promise<string> => {
    const rows = await store.query<{ name: string }>('select name from footing_cron.schedule order by name', [])
    const names = rows.map(({ name }) => name)
    if (names.includes(schedule)) return schedule
    throw unknown(schedule, names)
  }
  return {
    async schedules() {
      const rows = await store.query<StoredSchedule>(schedulesText, [])
      return rows.map(statusOf)
    },
    async history({ schedule, state, limit = 100 } = {}) {
      const rows = await store.query<StoredTick>(
        `select ${tickColumns} from footing_cron.tick t where ($1::text is null or schedule = $1)
           and ($2::text is null or state = $2) order by t.tick desc, t.schedule limit $3`,
        [schedule === undefined ? null : await known(schedule), state ?? null, limit],
      )
      return rows.map(tickOf)
    },
    async trigger(schedule) {
      const tick = await store.trigger(await known(schedule), undefined)
      if (tick === undefined) throw unknown(schedule, [])
      return new Date(tick).toISOString()
    },
    pause: (schedule, { dryRun = false } = {}) =>
      change(store, known(schedule), dryRun, 'paused_at is null', 'paused_at = clock_timestamp()'),
    resume: (schedule, { dryRun = false } = {}) =>
      change(
        store,
        known(schedule),
        dryRun,
        'paused_at is not null',
        'paused_at = null, decided_until = greatest(decided_until, clock_timestamp())',
      ),
    async retry({ schedule, tick, dryRun = false }) {
      const ticks = await choose(store, await known(schedule), tick, tick === undefined ? ['failed'] : again)
      if (tick !== undefined && ticks.length === 0) {
        throw cronErrors('cron-tick-unknown', { details: { schedule, tick: tick.slice(0, 40) } })
      }
      if (dryRun) return ticks.length
      const rows = await store.query(
        `update footing_cron.tick set state = 'waiting', attempt = 0, run_at = clock_timestamp(), kind = 'manual', code = null,
           cancel = false, started_at = null, ended_at = null
         where schedule = $1 and tick = any($2::timestamptz[]) and state = any($3) returning 1`,
        [schedule, ticks, again],
      )
      return rows.length
    },
    async cancel({ schedule, tick, dryRun = false }) {
      const ticks = await choose(store, await known(schedule), tick, ['waiting', 'running'])
      return dryRun ? ticks.length : cancelTicks(store, schedule, ticks)
    },
  }
}

/** States from which a tick can run again. One that is done cannot: its row says that it happened. */
const again: readonly TickState[] = ['failed', 'missed', 'skipped', 'cancelled']

function unknown(schedule: string, names: readonly string[]): Error {
  const meant = nearest(schedule, names)
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`
  const details = { schedule: JSON.stringify(schedule.slice(0, 80)), hint, known: names.join(', ') || 'none' }
  return cronErrors('cron-schedule-unknown', { details })
}

async function change(
  store: TickStore,
  schedule: Promise<string>,
  dryRun: boolean,
  condition: string,
  set: string,
): Promise<number> {
  const values = [await schedule]
  const rows = dryRun
    ? await store.query(`select 1 from footing_cron.schedule where name = $1 and ${condition}`, values)
    : await store.query(`update footing_cron.schedule set ${set} where name = $1 and ${condition} returning 1`, values)
  return rows.length
}

async function choose(
  store: TickStore,
  schedule: string,
  tick: string | undefined,
  states: readonly TickState[],
): Promise<readonly string[]> {
  const at = tick === undefined ? undefined : Date.parse(tick)
  if (at !== undefined && Number.isNaN(at)) {
    throw cronErrors('cron-tick-unknown', { details: { schedule, tick: JSON.stringify(tick?.slice(0, 40)) } })
  }
  const rows = await store.query<{ tick: Date }>(
    `select tick from footing_cron.tick where schedule = $1 and state = any($2)
       and ($3::timestamptz is null or tick = $3::timestamptz)`,
    [schedule, states, at === undefined ? null : new Date(at).toISOString()],
  )
  return rows.map((row) => row.tick.toISOString())
}

const tickColumns = `t.schedule, t.tick, t.kind, t.state, t.attempt, t.owner, t.run_at as "runAt", t.started_at as "startedAt",
  t.ended_at as "endedAt", t.code`

interface StoredTick {
  readonly schedule: string
  readonly tick: Date
  readonly kind: TickKind
  readonly state: TickState
  readonly attempt: number
  readonly owner: string | null
  readonly runAt: Date
  readonly startedAt: Date | null
  readonly endedAt: Date | null
  readonly code: string | null
}

function tickOf(row: StoredTick): TickStatus {
  const { schedule, kind, state, attempt } = row
  return {
    schedule,
    kind,
    state,
    attempt,
    tick: row.tick.toISOString(),
    owner: row.owner ?? undefined,
    runAt: row.runAt.toISOString(),
    startedAt: row.startedAt?.toISOString(),
    endedAt: row.endedAt?.toISOString(),
    code: row.code ?? undefined,
  }
}

const schedulesText = `
  select s.name, s.application, s.pattern, s.zone, s.declared, s.missed::float8 as missed, s.paused_at as "pausedAt",
    s.removed_at as "removedAt", s.changed_at as "changedAt", s.decided_until as "decidedUntil", clock_timestamp() as now,
    open.waiting::float8 as waiting, open.running::float8 as running, ended.*
  from footing_cron.schedule s
  cross join lateral (
    select count(*) filter (where state = 'waiting') as waiting, count(*) filter (where state = 'running') as running
    from footing_cron.tick where schedule = s.name and state in ('waiting', 'running')
  ) open
  left join lateral (
    select t.tick as "lastTick", t.kind, t.state, t.attempt, t.owner, t.run_at as "runAt", t.started_at as "startedAt",
      t.ended_at as "endedAt", t.code
    from footing_cron.tick t where t.schedule = s.name and t.state in ('done', 'failed') order by t.tick desc limit 1
  ) ended on true
  order by s.name`

interface StoredSchedule extends ScheduleRow, Omit<StoredTick, 'schedule' | 'tick'> {
  readonly application: string
  readonly missed: number
  readonly pausedAt: Date | null
  readonly removedAt: Date | null
  readonly changedAt: Date
  readonly decidedUntil: Date
  readonly now: Date
  readonly waiting: number
  readonly running: number
  readonly lastTick: Date | null
}

function statusOf(row: StoredSchedule): ScheduleStatus {
  const { name, application, pattern, zone, declared, missed, waiting, running, lastTick, now, decidedUntil } = row
  const still = row.pausedAt === null && row.removedAt === null
  return {
    name,
    application,
    pattern,
    zone,
    declared,
    missed,
    waiting,
    running,
    pausedAt: row.pausedAt?.toISOString(),
    removedAt: row.removedAt?.toISOString(),
    changedAt: row.changedAt.toISOString(),
    next: still ? nextTicks(row, Math.max(decidedUntil.getTime(), now.getTime())) : [],
    last: lastTick === null ? undefined : tickOf({ ...row, schedule: name, tick: lastTick }),
  }
}

/** Times of the next three. A pattern that this version cannot read was written by another one. */
function nextTicks({ name, pattern, zone }: ScheduleRow, from: number): readonly string[] {
  const found: string[] = []
  try {
    const times = tickTimes(name, pattern, zone)
    for (let tick = times.next(from); tick !== undefined && found.length < 3; tick = times.next(tick)) {
      found.push(new Date(tick).toISOString())
    }
  } catch {
    return []
  }
  return found
}
