// Every statement about the log of events, its subscribers and their positions.
import type { Database } from '../../data/contract/contract.ts'
import type { EventEnvelope, SubscriberLag } from '../contract/contract.ts'
import { lagLimit } from '../contract/contract.ts'

/** A subscriber as it is declared. */
export interface DeclaredSubscriber {
  /** Unique in the database: `shop/mail:billing`. */
  readonly name: string
  readonly app: string
  readonly module: string
  readonly emitter: string
  /** As the log writes it: `shop/billing`. */
  readonly origin: string
  readonly wants: Readonly<Record<string, 'beginning' | 'now'>>
}

/** How far a subscriber is. */
export interface Position {
  /** Everything visible here is done. */
  readonly snapshot: string
  /** Where a batch ends that is not done yet, and up to which number it is. */
  readonly upto: string | undefined
  readonly seq: string
}

/** A subscriber that this process holds. */
export interface Claim {
  readonly name: string
  readonly token: string
  readonly generation: number
  /** How often its holder was lost while it worked. */
  readonly crashes: number
  readonly origin: string
  readonly position: Position
  readonly replayFrom: string | undefined
  /** Event → snapshot of what is older than the subscription. */
  readonly since: Readonly<Record<string, string | null>>
  /** Chains that wait for a retry, or are parked. */
  readonly blocked: readonly string[]
}

/** An event as it is in the log. */
export interface LogRow {
  readonly seq: string
  readonly slot: number
  readonly id: string
  readonly event: string
  readonly key: string | null
  readonly payload: string
  readonly at: string
  readonly written_at: string
  readonly request_id: string
  readonly trace_id: string
  /** Of one that failed before. */
  readonly attempts: number
}

/** A stretch of the log. */
export interface Page {
  /** What to deliver, in the order of numbers. */
  readonly rows: readonly LogRow[]
  /** How many there were, with those that are not for this subscriber. */
  readonly read: number
  readonly after: Position
}

const rowColumns = 'seq::text, slot, id, event, key, payload, at::text, written_at::text, request_id, trace_id'

/** The log in the database that `db` reaches. */
export class EventStore {
  readonly #db: Database<Record<never, never>>

  constructor(db: Database<Record<never, never>>) {
    this.#db = db
  }

  /** The statement that adds an event, for the transaction of the caller or by itself. */
  static append(origin: string, { id, event, key, at, requestId, traceId }: EventEnvelope, payload: string) {
    return {
      text: 'select footing_events.append($1, $2, $3, $4, $5, $6, $7, $8)',
      values: [id, origin, event, key ?? null, payload, at, requestId, traceId],
    }
  }

  /** The statement that settles an event for a subscriber in a transaction. */
  static settle({ name, token }: Claim, { slot, id }: LogRow) {
    return { text: 'select footing_events.settle($1, $2, $3, $4) as outcome', values: [name, token, slot, id] }
  }

