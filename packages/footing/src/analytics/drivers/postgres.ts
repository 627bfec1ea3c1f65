// Events in PostgreSQL: the default store. Every batch is one statement, through a pooler as well as without one.
import type { DataSource, Transaction } from '../../data/contract/contract.ts'
import type {
  AnalyticsDriver,
  AnalyticsGuarantees,
  Batch,
  DriverAggregate,
  DriverFilter,
  DriverQuery,
  DriverRow,
  EventRow,
  EventType,
  UserPage,
  UserRow,
} from '../contract/contract.ts'
import { analyticsError } from '../contract/errors.ts'
import type { PartUnit } from '../contract/part-period.ts'
import {
  analyticsSchema,
  columnsOf,
  ensureParts,
  ensureSchema,
  maintainSchema,
  partsOf,
  tableOf,
} from './postgres-schema.ts'

/** What the driver works with. */
export interface PostgresAnalyticsOptions {
  readonly data: DataSource
  readonly part: PartUnit
  readonly now: () => number
  /** True where `data` is the database of the application, so that an event can be a part of its transactions. */
  readonly shared: boolean
  /** Called when the facade is closed: ends a data source that was opened for it alone. */
  readonly close: () => Promise<void>
}

/** What the driver guarantees; `shared` as in its options. */
export function postgresGuarantees(shared: boolean): AnalyticsGuarantees {
  return {
    durable: true,
    transactional: shared,
    atomicBatches: true,
    deduplicated: 'for-a-day',
    exactQuantiles: true,
    exactUniques: true,
  }
}

/** Opens the driver; nothing is asked yet. */
export function postgresAnalytics({ data, part, now, shared, close }: PostgresAnalyticsOptions): AnalyticsDriver {
  // Not a module of the application: its rights are those of the connecting user.
  const db = data.forModule<unknown>('footing')
  const known = new Set<string>()
  const withParts = async (event: EventType, times: Iterable<number>, timeoutMs?: number): Promise<void> => {
    const unknown = partsOf(part, times).filter(({ name }) => !known.has(`${event.name} ${name}`))
    if (unknown.length === 0) return
    await ensureParts(db, event, unknown, timeoutMs)
    for (const { name } of unknown) known.add(`${event.name} ${name}`)
  }
  return {
    guarantees: postgresGuarantees(shared),
    prepare: (events) => ensureSchema(db, events, part, now()),
    async insert(batch, timeoutMs) {
      await withParts(batch.event, timesOf(batch.rows), timeoutMs)
      const { text, values } = batchInsert(batch)
      try {
        await db.transaction((tx) => tx.query(text, values), { timeoutMs })
      } catch (error) {
        // Another process may have dropped a part; the next attempt looks again.
        known.clear()
        throw error
      }
    },
    async insertWithin(tx, event, row) {
      // On a connection of its own, and only for the first event of a part: the transaction holds no lock for it.
      await withParts(event, [row.at])
      const { text, values } = rowsInsert(event, [row])
      await tx.query(text, values)
    },
    async query(query) {
      const { text, values } = selectOf(query)
      const { timeoutMs, edges } = query
      const rows = await db
        .transaction((tx: Transaction<unknown>) => tx.query<Answered>(text, values), { readOnly: true, timeoutMs })
        .catch((error: unknown) => {
          if (!isTimeout(error)) throw error
          throw analyticsError('analytics-timeout', { operation: 'query', timeoutMs }, error)
        })
      return rows.map(({ bucket, groups, numbers }): DriverRow => {
        return { bucket: bucket === null ? undefined : edges?.[bucket - 1], by: groups, values: numbers }
      })
    },
    eventsOf: (event, user, page) => userRows(db, event, user, page),
    async eraseUser(event, user, how) {
      const rows = await db.query(eraseOf(event, how), [user])
      return rows.length
    },
    async countUser(event, user) {
      const [row] = await db.query<{ count: number }>(
        `select count(*)::int as count from ${tableOf(event)} where user_id = $1`,
        [user],
      )
      return row?.count ?? 0
    },
    ping: async () => void (await data.ping()),
    async maintain(events, plan) {
      const report = await maintainSchema(db, events, part, plan)
      if (report.dropped > 0) known.clear()
      return report
    },
    close,
  }
}

const erasedAtOnce = 5000

// Rows of a divided table are named by part and place.
function eraseOf(event: EventType, how: EventType['erase']): string {
  const table = tableOf(event)
  const chosen = `(select tableoid as part, ctid as place from ${table} where user_id = $1 limit ${erasedAtOnce}) chosen`
  const same = 'e.tableoid = chosen.part and e.ctid = chosen.place'
  return how === 'delete'
    ? `delete from ${table} e using ${chosen} where ${same} returning 1`
    : `update ${table} e set user_id = null from ${chosen} where ${same} returning 1`
}

