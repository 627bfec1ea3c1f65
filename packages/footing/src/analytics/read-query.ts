// Checks a question and makes of it what a driver answers, and of the driver's rows what the caller gets.
import type {
  Aggregate,
  AnalyticsQuery,
  AnswerRow,
  DimensionValue,
  DriverAggregate,
  DriverFilter,
  DriverQuery,
  DriverRow,
  EventType,
} from './contract/contract.ts'
import { analyticsError } from './contract/errors.ts'
import { readDimension } from './read-occurrence.ts'
import { bucketEdges } from './time-buckets.ts'

/** Any question. */
export type AnyQuery = AnalyticsQuery<EventType, Readonly<Record<string, Aggregate<EventType>>>, string>

/** A checked question and how its answer is read. */
export interface ReadQuery {
  readonly query: DriverQuery
  readonly limit: number
  /** @throws `analytics-groups-exceeded` */
  answer(rows: readonly DriverRow[]): readonly AnswerRow[]
}

const mostRows = 10_000
const mostFilterValues = 100
const mostFilterCharacters = 20_000
const units: ReadonlySet<unknown> = new Set(['minute', 'hour', 'day', 'week', 'month'])

/**
 * Reads it.
 * @throws `analytics-query-invalid`
 */
export function readQuery(asked: AnyQuery): ReadQuery {
  const { event, select, every, timeZone = 'UTC', by = [], where = {}, limit = 1000, timeoutMs = 10_000 } = asked
  const [from, to] = [timeOf('from', asked.from), timeOf('to', asked.to)]
  if (from >= to) throw invalid('from is not before to.')
  if (every !== undefined && !units.has(every)) throw invalid('every is none of minute, hour, day, week, month.')
  if (!Number.isInteger(limit) || limit < 1 || limit > mostRows) throw invalid(`limit is not from 1 to ${mostRows}.`)
  if (!(timeoutMs > 0 && timeoutMs <= 3_600_000)) throw invalid('timeoutMs is not from 1 to 3,600,000.')
  for (const name of by) verifyDeclared(event.dimensions, name, 'dimension')
  if (new Set(by).size !== by.length) throw invalid('by names a dimension twice.')
  const names = Object.keys(select)
  if (names.length < 1 || names.length > 50) throw invalid('select has to name 1 to 50 numbers.')
  const aggregates: DriverAggregate[] = []
  const readers = Object.entries(select).map(([name, aggregate]) => {
    const { needs, read } = planOf(event, name, aggregate)
    const first = aggregates.push(...needs) - needs.length
    return [name, (values: DriverRow['values']) => read(values.slice(first, first + needs.length))] as const
  })
  const query: DriverQuery = {
    event,
    from,
    to,
    edges: every === undefined ? undefined : bucketEdges(every, timeZone, from, to),
    by,
    where: filtersOf(event, where),
    aggregates,
    limit: limit + 1,
    timeoutMs,
  }
  return {
    query,
    limit,
    answer(rows) {
      if (rows.length > limit) throw analyticsError('analytics-groups-exceeded', { limit })
      const read = rows.map((row) => ({
        bucket: row.bucket === undefined ? undefined : new Date(row.bucket),
        by: Object.fromEntries(by.map((name, index) => [name, dimensionOf(event, name, row.by[index] ?? null)])),
        values: Object.fromEntries(readers.map(([name, reader]) => [name, reader(row.values)])),
      }))
      return read.toSorted((left, right) => compare(left, right, by))
    },
  }
}

/** Numbers that a driver computes for one number of the answer, and how the one is made of the others. */
interface Plan {
  readonly needs: readonly DriverAggregate[]
  readonly read: (values: readonly (string | null)[]) => number | null
}

