// Events in ClickHouse, over its HTTP interface: no client library is needed for inserts and one kind of question.
import type {
  AnalyticsDriver,
  AnalyticsGuarantees,
  Batch,
  DimensionValue,
  DriverAggregate,
  DriverFilter,
  DriverQuery,
  DriverRow,
  EventType,
  MaintenanceReport,
  PartPlan,
  UserPage,
  UserRow,
} from '../contract/contract.ts'
import { analyticsError } from '../contract/errors.ts'
import { type PartUnit, partNamed } from '../contract/part-period.ts'
import { type ClickhouseStatement, sendToClickhouse } from './clickhouse-http.ts'
import type { ClickhouseTarget } from './clickhouse-target.ts'

type Send = (operation: string, text: string, timeoutMs?: number) => Promise<readonly string[]>

const dimensionTypes = {
  text: 'LowCardinality(Nullable(String))',
  int: 'Nullable(Int64)',
  boolean: 'Nullable(Bool)',
} as const
const measureTypes = { int: 'Nullable(Int64)', float: 'Nullable(Float64)' } as const
const partKeys = { month: 'toYYYYMM(at)', day: 'toYYYYMMDD(at)' } as const

/** What the driver guarantees. */
export const clickhouseGuarantees: AnalyticsGuarantees = {
  // By default the server leaves it to the operating system when a file reaches the disk.
  durable: false,
  transactional: false,
  // The rows of each part appear for themselves.
  atomicBatches: false,
  deduplicated: 'last-10000-batches',
  exactQuantiles: true,
  exactUniques: true,
}

/** Opens the driver; nothing is asked yet. */
export function clickhouseAnalytics(target: ClickhouseTarget, part: PartUnit): AnalyticsDriver {
  const { database } = target
  const send: Send = (operation, text, timeoutMs = 30_000) => {
    const statement: ClickhouseStatement = { operation, text, timeoutMs }
    return sendToClickhouse(target, statement)
  }
  return {
    guarantees: clickhouseGuarantees,
    async prepare(events) {
      if ((await missing(send, database, events, part)).length === 0) return
      await send('create', `create database if not exists \`${database}\``)
      for (const event of await missing(send, database, events, part)) await createTable(send, database, event, part)
    },
    async insert(batch, timeoutMs) {
      await send('insert', insertOf(database, batch, timeoutMs), timeoutMs)
    },
    async query(query) {
      const lines = await send('query', selectOf(database, query), query.timeoutMs)
      return lines.map(readRow)
    },
    async eventsOf(event, user, page) {
      const lines = await send('export', userRowsOf(database, event, user, page))
      // The form is that of this select, which nobody else writes.
      return lines.map((line) => JSON.parse(line) as UserRow)
    },
    async eraseUser(event, user, how) {
      const count = await countOf(send, database, event, user)
      if (count === 0) return 0
      // Rewrites every part that has the user in it, and answers when that is done.
      const change = how === 'delete' ? 'delete' : 'update user_id = null'
      const statement = `alter table ${tableOf(database, event)} ${change} where user_id = ${literal(user)} settings mutations_sync = 2`
      await send('erase', statement, mutationMs)
      return count
    },
    countUser: (event, user) => countOf(send, database, event, user),
    async ping() {
      await send('ping', 'select 1', 5000)
    },
    maintain: (events, plan) => dropOldParts(send, database, events, part, plan),
    close: async () => undefined,
  }
}

function columnsOf({ dimensions, measures }: EventType): readonly (readonly [name: string, type: string])[] {
  return [
    ['user_id', 'Nullable(String)'],
    ...Object.entries(dimensions).map(([name, type]) => [`d_${name}`, dimensionTypes[type]] as const),
    ...Object.entries(measures).map(([name, type]) => [`m_${name}`, measureTypes[type]] as const),
  ]
}