async function userRows(
  db: Pick<Transaction<unknown>, 'query'>,
  event: EventType,
  user: string,
  { at, skip, limit }: UserPage,
): Promise<readonly UserRow[]> {
  const dimensions = Object.keys(event.dimensions).map((name) => `"d_${name}"`)
  const measures = Object.keys(event.measures).map((name) => `"m_${name}"`)
  const texts = (names: readonly string[]) => `array[${names.map((name) => `${name}::text`).join(', ')}]::text[]`
  const rows = await db.query<UserRow>(
    `select (extract(epoch from at) * 1000)::float8 as at, ${texts(dimensions)} as dimensions, ${texts(measures)} as measures
     from ${tableOf(event)} e where user_id = $1 and e.at >= timestamptz 'epoch' + $2::bigint * interval '1 millisecond'
     order by ${['e.at', ...dimensions, ...measures].join(', ')} offset $3 limit $4`,
    [user, at, skip, limit],
  )
  return rows.map((row) => ({ ...row, at: Math.round(row.at) }))
}

interface Answered {
  /** From 1. */
  readonly bucket: number | null
  readonly groups: readonly (string | null)[]
  readonly numbers: readonly (string | null)[]
}

interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

// The token and the rows are one statement: of two attempts at once the second waits for the first, and then adds nothing.
function batchInsert({ token, event, rows }: Batch): Statement {
  const { text, values } = rowsInsert(event, rows, 1)
  return {
    text: `with fresh as (insert into ${analyticsSchema}.batch (token) values ($1::uuid) on conflict (token) do nothing returning 1)
${text} where exists (select from fresh)`,
    values: [token, ...values],
  }
}

function rowsInsert(event: EventType, rows: readonly EventRow[], parametersBefore = 0): Statement {
  const columns = columnsOf(event)
  const names = ['user_id', ...columns.map(({ name }) => `"${name}"`)]
  const types = ['bigint', 'text', ...columns.map(({ type }) => type)]
  const parameters = types.map((type, index) => `$${parametersBefore + index + 1}::${type}[]`)
  const dimensions = Object.keys(event.dimensions).map((_name, index) => rows.map((row) => row.dimensions[index]))
  const measures = Object.keys(event.measures).map((_name, index) => rows.map((row) => row.measures[index]))
  return {
    text: `insert into ${tableOf(event)} (at, ${names.join(', ')})
select timestamptz 'epoch' + r.at * interval '1 millisecond', ${names.map((name) => `r.${name}`).join(', ')}
from unnest(${parameters.join(', ')}) as r(at, ${names.join(', ')})`,
    values: [rows.map(({ at }) => at), rows.map(({ user }) => user), ...dimensions, ...measures],
  }
}

function selectOf({ event, from, to, edges, by, where, aggregates, limit }: DriverQuery): Statement {
  const values: unknown[] = []
  const parameter = (value: unknown, type: string): string => `$${values.push(value)}::${type}`
  const time = (at: number): string => new Date(at).toISOString()
  const conditions = [
    `at >= ${parameter(time(from), 'timestamptz')}`,
    `at < ${parameter(time(to), 'timestamptz')}`,
    ...where.map((filter) => conditionOf(event, filter, parameter)),
  ]
  const bucket = edges === undefined ? 'null::int' : `width_bucket(at, ${parameter(edges.map(time), 'timestamptz[]')})`
  const groups = by.map((name) => `"d_${name}"`)
  const numbers = aggregates.map((aggregate) => `(${numberOf(aggregate, parameter)})::text`)
  // Columns of the question and not their values: the same text is planned once.
  const keys = [...(edges === undefined ? [] : ['1']), ...groups]
  return {
    text: `select ${bucket} as bucket, array[${groups.map((name) => `${name}::text`).join(', ')}]::text[] as groups,
  array[${numbers.join(', ')}]::text[] as numbers
from ${tableOf(event)} where ${conditions.join(' and ')}
${keys.length === 0 ? '' : `group by ${keys.join(', ')}`} limit ${limit}`,
    values,
  }
}

function conditionOf(
  event: EventType,
  { dimension, values, orNull }: DriverFilter,
  parameter: (value: unknown, type: string) => string,
): string {
  const type = { text: 'text', int: 'bigint', boolean: 'boolean' }[event.dimensions[dimension] ?? 'text']
  const among = `"d_${dimension}" = any(${parameter(values, `${type}[]`)})`
  return orNull ? `(${among} or "d_${dimension}" is null)` : among
}

function numberOf(aggregate: DriverAggregate, parameter: (value: unknown, type: string) => string): string {
  switch (aggregate.kind) {
    case 'count':
      return 'count(*)'
    case 'present':
      return `count("m_${aggregate.measure}")`
    case 'sum':
      return `sum("m_${aggregate.measure}")`
    case 'quantile': {
      const share = parameter(aggregate.at, 'double precision')
      return `percentile_cont(${share}) within group (order by "m_${aggregate.measure}")`
    }
    case 'unique':
      return `count(distinct ${aggregate.dimension === undefined ? 'user_id' : `"d_${aggregate.dimension}"`})`
  }
}

function* timesOf(rows: readonly EventRow[]): Generator<number> {
  for (const { at } of rows) yield at
}

function isTimeout(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'data-timeout'
}