  query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.#db.query<Row>(text, values)
  }

  async exists(): Promise<boolean> {
    const [row] = await this.query<{ there: boolean }>("select to_regclass('footing_events.log') is not null as there")
    return row?.there === true
  }

  /** Puts right what a dump brought from another cluster; false where there was nothing to do. */
  async adopt(): Promise<boolean> {
    const [row] = await this.query<{ adopted: boolean }>('select footing_events.adopt() as adopted')
    return row?.adopted === true
  }

  async register({ name, app, module, emitter, origin, wants }: DeclaredSubscriber): Promise<void> {
    const values = [name, app, module, emitter, origin, JSON.stringify(wants)]
    await this.query('select footing_events.register($1, $2, $3, $4, $5, $6)', values)
  }

  /** Takes those of `names` that nobody holds. */
  async claim(names: readonly string[], holder: string, leaseMs: number): Promise<readonly Claim[]> {
    const claimed = await this.query<{ name: string; token: string; crashes: number }>(
      'select name, token::text, crashes from footing_events.claim($1, $2, $3)',
      [names, holder, leaseMs],
    )
    return Promise.all(claimed.map((one) => this.#readClaim(one)))
  }

  async #readClaim({ name, token, crashes }: { name: string; token: string; crashes: number }): Promise<Claim> {
    const [row] = await this.query<{
      origin: string
      generation: number
      since: Record<string, string | null>
      replay_from: string | null
      snapshot: string
      upto: string | null
      seq: string
      blocked: string[]
    }>(
      `select s.origin, s.generation, s.since, s.replay_from::text, p.snapshot::text, p.upto::text, p.seq::text,
              array(select distinct d.chain from footing_events.deferred d where d.subscriber = s.name) as blocked
         from footing_events.subscriber s
         cross join lateral (select * from footing_events.position p where p.subscriber = s.name
                             order by p.token desc, p.step desc limit 1) p
        where s.name = $1`,
      [name],
    )
    if (row === undefined) throw new Error(`The subscriber ${name} was forgotten while it was claimed.`)
    const { origin, generation, since, blocked } = row
    const position = { snapshot: row.snapshot, upto: row.upto ?? undefined, seq: row.seq }
    return {
      name,
      token,
      crashes,
      origin,
      generation,
      since,
      blocked,
      position,
      replayFrom: row.replay_from ?? undefined,
    }
  }

  /** Keeps what is held; answers with those that still are. */
  async renew(claims: readonly Claim[], holder: string, leaseMs: number): Promise<ReadonlySet<string>> {
    const rows = await this.query<{ name: string }>(
      `update footing_events.subscriber s
          set lease_until = clock_timestamp() + $4 * interval '1 ms', seen_at = clock_timestamp()
         from unnest($1::text[], $2::bigint[]) held (name, token)
        where s.name = held.name and s.token = held.token and s.holder = $3
        returning s.name`,
      [claims.map(({ name }) => name), claims.map(({ token }) => token), holder, leaseMs],
    )
    return new Set(rows.map(({ name }) => name))
  }

  async release({ name, token }: Claim): Promise<void> {
    await this.query(
      `update footing_events.subscriber set holder = null, lease_until = null, crashes = 0 where name = $1 and token = $2`,
      [name, token],
    )
  }

  /** Says that all went well again after a holder was lost. */
  async calm({ name, token }: Claim): Promise<void> {
    await this.query('update footing_events.subscriber set crashes = 0 where name = $1 and token = $2', [name, token])
  }

  /** Which of these have something new. One statement for all, because it is asked again and again. */
  async news(
    places: readonly { readonly name: string; readonly origin: string; readonly snapshot: string }[],
  ): Promise<ReadonlySet<string>> {
    const rows = await this.query<{ name: string }>(
      `select p.name from unnest($1::text[], $2::text[], $3::text[]) p (name, origin, snapshot)
        where exists (select from footing_events.log l
                       where l.origin = p.origin and l.x >= pg_snapshot_xmax(p.snapshot::pg_snapshot))
           or exists (select from footing_events.log l
                       where l.origin = p.origin and l.x = any(array(select pg_snapshot_xip(p.snapshot::pg_snapshot))))`,
      [places.map(({ name }) => name), places.map(({ origin }) => origin), places.map(({ snapshot }) => snapshot)],
    )
    return new Set(rows.map(({ name }) => name))
  }

  /**
   * Reads on from a position: what is visible now, or in the snapshot that ends the batch, and was not visible in the one that
   * begins it. `events` are those that the subscriber hears; `resumed` leaves out what an earlier holder has handled.
   */
  async read(
    { name, origin, since, generation, replayFrom }: Claim,
    from: Position,
    events: readonly string[],
    limit: number,
    resumed: boolean,
  ): Promise<Page> {
    const heard = Object.fromEntries(events.map((event) => [event, since[event] ?? null]))
    const rows = await this.query<LogRow & { upto: string; id: string | null; skipped: boolean }>(
      `with batch as (
         select coalesce($3::pg_snapshot, pg_current_snapshot()) as upto, $2::pg_snapshot as since
       )
       select batch.upto::text as upto, e.* from batch left join lateral (
         select ${rowColumns}, 0 as attempts, skipped from (
           select l.*,
             not ($6::jsonb ? l.event)
             or coalesce(pg_visible_in_snapshot(l.x, ($6::jsonb ->> l.event)::pg_snapshot), false)
             or coalesce(l.written_at < $7::timestamptz, false)
             or ($8 and exists (select from footing_events.handled h
                                 where h.subscriber = $9 and h.id = l.id and h.generation = $10)) as skipped
           from (
             select * from footing_events.log where origin = $1 and x >= pg_snapshot_xmax($2::pg_snapshot)
             union all
             select * from footing_events.log where origin = $1 and x = any(array(select pg_snapshot_xip($2::pg_snapshot)))
           ) l
           where l.seq > $4 and pg_visible_in_snapshot(l.x, batch.upto)
           order by l.seq limit $5
         ) l order by l.seq
       ) e on true`,
      [
        origin,
        from.snapshot,
        from.upto ?? null,
        from.seq,
        limit,
        JSON.stringify(heard),
        replayFrom ?? null,
        resumed,
        name,
        generation,
      ],
    )
    const upto = rows[0]?.upto ?? from.snapshot
    const found = rows.filter(({ id }) => id !== null)
    const last = found.at(-1)
    const after =
      last === undefined || found.length < limit
        ? { snapshot: upto, upto: undefined, seq: '0' }
        : { snapshot: from.snapshot, upto, seq: last.seq }
    return { rows: found.filter(({ skipped }) => !skipped), read: found.length, after }
  }

  async save({ name, token }: Claim, step: number, { snapshot, upto, seq }: Position): Promise<void> {
    await this.query(
      `insert into footing_events.position (slot, subscriber, token, step, snapshot, upto, seq)
       select slot, $1, $2, $3, $4, $5, $6 from footing_events.head`,
      [name, token, step, snapshot, upto ?? null, seq],
    )
  }

  /** Notes what was handled although the position has not passed it, for the next holder. */
  async giveBack({ name, generation }: Claim, rows: readonly LogRow[]): Promise<void> {
    await this.query(
      `insert into footing_events.handled (slot, subscriber, id, generation)
       select slot, $1, id, $2 from unnest($3::smallint[], $4::text[]) done (slot, id) on conflict do nothing`,
      [name, generation, rows.map(({ slot }) => slot), rows.map(({ id }) => id)],
    )
  }

  /** Sets an event aside: to be tried again after `waitMs`, or behind the one that blocks its chain. */
  async defer(
    { name }: Claim,
    row: LogRow,
    chain: string,
    outcome: {
      readonly attempts: number
      readonly waitMs: number | undefined
      readonly code?: string
      readonly reason?: string
    },
  ): Promise<void> {
    const { seq, slot, id, event, key, payload, at, written_at, request_id, trace_id } = row
    await this.query(
      `insert into footing_events.deferred as d
         (subscriber, seq, slot, id, event, key, chain, payload, at, written_at, request_id, trace_id,
          attempts, next_at, code, reason)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, clock_timestamp() + $14 * interval '1 ms', $15, $16)
       on conflict (subscriber, seq) do update set
         attempts = excluded.attempts, next_at = excluded.next_at, code = excluded.code, reason = excluded.reason
         where excluded.attempts > 0`,
      [
        name,
        seq,
        slot,
        id,
        event,
        key,
        chain,
        payload,
        at,
        written_at,
        request_id,
        trace_id,
        outcome.attempts,
        outcome.waitMs ?? null,
        outcome.code ?? null,
        outcome.reason ?? null,
      ],
    )
  }

  /** Sets an event aside for good, until somebody looks at it. */
  async park({ name }: Claim, { seq }: LogRow): Promise<void> {
    await this.query(
      `update footing_events.deferred set next_at = null, parked_at = clock_timestamp() where subscriber = $1 and seq = $2`,
      [name, seq],
    )
  }

  /** A deferred event is done: its next one of the chain is due. True when the chain has no more. */
  async resolve({ name }: Claim, { seq }: LogRow, chain: string): Promise<boolean> {
    const [row] = await this.query<{ left: boolean }>(
      `with done as (delete from footing_events.deferred where subscriber = $1 and seq = $2),
       following as (
         update footing_events.deferred set next_at = clock_timestamp()
          where subscriber = $1 and seq = (select min(seq) from footing_events.deferred
                                            where subscriber = $1 and chain = $3 and seq <> $2)
          returning 1)
       select exists (select from following) as left`,
      [name, seq, chain],
    )
    return row?.left !== true
  }

  /** Deferred events whose time has come. Chains whose first one somebody took away go on too. */
  async due({ name }: Claim): Promise<readonly LogRow[]> {
    await this.query(
      `update footing_events.deferred d set next_at = clock_timestamp()
        where subscriber = $1 and next_at is null and parked_at is null
          and not exists (select from footing_events.deferred o
                           where o.subscriber = $1 and o.chain = d.chain and o.seq < d.seq)`,
      [name],
    )
    return this.query<LogRow>(
      `select ${rowColumns}, attempts from footing_events.deferred
        where subscriber = $1 and next_at <= clock_timestamp() order by next_at limit 100`,
      [name],
    )
  }

  /** Which of these have events that wait for another attempt, or behind one. */
  async withDeferred(names: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.query<{ name: string }>(
      `select name from unnest($1::text[]) s (name)
        where exists (select from footing_events.deferred d where d.subscriber = s.name and d.parked_at is null)`,
      [names],
    )
    return new Set(rows.map(({ name }) => name))
  }

  /** Wins room, and forgets subscribers that nobody declares any more; answers with their names. */
  async rotate(everyMs: number, keepMs: number, forgetMs: number): Promise<readonly string[]> {
    return this.#db.transaction(
      async (tx) => {
        const [row] = await tx.query<{ forgotten: string[] }>('select footing_events.rotate($1, $2, $3) as forgotten', [
          everyMs,
          keepMs,
          forgetMs,
        ])
        return row?.forgotten ?? []
      },
      { isolation: 'read committed' },
    )
  }

  async lags(names: readonly string[]): Promise<readonly SubscriberLag[]> {
    const rows = await this.query<{ subscriber: string; waiting: string; oldest: string; parked: string }>(
      `select s.module || ':' || s.emitter as subscriber, n.waiting::text,
              coalesce(extract(epoch from clock_timestamp() - n.oldest), 0)::text as oldest,
              (select count(*) from footing_events.deferred d where d.subscriber = s.name and d.parked_at is not null)::text as parked
         from footing_events.subscriber s
         cross join lateral (select * from footing_events.position p where p.subscriber = s.name
                             order by p.token desc, p.step desc limit 1) p
         cross join lateral (
           select count(*) as waiting, min(written_at) as oldest from (
             select written_at from footing_events.log l
              where l.origin = s.origin and l.seq > p.seq and s.since ? l.event
                and (l.x >= pg_snapshot_xmax(p.snapshot) or l.x = any(array(select pg_snapshot_xip(p.snapshot))))
              limit ${lagLimit}) new_ones) n
        where s.name = any($1)`,
      [names],
    )
    return rows.map(({ subscriber, waiting, oldest, parked }) => ({
      subscriber,
      waiting: Number(waiting),
      oldestSeconds: Number(oldest),
      parked: Number(parked),
    }))
  }
}
