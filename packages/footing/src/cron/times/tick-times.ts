// When a schedule fires: croner knows the pattern, this file decides what happens where the wall clock jumps.
import { Cron } from 'croner'
import { cronErrors } from '../contract/errors.ts'
import { openZone, type Zone } from './zone.ts'

/** The ticks of one schedule. */
export interface TickTimes {
  /** First tick after an instant, in milliseconds since 1970; undefined when there is none. */
  next(after: number): number | undefined
}

/**
 * Reads a pattern. Where minute and hour are fixed times, a time that the clock skips fires once when the gap ends, and one
 * that it shows twice fires the first time. Where one of them begins with `*`, it is an interval: it follows elapsed time.
 * @throws `cron-pattern-invalid`, `cron-pattern-never`, `cron-zone-unknown`
 */
export function tickTimes(schedule: string, pattern: string, zoneName: string): TickTimes {
  const zone = zoneOf(schedule, zoneName)
  const fields = fieldsOf(schedule, pattern)
  const wall = wallTimes(schedule, pattern, fields)
  if (wall(Date.UTC(2026, 0, 1)) === undefined) {
    throw cronErrors('cron-pattern-never', { details: { schedule, pattern: JSON.stringify(pattern) } })
  }
  const [minute = '', hour = ''] = fields.slice(-5)
  const next = minute.startsWith('*') || hour.startsWith('*') ? nextInterval : nextFixed
  return { next: (after) => next(after, wall, zone) }
}

/** First wall time after another one that matches. */
type WallTimes = (after: number) => number | undefined

function nextFixed(after: number, wall: WallTimes, zone: Zone): number | undefined {
  for (let shown = wall(after + zone.offsetAt(after)); shown !== undefined; shown = wall(shown)) {
    const instant = zone.instantOf(shown)
    // In the repeated hour the wall clock is behind what has fired already; in a gap several times meet at its end.
    if (instant > after) return instant
  }
  return undefined
}

function nextInterval(after: number, wall: WallTimes, zone: Zone): number | undefined {
  // One stretch of an even clock after the other.
  let from = after
  let offset = zone.offsetAt(after)
  for (;;) {
    const shown = wall(from + offset)
    if (shown === undefined) return undefined
    const instant = shown - offset
    const jump = zone.jumpBetween(from, instant)
    if (jump === undefined) return instant
    offset = zone.offsetAt(jump)
    // A second before the jump on the new clock, so that the jump itself can match.
    from = jump - 1000
    const first = wall(from + offset)
    if (first !== undefined && first - offset === jump) return jump
    from = jump
  }
}

function zoneOf(schedule: string, name: string): Zone {
  try {
    return openZone(name)
  } catch {
    const details = { schedule, zone: JSON.stringify(String(name).slice(0, 80)), version: process.versions.tz ?? '?' }
    throw cronErrors('cron-zone-unknown', { details })
  }
}

function fieldsOf(schedule: string, pattern: string): readonly string[] {
  const fields = pattern.trim().split(/\s+/)
  if (pattern.length <= 200 && (fields.length === 5 || fields.length === 6)) return fields
  throw invalid(schedule, pattern, `it has ${fields.length} ${fields.length === 1 ? 'field' : 'fields'}`)
}

function wallTimes(schedule: string, pattern: string, fields: readonly string[]): WallTimes {
  const [day = '', , weekday = ''] = fields.slice(-3)
  try {
    const cron = new Cron(fields.join(' '), {
      // Wall times are handed over as if they were UTC, where no clock jumps.
      utcOffset: 0,
      mode: '5-or-6-parts',
      paused: true,
      // As cron has it: both fields have to match when one of them begins with a star, else one of them.
      domAndDow: day.startsWith('*') || weekday.startsWith('*'),
    })
    return (after) => cron.nextRun(new Date(after))?.getTime()
  } catch (error) {
    throw invalid(
      schedule,
      pattern,
      error instanceof Error ? error.message.replace(/^CronPattern: /, '') : 'unreadable',
    )
  }
}

function invalid(schedule: string, pattern: string, reason: string): Error {
  const details = { schedule, pattern: JSON.stringify(pattern.slice(0, 80)), reason: reason.replace(/\.$/, '') }
  return cronErrors('cron-pattern-invalid', { details })
}