async function createTable(send: Send, database: string, event: EventType, part: PartUnit): Promise<void> {
  const table = tableOf(database, event)
  const columns = columnsOf(event).map(([name, type]) => `\`${name}\` ${type}`)
  // Without the window a plain table forgets tokens at once. Replicated tables have one of their own.
  await send(
    'create',
    `create table if not exists ${table} (at DateTime64(3, 'UTC'), ${columns.join(', ')}) engine = MergeTree
partition by ${partKeys[part]} order by at settings non_replicated_deduplication_window = 10000`,
  )
  for (const column of columns) await send('create', `alter table ${table} add column if not exists ${column}`)
}

// Only what is missing is created, so that a user without the right to create can work with tables that are there.
async function missing(
  send: Send,
  database: string,
  events: readonly EventType[],
  part: PartUnit,
): Promise<readonly EventType[]> {
  const lines = await send(
    'look up',
    `select c.table as table, c.name as name, c.type as type, t.partition_key as key
from system.columns c join system.tables t on t.database = c.database and t.name = c.table
where c.database = ${literal(database)} and c.table in (${events.map(({ name }) => literal(`event_${name}`)).join(', ') || "''"})
format JSONEachRow`,
  )
  const found = lines.map((line) => JSON.parse(line) as Readonly<Record<'table' | 'name' | 'type' | 'key', string>>)
  return events.filter((event) => {
    const own = found.filter(({ table }) => table === `event_${event.name}`)
    const differs = (reason: string) => analyticsError('analytics-schema-differs', { event: event.name, reason })
    if (own.some(({ key }) => key !== partKeys[part])) {
      throw differs(`its parts are not of a ${part} each, as the option "part" says.`)
    }
    const types = new Map(own.map(({ name, type }) => [name, type]))
    let complete = types.has('at')
    for (const [name, type] of columnsOf(event)) {
      const there = types.get(name)
      if (there === undefined) complete = false
      else if (there !== type) throw differs(`${name.slice(2)} is kept as ${there} and not as ${type}.`)
    }
    return !complete
  })
}

function insertOf(database: string, { token, event, rows }: Batch, timeoutMs: number): string {
  const names = ['at', ...columnsOf(event).map(([name]) => `\`${name}\``)]
  const settings = [
    `insert_deduplication_token = ${literal(token)}`,
    'insert_deduplicate = 1',
    // Answered when it is stored, not when it is noted.
    'async_insert = 0',
    // Late events may be of any part that is kept.
    'max_partitions_per_insert_block = 0',
    'precise_float_parsing = 1',
    `max_execution_time = ${Math.ceil(timeoutMs / 1000)}`,
  ]
  const lines = rows.map(({ at, user, dimensions, measures }) => {
    const time = new Date(at).toISOString().slice(0, -1).replace('T', ' ')
    return JSON.stringify([time, user, ...dimensions, ...measures])
  })
  return `insert into ${tableOf(database, event)} (${names.join(', ')}) settings ${settings.join(', ')}
format JSONCompactEachRow
${lines.join('\n')}\n`
}

function selectOf(
  database: string,
  { event, from, to, edges, by, where, aggregates, limit, timeoutMs }: DriverQuery,
): string {
  const groups = by.map((name) => `\`d_${name}\``)
  const bucket = `roundDown(toUnixTimestamp64Milli(at), cast([${edges?.join(', ') ?? ''}] as Array(Int64)))`
  const keys = [...(edges === undefined ? [] : ['bucket']), ...groups]
  const time = (at: number): string => `fromUnixTimestamp64Milli(toInt64(${at}), 'UTC')`
  const conditions = [`at >= ${time(from)}`, `at < ${time(to)}`, ...where.map((filter) => conditionOf(filter))]
  return `select ${edges === undefined ? 'null' : bucket} as bucket, [${groups.map((name) => asText(name)).join(', ')}] as groups,
  [${aggregates.map((aggregate) => asText(numberOf(event, aggregate))).join(', ')}] as numbers
from ${tableOf(database, event)} where ${conditions.join(' and ')}
${keys.length === 0 ? '' : `group by ${keys.join(', ')}`} limit ${limit}
settings max_execution_time = ${Math.ceil(timeoutMs / 1000)}, cancel_http_readonly_queries_on_client_close = 1,
  output_format_json_quote_64bit_integers = 0
format JSONEachRow`
}

