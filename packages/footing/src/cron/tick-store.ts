// The rows of schedules and ticks: every time in them is the database's.
import { isFootingError } from '@footing/kernel'
import type { Database, Transaction } from '../data/contract/contract.ts'
import type { CatchUp, Overlap, TickKind, TickState } from './contract/contract.ts'
import { cronErrors } from './contract/errors.ts'
import type { Decision, OpenTick, ScheduleState } from './decide.ts'

/** A schedule as it is declared, on its way to its row. */
export interface ScheduleRow {
  readonly name: string
  readonly pattern: string
  readonly zone: string
  readonly declared: {
    readonly overlap: Overlap
    readonly catchUp: CatchUp
    readonly jitterMs: number
    readonly timeoutMs: number
    readonly attempts: number
    readonly call: string | undefined
  }
}

/** What one look at a schedule shows; times are milliseconds since 1970 by the database's clock. */
export interface ScheduleLook {
  readonly name: string
  readonly now: number
  readonly decidedUntil: number
  readonly paused: boolean
  /** When the next open tick is to be begun, or its process counts as dead. */
  readonly wakeAt: number | null
  readonly waiting: number
  readonly running: number
  readonly missed: number
  /** Newest tick that ended by its own. */
  readonly last: Extract<TickState, 'done' | 'failed'> | null
}

/** A tick that this process has begun. */
export interface BegunTick {
  readonly schedule: string
  readonly tick: number
  readonly kind: TickKind
  readonly attempt: number
  readonly runAt: number
  readonly requestId: string | null
  readonly traceId: string | null
}

/** How a run ended. */
export interface TickEnd {
  readonly state: Extract<TickState, 'done' | 'failed' | 'cancelled' | 'waiting'>
  readonly code: string | undefined
  /** For `waiting`: after how long it may begin again, and whether the attempt counts. */
  readonly again?: { readonly afterMs: number; readonly counts: boolean }
}

/** Milliseconds after which the process of a running tick counts as dead when nothing was heard of it. */
export const leaseMs = 15_000

const ms = (column: string) => `(extract(epoch from ${column}) * 1000)::float8`
const times = (values: readonly number[]) => values.map((value) => new Date(value).toISOString())

/** The rows of one database. */
export class TickStore {
  readonly #db: Database<never>

  constructor(db: Database<never>) {
    this.#db = db
  }

  /**
   * Makes the rows say what is declared. One that is new, changed or was removed counts from now: nothing of the time before
   * is caught up. `known` are all schedules of the application; its others were removed.
   */
  async sync(application: string, rows: readonly ScheduleRow[], known: readonly string[]): Promise<void> {
    const sorted = rows.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    await this.query(
      `insert into footing_cron.schedule as s (name, application, pattern, zone, declared, decided_until, changed_at)
       select name, $1, pattern, zone, declared::jsonb, clock_timestamp(), clock_timestamp()
       from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as given (name, pattern, zone, declared)
       on conflict (name) do update set application = excluded.application, declared = excluded.declared,
         pattern = excluded.pattern, zone = excluded.zone, removed_at = null,
         decided_until = case when s.removed_at is null and s.pattern = excluded.pattern and s.zone = excluded.zone
           then s.decided_until else greatest(s.decided_until, excluded.decided_until) end,
         changed_at = case when s.removed_at is null and s.pattern = excluded.pattern and s.zone = excluded.zone
           then s.changed_at else excluded.changed_at end
       where s.removed_at is not null
         or (s.application, s.declared, s.pattern, s.zone)
           is distinct from (excluded.application, excluded.declared, excluded.pattern, excluded.zone)`,
      [
        application,
        sorted.map(({ name }) => name),
        sorted.map(({ pattern }) => pattern),
        sorted.map(({ zone }) => zone),
        sorted.map(({ declared }) => JSON.stringify(declared)),
      ],
    )
    await this.query(
      `with removed as (
         update footing_cron.schedule set removed_at = clock_timestamp()
         where application = $1 and removed_at is null and not (name = any($2)) returning name
       )
       update footing_cron.tick set state = 'skipped', ended_at = clock_timestamp()
       where state = 'waiting' and schedule in (select name from removed)`,
      [application, known],
    )
  }

