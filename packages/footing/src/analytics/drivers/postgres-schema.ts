// Tables of events in PostgreSQL: one for each event type, divided by time. Everything here may run again and at once.
import type { Database, Transaction } from '../../data/contract/contract.ts'
import type { EventType, MaintenanceReport, PartPlan } from '../contract/contract.ts'
import { analyticsError } from '../contract/errors.ts'
import { type Part, type PartUnit, partNamed, partOf, partsAhead } from '../contract/part-period.ts'

/** Schema of all event tables. */
export const analyticsSchema = 'footing_analytics'

const columnTypes = { text: 'text', int: 'bigint', float: 'double precision', boolean: 'boolean' } as const
/** Parts made ahead: three days or months pass before a process that makes none is missed. */
const ahead = 3
/** Short, because whoever waits for a table holds up everybody behind. */
const lockTimeoutMs = 500

/** A column of an event table. Names are those of declarations, which `defineEvent` has checked. */
export interface EventColumn {
  readonly name: string
  readonly type: string
}

/** Columns of declared names, dimensions first. */
export function columnsOf({ dimensions, measures }: EventType): readonly EventColumn[] {
  return [
    ...Object.entries(dimensions).map(([name, type]) => ({ name: `d_${name}`, type: columnTypes[type] })),
    ...Object.entries(measures).map(([name, type]) => ({ name: `m_${name}`, type: columnTypes[type] })),
  ]
}

/** The table of an event with its schema. */
export function tableOf({ name }: EventType): string {
  return `${analyticsSchema}.event_${name}`
}

/**
 * Creates what is missing and compares what is there.
 * @throws `analytics-schema-differs`
 */
export async function ensureSchema(
  db: Database<unknown>,
  events: readonly EventType[],
  unit: PartUnit,
  now: number,
): Promise<void> {
  if ((await missing(db, events, unit)).length === 0) return
  await db.transaction(async (tx) => {
    await oneAtATime(tx)
    await tx.query(`create schema if not exists ${analyticsSchema}`)
    await tx.query(
      `create table if not exists ${analyticsSchema}.batch (
         token uuid primary key, stored_at timestamptz not null default clock_timestamp())`,
    )
    // Any role may add an event in its own transaction; none but the owner reads or changes one.
    await tx.query(`grant usage on schema ${analyticsSchema} to public`)
    for (const event of await missing(tx, events, unit)) {
      const columns = columnsOf(event)
      const table = tableOf(event)
      await tx.query(
        `create table if not exists ${table} (at timestamptz not null, user_id text) partition by range (at)`,
      )
      for (const { name, type } of columns) {
        await tx.query(`alter table ${table} add column if not exists "${name}" ${type}`)
      }
      // Events come in the order of time, so that the block ranges of a small index tell them apart.
      await tx.query(
        `create index if not exists event_${event.name}_at on ${table} using brin (at) with (pages_per_range = 32)`,
      )
      await tx.query(`comment on table ${table} is 'Events; one part for each ${unit}; written by footing only'`)
      await tx.query(`grant insert on ${table} to public`)
      for (const part of partsAhead(unit, now, ahead)) await createPart(tx, event, part)
    }
  })
}

/** Creates the parts that hold these times where they are absent; each step takes at most `timeoutMs`. */
export async function ensureParts(
  db: Database<unknown>,
  event: EventType,
  parts: readonly Part[],
  timeoutMs: number | undefined,
): Promise<void> {
  const names = parts.map((part) => partTable(event, part))
  const limit = timeoutMs === undefined ? {} : { timeoutMs }
  const look = (tx: Transaction<unknown>) =>
    tx.query<{ name: string }>(
      'select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace ' +
        'where n.nspname = $1 and c.relname = any($2::text[]) and c.relispartition',
      [analyticsSchema, names],
    )
  const there = await db.transaction(look, limit)
  const known = new Set(there.map(({ name }) => name))
  const absent = parts.filter((part) => !known.has(partTable(event, part)))
  if (absent.length === 0) return
  await db.transaction(async (tx) => {
    await oneAtATime(tx)
    for (const part of absent) await createPart(tx, event, part)
  }, limit)
}