/** A mutation reads and writes whole parts. */
const mutationMs = 600_000

async function countOf(send: Send, database: string, event: EventType, user: string): Promise<number> {
  const text = `select toUInt32(count()) as count from ${tableOf(database, event)} where user_id = ${literal(user)} format JSONEachRow`
  const [line = '{}'] = await send('count', text)
  const { count = 0 } = JSON.parse(line) as { readonly count?: number }
  return Number(count)
}

function userRowsOf(database: string, event: EventType, user: string, { at, skip, limit }: UserPage): string {
  const dimensions = Object.keys(event.dimensions).map((name) => `\`d_${name}\``)
  const measures = Object.keys(event.measures).map((name) => `\`m_${name}\``)
  const texts = (names: readonly string[]) => `[${names.map(asText).join(', ')}]`
  const table = tableOf(database, event)
  return `select toUnixTimestamp64Milli(${table}.at) as at, ${texts(dimensions)} as dimensions, ${texts(measures)} as measures
from ${table} where user_id = ${literal(user)} and ${table}.at >= fromUnixTimestamp64Milli(toInt64(${at}), 'UTC')
order by ${[`${table}.at`, ...dimensions, ...measures].join(', ')} limit ${limit} offset ${skip}
settings output_format_json_quote_64bit_integers = 0
format JSONEachRow`
}

function conditionOf({ dimension, values, orNull }: DriverFilter): string {
  const column = `\`d_${dimension}\``
  const among = values.length === 0 ? 'false' : `${column} in (${values.map(literal).join(', ')})`
  return orNull ? `(${among} or isNull(${column}))` : `(${among} and isNotNull(${column}))`
}

function numberOf(event: EventType, aggregate: DriverAggregate): string {
  switch (aggregate.kind) {
    case 'count':
      return 'count()'
    case 'present':
      return `count(\`m_${aggregate.measure}\`)`
    case 'sum':
      // 64 bits would begin anew at their end without a word.
      return event.measures[aggregate.measure] === 'int'
        ? `sum(toInt128(\`m_${aggregate.measure}\`))`
        : `sum(\`m_${aggregate.measure}\`)`
    case 'quantile':
      return `quantileExactInclusive(${aggregate.at})(\`m_${aggregate.measure}\`)`
    case 'unique':
      return `uniqExact(${aggregate.dimension === undefined ? 'user_id' : `\`d_${aggregate.dimension}\``})`
  }
}

function readRow(line: string): DriverRow {
  // The form is that of the select above, which nobody else writes.
  const { bucket, groups, numbers } = JSON.parse(line) as {
    readonly bucket: number | null
    readonly groups: readonly (string | null)[]
    readonly numbers: readonly (string | null)[]
  }
  return { bucket: bucket ?? undefined, by: groups, values: numbers }
}

async function dropOldParts(
  send: Send,
  database: string,
  events: readonly EventType[],
  part: PartUnit,
  { keepFrom }: PartPlan,
): Promise<MaintenanceReport> {
  let dropped = 0
  for (const event of events) {
    const lines = await send(
      'maintain',
      `select distinct partition_id as id from system.parts
where database = ${literal(database)} and table = ${literal(`event_${event.name}`)} and active format JSONEachRow`,
    )
    for (const line of lines) {
      const { id } = JSON.parse(line) as { readonly id: string }
      const old = partNamed(part, id)
      if (old === undefined || old.to > keepFrom) continue
      await send('maintain', `alter table ${tableOf(database, event)} drop partition id ${literal(id)}`)
      dropped += 1
    }
  }
  // A part comes into being with its first event.
  return { created: 0, dropped, postponed: false }
}

// Both names were checked: letters, digits and _.
function tableOf(database: string, { name }: EventType): string {
  return `\`${database}\`.\`event_${name}\``
}

function asText(expression: string): string {
  return `toString(${expression})`
}

function literal(value: DimensionValue): string {
  return typeof value === 'string' ? `'${value.replaceAll(/[\\']/g, '\\$&')}'` : String(value)
}
