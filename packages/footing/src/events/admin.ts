// The log of events as an operator sees it: who hears whom and how far behind, what was set aside, and a hand on both.
import { nearest } from '@footing/kernel'
import type { DataSource } from '../data/contract/contract.ts'
import { lagLimit } from './contract/contract.ts'
import { eventErrors } from './contract/errors.ts'

/** A module that hears another one. Times are ISO. */
export interface SubscriberStatus {
  /** `shop/mail:billing`. */
  readonly name: string
  readonly application: string
  /** Who hears whom. */
  readonly module: string
  readonly emitter: string
  /** Events that it has not passed; 10,000 stands for that many or more. */
  readonly waiting: number
  /** Age of the oldest of them. */
  readonly oldestSeconds: number
  /** Events that failed and are tried again, and those of their keys behind them. */
  readonly deferred: number
  /** Events that were set aside after their last attempt. */
  readonly parked: number
  /** True while a process holds it. */
  readonly held: boolean
  /** When a process last declared it. */
  readonly seenAt: string
}

/** An event that failed. Times are ISO. */
export interface DeferredEvent {
  readonly id: string
  readonly subscriber: string
  readonly event: string
  readonly key: string | undefined
  readonly payload: unknown
  readonly announcedAt: string
  readonly attempts: number
  /** When it is tried again; undefined for a parked one. */
  readonly nextAt: string | undefined
  /** When it was set aside for good. */
  readonly parkedAt: string | undefined
  /** Code and sentence of the last failure. */
  readonly code: string | undefined
  readonly reason: string | undefined
  /** Events of the same key that wait for it. */
  readonly behind: number
}

/** Events that an action is about: those of a subscriber, or single ones. */
export interface DeferredChoice {
  /** `mail:billing`, or with the application in front of it; left out, of all. */
  readonly subscriber?: string | undefined
  readonly ids?: readonly string[] | undefined
  /** Counts and changes nothing. */
  readonly dryRun?: boolean | undefined
}

/** Where a subscriber reads again. */
export interface ReplayChoice {
  readonly subscriber: string
  /** ISO time; what was written before it is left out, and so is what is not kept any more. */
  readonly from: string
  readonly dryRun?: boolean | undefined
}

/** What an operator can do with the events of one database. */
export interface EventsAdmin {
  subscribers(): Promise<readonly SubscriberStatus[]>
  /** Events that failed, parked ones first; at most `limit`, 100 where it is left out. */
  parked(query?: {
    readonly subscriber?: string | undefined
    readonly limit?: number | undefined
  }): Promise<readonly DeferredEvent[]>
  /** Tries parked events again, with all their attempts. Answers with how many. */
  retry(choice: DeferredChoice): Promise<number>
  /** Drops parked events for their subscriber; what waited behind them goes on. Answers with how many. */
  skip(choice: DeferredChoice): Promise<number>
  /** Delivers again what is kept since a time. Answers with how many events that are, 10,000 standing for that many or more. */
  replay(choice: ReplayChoice): Promise<number>
  /** Forgets a subscriber that no process has any more, with its parked events. Answers with how many. */
  forget(choice: { readonly subscriber: string; readonly dryRun?: boolean | undefined }): Promise<number>
}

/**
 * Opens it on the database of an application.
 * @throws from each function `events-tables-missing`, `event-subscriber-unknown`, `event-time-invalid`
 */