function planOf(event: EventType, name: string, aggregate: unknown): Plan {
  if (aggregate === 'count') return { needs: [{ kind: 'count' }], read: ([count]) => numberOf(count) }
  if (typeof aggregate !== 'object' || aggregate === null) throw invalid(`${shown(name)} in select is no number.`)
  const [kind] = Object.keys(aggregate)
  const subject: unknown = kind === undefined ? undefined : Reflect.get(aggregate, kind)
  if (kind === 'unique') {
    if (subject === 'user') return { needs: [{ kind, dimension: undefined }], read: ([count]) => numberOf(count) }
    const dimension: unknown = typeof subject === 'object' && subject !== null && Reflect.get(subject, 'dimension')
    verifyDeclared(event.dimensions, dimension, 'dimension')
    return { needs: [{ kind, dimension }], read: ([count]) => numberOf(count) }
  }
  if (kind !== 'sum' && kind !== 'avg' && kind !== 'quantile') throw invalid(`${shown(name)} in select is not known.`)
  const measure = subject
  verifyDeclared(event.measures, measure, 'measure')
  const present = { kind: 'present', measure } as const
  if (kind === 'quantile') {
    const at: unknown = Reflect.get(aggregate, 'at')
    if (typeof at !== 'number' || !(at >= 0 && at <= 1)) throw invalid(`at of ${shown(name)} is not from 0 to 1.`)
    return { needs: [{ kind, measure, at }], read: ([value]) => numberOf(value) }
  }
  // The store adds and counts; dividing here gives one answer whichever store it is.
  return {
    needs: [{ kind: 'sum', measure }, present],
    read: ([sum, count]) => {
      const [total, events] = [numberOf(sum), numberOf(count) ?? 0]
      if (events === 0 || total === null) return null
      return kind === 'sum' ? total : total / events
    },
  }
}

function filtersOf(event: EventType, where: Readonly<Record<string, unknown>>): readonly DriverFilter[] {
  let [total, characters] = [0, 0]
  return Object.entries(where).flatMap(([dimension, wanted]) => {
    verifyDeclared(event.dimensions, dimension, 'dimension')
    if (wanted === undefined) return []
    const type = event.dimensions[dimension]
    const values: DimensionValue[] = []
    let orNull = false
    for (const value of Array.isArray(wanted) ? wanted : [wanted]) {
      const read = type === undefined || value === undefined ? undefined : readDimension(type, value)
      if (read === undefined) throw invalid(`where compares ${dimension} with something that is no ${type}.`)
      if (read === null) orNull = true
      else values.push(read)
      total += 1
      if (total > mostFilterValues) throw invalid(`where has more than ${mostFilterValues} values.`)
      characters += typeof read === 'string' ? read.length : 0
      if (characters > mostFilterCharacters) throw invalid(`where has more than ${mostFilterCharacters} characters.`)
    }
    return [{ dimension, values, orNull }]
  })
}

function verifyDeclared(
  declared: Readonly<Record<string, string>>,
  name: unknown,
  what: string,
): asserts name is string {
  if (typeof name === 'string' && Object.hasOwn(declared, name)) return
  throw invalid(`the event declares no ${what} ${shown(name)}.`)
}

function timeOf(name: string, value: unknown): number {
  const time = value instanceof Date ? value.getTime() : Number.NaN
  // What both stores and every client of theirs can say.
  if (!(time >= Date.UTC(1970, 0, 2) && time < Date.UTC(2200, 0, 1)))
    throw invalid(`${name} is no date of 1970 to 2199.`)
  return time
}

function dimensionOf(event: EventType, name: string, text: string | null): DimensionValue | null {
  if (text === null) return null
  const type = event.dimensions[name]
  if (type === 'int') return Number(text)
  return type === 'boolean' ? text === 'true' : text
}

function numberOf(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Number(text)
}

// Stores order texts in their own ways, so it is done here. What is unknown comes last.
function compare(left: AnswerRow, right: AnswerRow, by: readonly string[]): number {
  const time = (left.bucket?.getTime() ?? 0) - (right.bucket?.getTime() ?? 0)
  if (time !== 0) return time
  for (const name of by) {
    const [a, b] = [left.by[name] ?? null, right.by[name] ?? null]
    if (a === b) continue
    if (a === null || b === null) return a === null ? 1 : -1
    return a < b ? -1 : 1
  }
  return 0
}

function invalid(reason: string) {
  return analyticsError('analytics-query-invalid', { reason })
}

function shown(name: unknown): string {
  return JSON.stringify(String(name).slice(0, 60))
}