  /** Looks at schedules; one that is removed, or never was there, is left out. */
  look(names: readonly string[]): Promise<readonly ScheduleLook[]> {
    return this.query<ScheduleLook>(
      `select s.name, ${ms('clock_timestamp()')} as now, ${ms('s.decided_until')} as "decidedUntil",
         s.paused_at is not null as paused, s.missed::float8 as missed, ${ms('open.wake')} as "wakeAt",
         open.waiting::float8 as waiting, open.running::float8 as running, ended.state as last
       from footing_cron.schedule s
       cross join lateral (
         select min(case when state = 'waiting' then run_at else lease_until end) as wake,
           count(*) filter (where state = 'waiting') as waiting, count(*) filter (where state = 'running') as running
         from footing_cron.tick where schedule = s.name and state in ('waiting', 'running')
       ) open
       left join lateral (
         select state from footing_cron.tick where schedule = s.name and state in ('done', 'failed') order by tick desc limit 1
       ) ended on true
       where s.name = any($1) and s.removed_at is null`,
      [names],
    )
  }

  /**
   * Decides the ticks of one schedule and begins some, in one transaction: one replica at a time, so that of all of them
   * one decides a tick. Undefined when another one decides at this moment.
   */
  step(
    name: string,
    owner: string,
    history: number,
    decide: (state: ScheduleState) => Decision,
  ): Promise<{ readonly begun: readonly BegunTick[]; readonly decision: Decision } | undefined> {
    return this.#coded(() =>
      this.#db.transaction(async (tx) => {
        const [row] = await tx.query<{ now: number; decidedUntil: number; paused: boolean }>(
          `select ${ms('clock_timestamp()')} as now, ${ms('decided_until')} as "decidedUntil", paused_at is not null as paused
           from footing_cron.schedule where name = $1 and removed_at is null for update skip locked`,
          [name],
        )
        if (row === undefined) return undefined
        const open = await openTicks(tx, name)
        const decision = decide({ ...row, open })
        await write(tx, name, row, decision)
        const begun = decision.begin.length === 0 ? [] : await begin(tx, name, owner, decision.begin)
        if (decision.record.length > 0) await forget(tx, name, history)
        return { begun, decision }
      }, stepLimits),
    )
  }

  /** Says that this process lives. Answers with the ticks that are still its own, and which of them are to be cancelled. */
  renew(owner: string): Promise<readonly { schedule: string; tick: number; attempt: number; cancel: boolean }[]> {
    return this.query(
      `update footing_cron.tick set lease_until = clock_timestamp() + $2 * interval '1 millisecond'
       where owner = $1 and state = 'running' returning schedule, ${ms('tick')} as tick, attempt, cancel`,
      [owner, leaseMs],
    )
  }

  /** Records how a run ended; false when the tick was no longer this process's. */
  async end({ schedule, tick, attempt }: BegunTick, owner: string, { state, code, again }: TickEnd): Promise<boolean> {
    const rows = await this.query(
      `update footing_cron.tick set state = $5, code = $6, lease_until = null, owner = null, cancel = false,
         ended_at = case when $5 = 'waiting' then null else clock_timestamp() end,
         run_at = case when $5 = 'waiting' then clock_timestamp() + $7 * interval '1 millisecond' else run_at end,
         attempt = attempt - $8::integer
       where schedule = $1 and tick = $2 and owner = $3 and attempt = $4 and state = 'running' returning 1`,
      [
        schedule,
        new Date(tick).toISOString(),
        owner,
        attempt,
        state,
        code,
        again?.afterMs ?? 0,
        again?.counts === false ? 1 : 0,
      ],
    )
    return rows.length === 1
  }

  /** Records a tick that somebody asks for; a worker runs it at once. Undefined for a schedule that is not there. */
  async trigger(name: string, asker: { requestId: string; traceId: string } | undefined): Promise<number | undefined> {
    // Two in one millisecond are two ticks.
    for (;;) {
      const [row] = await this.query<{ known: boolean; tick: number | null }>(
        `with new as (
           insert into footing_cron.tick (schedule, tick, kind, state, run_at, request_id, trace_id)
           select name, date_trunc('milliseconds', clock_timestamp()), 'manual', 'waiting', clock_timestamp(), $2, $3
           from footing_cron.schedule where name = $1 and removed_at is null
           on conflict do nothing returning tick
         )
         select exists (select from footing_cron.schedule where name = $1 and removed_at is null) as known,
           (select ${ms('tick')} from new) as tick`,
        [name, asker?.requestId ?? null, asker?.traceId ?? null],
      )
      if (row?.known !== true) return undefined
      if (row.tick !== null) return row.tick
    }
  }

  /** Any statement on these rows. */
  query<Row extends object>(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    return this.#coded(() => this.#db.query<Row>(text, values))
  }

  async #coded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      // SQLSTATE of a relation or a schema that is not there.
      const state = isFootingError(error) ? error.details?.state : undefined
      if (state === '42P01' || state === '3F000') throw cronErrors('cron-tables-missing', { cause: error })
      throw error
    }
  }
}

