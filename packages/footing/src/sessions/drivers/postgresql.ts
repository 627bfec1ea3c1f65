// Sessions in PostgreSQL: one row each, one statement a request; written when it is used, at most once a minute.
import type { Database } from '../../data/contract/contract.ts'
import type { Session, SessionStore } from '../contract/contract.ts'

/** Schema of the table. */
export const sessionsSchema = 'footing_sessions'

interface Row {
  readonly id: string
  readonly user_id: string
  readonly about: string
  readonly created_at: Date
  readonly seen_at: Date
  readonly ends_at: Date
}

const columns = 'id, user_id, about, created_at, seen_at, ends_at'
// An end is a deleted row: no write that comes late can bring it back, because every write is an update of a row that lives.
const lives = `idle_until > clock_timestamp() and ends_at > clock_timestamp()
  and (replaced_until is null or replaced_until > clock_timestamp())`

/** Keeps sessions in the schema `footing_sessions` of this database. */
export function postgresqlSessions(database: Pick<Database<unknown>, 'query'>): SessionStore {
  const one = async (text: string, values: readonly unknown[]) => {
    const [row] = await database.query<Row>(text, values)
    return row === undefined ? undefined : sessionOf(row)
  }
  return {
    name: 'postgresql',
    async add({ digest, id, user, about, idleMs, absoluteMs }) {
      const added = await one(
        `insert into footing_sessions.session (digest, id, user_id, about, idle_until, ends_at)
         values ($1, $2, $3, $4, clock_timestamp() + $5::float8 * interval '1 ms', clock_timestamp() + $6::float8 * interval '1 ms')
         returning ${columns}`,
        [digest, id, user, about, idleMs, absoluteMs],
      )
      return added as Session // an insert returns its row
    },
    // One statement: the update sees the row before, so that a use within the last minute writes nothing.
    find: (digest, idleMs) =>
      one(
        `with touched as (
           update footing_sessions.session set seen_at = clock_timestamp(),
             idle_until = clock_timestamp() + $2::float8 * interval '1 ms'
            where digest = $1 and ${lives} and seen_at < clock_timestamp() - least(interval '1 minute', $2::float8 / 4 * interval '1 ms')
        ) select ${columns} from footing_sessions.session where digest = $1 and ${lives}`,
        [digest, idleMs],
      ),
    rotate: (digest, next, graceMs) =>
      one(
        `with old as (
           update footing_sessions.session set replaced_until = clock_timestamp() + $3::float8 * interval '1 ms'
            where digest = $1 and replaced_until is null and ${lives} returning *
         ) insert into footing_sessions.session (digest, id, user_id, about, created_at, idle_until, ends_at)
           select $2, id, user_id, about, created_at, idle_until, ends_at from old returning ${columns}`,
        [digest, next, graceMs],
      ),
    async end(digest) {
      // With it go the tokens that it had before.
      await database.query(
        `delete from footing_sessions.session where id in (select id from footing_sessions.session where digest = $1)`,
        [digest],
      )
    },
    async list(user) {
      const rows = await database.query<Row>(
        `select ${columns} from footing_sessions.session
          where user_id = $1 and ${lives} and replaced_until is null order by created_at desc, id limit 1000`,
        [user],
      )
      return rows.map(sessionOf)
    },
    async endOf(user, ids, except) {
      const rows = await database.query<{ ended: number }>(
        `with gone as (
           delete from footing_sessions.session where user_id = $1 and ($2::text[] is null or id::text = any ($2))
             and id not in (select id from footing_sessions.session where digest = $3) returning id, ${lives} as lived
         ) select count(distinct id) filter (where lived)::int as ended from gone`,
        [user, ids ?? null, except ?? ''],
      )
      return rows[0]?.ended ?? 0
    },
    async sweep() {
      const rows = await database.query<{ swept: number }>(
        `with gone as (
           delete from footing_sessions.session where digest in (
             select digest from footing_sessions.session
              where not (${lives}) limit 5000 for update skip locked
           ) returning 1
         ) select count(*)::int as swept from gone`,
      )
      return rows[0]?.swept ?? 0
    },
  }
}

function sessionOf({ id, user_id: user, about, created_at, seen_at, ends_at }: Row): Session {
  return { id, user, about, createdAt: created_at, seenAt: seen_at, endsAt: ends_at }
}
