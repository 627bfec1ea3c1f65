// Begins of minutes, hours, days, weeks and months in a time zone. Computed here, so that no store's own zone data decide.
import type { BucketUnit } from './contract/contract.ts'
import { analyticsError } from './contract/errors.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const mostBuckets = 5000

/**
 * Begins of all buckets from the one that holds `from` to the last one before `to`, in milliseconds since 1970.
 * @throws `analytics-query-invalid` for a zone that is not known, or more than 5000 buckets
 */
export function bucketEdges(unit: BucketUnit, timeZone: string, from: number, to: number): readonly number[] {
  const offsetAt = offsetsOf(timeZone)
  const begin = unit === 'minute' || unit === 'hour' ? clockEdges : calendarEdges
  const edges: number[] = []
  for (const edge of begin(unit, offsetAt, from)) {
    if (edge >= to) break
    // Where a whole day is skipped, its begin is that of the next one.
    if (edge === edges.at(-1)) continue
    edges.push(edge)
    if (edges.length > mostBuckets) {
      const reason = `more than ${mostBuckets} buckets of a ${unit} lie between from and to.`
      throw analyticsError('analytics-query-invalid', { reason })
    }
  }
  return edges
}

type OffsetAt = (instant: number) => number

function* clockEdges(unit: BucketUnit, offsetAt: OffsetAt, from: number): Generator<number, never> {
  // Zones are whole minutes apart from each other.
  if (unit === 'minute') for (let edge = floorTo(from, minute); ; edge += minute) yield edge
  const floor = (instant: number): number => floorTo(instant + offsetAt(instant), hour) - offsetAt(instant)
  for (let edge = floor(from); ; ) {
    yield edge
    const next = edge + hour
    const aligned = floor(next)
    // A zone that moves by half an hour has one bucket that is shorter.
    edge = aligned > edge && offsetAt(aligned) === offsetAt(next) ? aligned : next
  }
}

function* calendarEdges(unit: BucketUnit, offsetAt: OffsetAt, from: number): Generator<number, never> {
  // A date of the zone is kept as the UTC time that shows the same date.
  const local = new Date(floorTo(from + offsetAt(from), day))
  if (unit === 'week') local.setUTCDate(local.getUTCDate() - ((local.getUTCDay() + 6) % 7))
  if (unit === 'month') local.setUTCDate(1)
  while (true) {
    yield midnight(local.getTime(), offsetAt)
    if (unit === 'month') local.setUTCMonth(local.getUTCMonth() + 1)
    else local.setUTCDate(local.getUTCDate() + (unit === 'week' ? 7 : 1))
  }
}

// The first instant of a date: of two midnights the first, and where clocks jump over midnight the jump.
function midnight(local: number, offsetAt: OffsetAt): number {
  const before = offsetAt(local - day)
  const candidates = [local - before, local - offsetAt(local + day)].toSorted((a, b) => a - b)
  return candidates.find((instant) => instant + offsetAt(instant) === local) ?? local - before
}

function offsetsOf(timeZone: string): OffsetAt {
  if (timeZone === 'UTC') return () => 0
  const format = formatOf(timeZone)
  return (instant) => {
    const parts: Record<string, number> = {}
    for (const { type, value } of format.formatToParts(instant)) parts[type] = Number(value)
    const { year = 0, month = 1, day: date = 1, hour: hours = 0, minute: minutes = 0, second: seconds = 0 } = parts
    return Date.UTC(year, month - 1, date, hours, minutes, seconds) - floorTo(instant, 1000)
  }
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const part = 'numeric'
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: part,
      month: part,
      day: part,
      hour: part,
      minute: part,
      second: part,
    })
  } catch {
    const reason = `the time zone ${JSON.stringify(String(timeZone).slice(0, 60))} is not known.`
    throw analyticsError('analytics-query-invalid', { reason })
  }
}

function floorTo(value: number, step: number): number {
  return Math.floor(value / step) * step
}