const stepLimits = { timeoutMs: 10_000, lockTimeoutMs: 2000 } as const

async function openTicks(tx: Transaction<never>, name: string): Promise<readonly OpenTick[]> {
  return tx.query<OpenTick>(
    `select ${ms('tick')} as tick, kind, state, ${ms('run_at')} as "runAt", attempt, ${ms('lease_until')} as "leaseUntil"
     from footing_cron.tick where schedule = $1 and state in ('waiting', 'running') order by tick limit 1000`,
    [name],
  )
}

async function write(
  tx: Transaction<never>,
  name: string,
  { decidedUntil: before }: { readonly decidedUntil: number },
  { record, decidedUntil, lost, cancel }: Decision,
): Promise<void> {
  if (record.length > 0) {
    await tx.query(
      `insert into footing_cron.tick (schedule, tick, kind, state, run_at, ended_at)
       select $1, tick, kind, state, run_at, case when state = 'waiting' then null else clock_timestamp() end
       from unnest($2::timestamptz[], $3::text[], $4::text[], $5::timestamptz[]) as given (tick, kind, state, run_at)
       on conflict do nothing`,
      [
        name,
        times(record.map(({ tick }) => tick)),
        record.map(({ kind }) => kind),
        record.map(({ state }) => state),
        times(record.map(({ runAt }) => runAt)),
      ],
    )
  }
  if (decidedUntil !== before || record.length > 0) {
    await tx.query(
      `update footing_cron.schedule set decided_until = greatest(decided_until, $2), missed = missed + $3 where name = $1`,
      [name, new Date(decidedUntil).toISOString(), record.filter(({ state }) => state === 'missed').length],
    )
  }
  if (lost.length > 0) {
    await tx.query(
      `update footing_cron.tick set state = 'failed', code = 'cron-process-lost', owner = null, lease_until = null,
         ended_at = clock_timestamp() where schedule = $1 and tick = any($2::timestamptz[]) and state = 'running'`,
      [name, times(lost)],
    )
  }
  if (cancel.length > 0) await cancelTicks(tx, name, times(cancel))
}

/** What waits, or whose process is dead, is cancelled at once; a running one hears of it. Answers with how many. */
export async function cancelTicks(
  tx: Pick<Database<never>, 'query'>,
  name: string,
  ticks: readonly string[],
): Promise<number> {
  const rows = await tx.query(
    `update footing_cron.tick set cancel = true,
       state = case when lease_until > clock_timestamp() then state else 'cancelled' end,
       code = case when lease_until > clock_timestamp() then code else 'cron-cancelled' end,
       ended_at = case when lease_until > clock_timestamp() then ended_at else clock_timestamp() end
     where schedule = $1 and tick = any($2::timestamptz[]) and state in ('waiting', 'running') returning 1`,
    [name, ticks],
  )
  return rows.length
}

function begin(
  tx: Transaction<never>,
  name: string,
  owner: string,
  ticks: readonly number[],
): Promise<readonly BegunTick[]> {
  return tx.query<BegunTick>(
    `update footing_cron.tick set state = 'running', owner = $2, attempt = attempt + 1, cancel = false, code = null,
       started_at = clock_timestamp(), lease_until = clock_timestamp() + $4 * interval '1 millisecond'
     where schedule = $1 and tick = any($3::timestamptz[])
       and (state = 'waiting' or (state = 'running' and lease_until < clock_timestamp()))
     returning schedule, ${ms('tick')} as tick, kind, attempt, ${ms('run_at')} as "runAt", request_id as "requestId",
       trace_id as "traceId"`,
    [name, owner, times(ticks), leaseMs],
  )
}

/** Lets go of ended ticks beyond those that are kept. */
async function forget(tx: Transaction<never>, name: string, history: number): Promise<void> {
  await tx.query(
    `delete from footing_cron.tick where schedule = $1 and state not in ('waiting', 'running')
       and tick < (select tick from footing_cron.tick where schedule = $1 order by tick desc offset $2 limit 1)`,
    [name, history],
  )
}