/** Makes parts ahead, drops those that are too old, and forgets old tokens. */
export async function maintainSchema(
  db: Database<unknown>,
  events: readonly EventType[],
  unit: PartUnit,
  { now, keepFrom }: PartPlan,
): Promise<MaintenanceReport> {
  let [created, dropped, postponed] = [0, 0, false]
  await db.query(`delete from ${analyticsSchema}.batch where stored_at < clock_timestamp() - interval '1 day'`)
  for (const event of events) {
    // Apart from each other: a part that cannot be dropped yet does not keep new ones from being made.
    const steps = [
      async (tx: Transaction<unknown>) => {
        for (const part of partsAhead(unit, now, ahead)) if (await createPart(tx, event, part)) created += 1
      },
      async (tx: Transaction<unknown>) => {
        dropped += await dropParts(tx, event, unit, keepFrom)
      },
    ]
    for (const step of steps) {
      try {
        await db.transaction(
          async (tx) => {
            if (await isFree(tx)) await step(tx)
            else postponed = true
          },
          { lockTimeoutMs },
        )
      } catch (error) {
        // A long query holds a part. The others are not held up, and the next run comes back to this one.
        if (!isLockTimeout(error)) throw error
        postponed = true
      }
    }
  }
  return { created, dropped, postponed }
}

async function dropParts(
  tx: Transaction<unknown>,
  event: EventType,
  unit: PartUnit,
  keepFrom: number,
): Promise<number> {
  const prefix = `part_${event.name}_`
  const parts = await tx.query<{ name: string }>(
    'select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = $1::regclass',
    [tableOf(event)],
  )
  const old = parts.filter(({ name }) => {
    const part = name.startsWith(prefix) ? partNamed(unit, name.slice(prefix.length)) : undefined
    return part !== undefined && part.to <= keepFrom
  })
  for (const { name } of old) await tx.query(`drop table ${analyticsSchema}."${name}"`)
  return old.length
}

async function isFree(tx: Transaction<unknown>): Promise<boolean> {
  const [lock] = await tx.query<{ taken: boolean }>(
    `select pg_try_advisory_xact_lock(hashtext('${analyticsSchema}')) as taken`,
  )
  return lock?.taken === true
}

// Made beside the table and then attached: unlike "partition of", that holds up neither inserts nor queries.
async function createPart(tx: Transaction<unknown>, event: EventType, part: Part): Promise<boolean> {
  const name = `${analyticsSchema}."${partTable(event, part)}"`
  const there = await tx.query<{ attached: boolean | null }>(
    'select c.relispartition as attached from pg_class c where c.oid = to_regclass($1)',
    [name],
  )
  if (there[0]?.attached === true) return false
  await tx.query(`create table if not exists ${name} (like ${tableOf(event)} including defaults)`)
  const [from, to] = [new Date(part.from).toISOString(), new Date(part.to).toISOString()]
  await tx.query(`alter table ${tableOf(event)} attach partition ${name} for values from ('${from}') to ('${to}')`)
  return true
}

/** The part of each of these times, each once. */
export function partsOf(unit: PartUnit, times: Iterable<number>): readonly Part[] {
  const parts = new Map<string, Part>()
  let last: Part | undefined
  for (const at of times) {
    // Most events are in the part of the one before.
    if (last !== undefined && at >= last.from && at < last.to) continue
    last = partOf(unit, at)
    parts.set(last.name, last)
  }
  return [...parts.values()]
}

function partTable(event: EventType, part: Part): string {
  return `part_${event.name}_${part.name}`
}

async function oneAtATime(tx: Transaction<unknown>): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtext('${analyticsSchema}'))`)
}

async function missing(
  queries: Pick<Database<unknown>, 'query'>,
  events: readonly EventType[],
  unit: PartUnit,
): Promise<readonly EventType[]> {
  const found = await queries.query<{ table: string; name: string; type: string; comment: string | null }>(
    `select c.relname as "table", a.attname as name, format_type(a.atttypid, null) as type,
            obj_description(c.oid, 'pg_class') as comment
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where n.nspname = $1 and c.relname = any($2::text[])`,
    [analyticsSchema, events.map(({ name }) => `event_${name}`)],
  )
  return events.filter((event) => {
    const columns = new Map<string, string>()
    for (const { table, name, type, comment } of found) {
      if (table !== `event_${event.name}`) continue
      columns.set(name, type)
      if (comment !== null && !comment.includes(`for each ${unit};`)) {
        throw differs(event, `its parts are not of a ${unit} each, as the option "part" says.`)
      }
    }
    let complete = columns.has('at')
    for (const { name, type } of columnsOf(event)) {
      const there = columns.get(name)
      if (there === undefined) complete = false
      else if (there !== type) throw differs(event, `${name.slice(2)} is kept as ${there} and not as ${type}.`)
    }
    return !complete
  })
}

function differs(event: EventType, reason: string) {
  return analyticsError('analytics-schema-differs', { event: event.name, reason })
}

function isLockTimeout(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'data-lock-timeout'
}