export function openEventsAdmin(data: DataSource): EventsAdmin {
  const db = data.forModule<unknown>('footing_events')
  const query = async <Row extends object>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> => {
    const [schema] = await db.query<{ there: boolean }>("select to_regclass('footing_events.log') is not null as there")
    if (schema?.there !== true) throw eventErrors('events-tables-missing')
    return db.query<Row>(text, values)
  }
  const named = async (subscriber: string): Promise<string> => {
    const rows = await query<{ name: string; short: string }>(
      `select name, module || ':' || emitter as short from footing_events.subscriber order by name`,
    )
    const fitting = rows.filter(({ name, short }) => name === subscriber || short === subscriber)
    const [only] = fitting
    if (only !== undefined && fitting.length === 1) return only.name
    const known = rows.map(({ name }) => name)
    const meant = nearest(subscriber, known)
    const hint = fitting.length > 1 ? ' Several applications have it.' : meant ? ` Did you mean ${meant}?` : ''
    const details = { subscriber: JSON.stringify(subscriber.slice(0, 120)), hint, known: known.join(', ') || 'none' }
    throw eventErrors('event-subscriber-unknown', { details })
  }
  const change = async ({ subscriber, ids, dryRun = false }: DeferredChoice, how: string): Promise<number> => {
    const condition =
      'parked_at is not null and ($1::text is null or subscriber = $1) and ($2::text[] is null or id = any($2))'
    const values = [subscriber === undefined ? null : await named(subscriber), ids ?? null]
    const text = dryRun
      ? `select 1 from footing_events.deferred where ${condition}`
      : `${how} where ${condition} returning 1`
    return (await query(text, values)).length
  }
  return {
    async subscribers() {
      const rows = await query<StoredSubscriber>(subscribersText)
      return rows.map(({ waiting, oldest, deferred, parked, seenAt, ...row }) => ({
        ...row,
        waiting: Number(waiting),
        oldestSeconds: Number(oldest),
        deferred: Number(deferred),
        parked: Number(parked),
        seenAt: seenAt.toISOString(),
      }))
    },
    async parked({ subscriber, limit = 100 } = {}) {
      const name = subscriber === undefined ? null : await named(subscriber)
      const rows = await query<StoredDeferred>(deferredText, [name, limit])
      return rows.map(({ payload, announcedAt, nextAt, parkedAt, behind, ...row }) => ({
        ...row,
        key: row.key ?? undefined,
        code: row.code ?? undefined,
        reason: row.reason ?? undefined,
        payload: JSON.parse(payload) as unknown,
        announcedAt: new Date(Number(announcedAt)).toISOString(),
        nextAt: nextAt?.toISOString(),
        parkedAt: parkedAt?.toISOString(),
        behind: Number(behind),
      }))
    },
    retry: (choice) =>
      change(choice, 'update footing_events.deferred set parked_at = null, attempts = 0, next_at = clock_timestamp()'),
    // What waited behind it is found by the process that holds the subscriber.
    skip: (choice) => change(choice, 'delete from footing_events.deferred'),
    async replay({ subscriber, from, dryRun = false }) {
      const name = await named(subscriber)
      const at = Date.parse(from)
      if (Number.isNaN(at))
        throw eventErrors('event-time-invalid', { details: { time: JSON.stringify(from.slice(0, 40)) } })
      const values = [name, new Date(at).toISOString()]
      const [row] = await query<{ count: string }>(
        `select count(*)::text as count from (
           select from footing_events.log l join footing_events.subscriber s on s.origin = l.origin
            where s.name = $1 and s.since ? l.event and l.written_at >= $2::timestamptz limit ${lagLimit}) again`,
        values,
      )
      if (!dryRun) await query('select footing_events.replay($1, $2::timestamptz)', values)
      return Number(row?.count ?? 0)
    },
    async forget({ subscriber, dryRun = false }) {
      const name = await named(subscriber)
      const free = 'name = $1 and (lease_until is null or lease_until < clock_timestamp())'
      const text = dryRun
        ? `select 1 from footing_events.subscriber where ${free}`
        : `delete from footing_events.subscriber where ${free} returning 1`
      return (await query(text, [name])).length
    },
  }
}

interface StoredSubscriber
  extends Omit<SubscriberStatus, 'waiting' | 'oldestSeconds' | 'deferred' | 'parked' | 'seenAt'> {
  readonly waiting: string
  readonly oldest: string
  readonly deferred: string
  readonly parked: string
  readonly seenAt: Date
}

// Counted no further than anybody needs, so that a look costs the same however long a subscriber was away.
const subscribersText = `
  select s.name, s.app as application, s.module, s.emitter, s.seen_at as "seenAt",
    coalesce(s.lease_until > clock_timestamp(), false) as held, log.waiting::text,
    coalesce(extract(epoch from clock_timestamp() - log.oldest), 0)::text as oldest,
    away.deferred::text, away.parked::text
  from footing_events.subscriber s
  cross join lateral (
    select p.snapshot, p.seq from footing_events.position p where p.subscriber = s.name
    order by p.token desc, p.step desc limit 1) place
  cross join lateral (
    select count(*) as waiting, min(written_at) as oldest from (
      select l.written_at from footing_events.log l
      where l.origin = s.origin and l.seq > place.seq and s.since ? l.event
        and (l.x >= pg_snapshot_xmax(place.snapshot) or l.x = any(array(select pg_snapshot_xip(place.snapshot))))
      limit ${lagLimit}) counted) log
  cross join lateral (
    select count(*) as deferred, count(*) filter (where parked_at is not null) as parked from (
      select parked_at from footing_events.deferred where subscriber = s.name limit ${lagLimit}) counted) away
  order by s.name`

interface StoredDeferred
  extends Omit<
    DeferredEvent,
    'payload' | 'announcedAt' | 'nextAt' | 'parkedAt' | 'behind' | 'key' | 'code' | 'reason'
  > {
  readonly key: string | null
  readonly payload: string
  readonly announcedAt: string
  readonly nextAt: Date | null
  readonly parkedAt: Date | null
  readonly code: string | null
  readonly reason: string | null
  readonly behind: string
}

const deferredText = `
  select d.id, d.subscriber, split_part(d.subscriber, ':', 2) || '.' || d.event as event, d.key, d.payload,
    d.at::text as "announcedAt", d.attempts, d.next_at as "nextAt", d.parked_at as "parkedAt", d.code, d.reason,
    (select count(*) from footing_events.deferred o
      where o.subscriber = d.subscriber and o.chain = d.chain and o.seq > d.seq)::text as behind
  from footing_events.deferred d
  where d.attempts > 0 and ($1::text is null or d.subscriber = $1)
  order by d.parked_at is null, coalesce(d.parked_at, d.next_at) limit $2`
