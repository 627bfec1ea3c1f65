// Effort: a range of minutes for each place to mend, and how ranges add up. Nobody has measured them: they are wide.

/** A range of effort in minutes. */
export interface EffortRange {
  /** Everything is as it looks, and the one who does it knows the code. */
  readonly least: number
  /** Tests are missing, others depend on it, it has to be released in steps. */
  readonly most: number
}

/** What lengthens a repair; each factor is 1.5. */
export interface EffortContext {
  readonly untested: boolean
  readonly hotspot: boolean
}

const LEAST = 0.5
const MOST = 3

/** The range for one fix site, in whole minutes. */
export function effortOf(minutes: number, { untested, hotspot }: EffortContext): EffortRange {
  const usual = minutes * (untested ? 1.5 : 1) * (hotspot ? 1.5 : 1)
  return { least: Math.round(usual * LEAST), most: Math.round(usual * MOST) }
}

/** The range of several repairs. Both ends add: what surprises at one place of a kind surprises at all of them. */
export function addEfforts(ranges: readonly EffortRange[]): EffortRange {
  return {
    least: ranges.reduce((sum, range) => sum + range.least, 0),
    most: ranges.reduce((sum, range) => sum + range.most, 0),
  }
}

const DAY = 480
const UNITS: readonly (readonly [minutes: number, from: number, one: string, many: string])[] = [
  [20 * DAY, 40 * DAY, 'month', 'months'],
  [5 * DAY, 10 * DAY, 'week', 'weeks'],
  [DAY, 2 * DAY, 'day', 'days'],
  [60, 90, 'h', 'h'],
]

/** As coarse as an estimate is: `10 min`, `3 h`, `4 days` of eight hours, `3 weeks`, `5 months`. */
export function formatMinutes(minutes: number): string {
  const { value, unit } = rounded(minutes)
  return `${value} ${unit}`
}

/** `10 min to 1 h`, `2 to 12 days`. */
export function formatEffort({ least, most }: EffortRange): string {
  const from = rounded(least)
  const to = rounded(most)
  if (from.many !== to.many) return `${from.value} ${from.unit} to ${to.value} ${to.unit}`
  return from.value === to.value ? `about ${to.value} ${to.unit}` : `${from.value} to ${to.value} ${to.unit}`
}

function rounded(minutes: number): { readonly value: number; readonly unit: string; readonly many: string } {
  for (const [size, from, one, many] of UNITS) {
    if (minutes < from) continue
    const value = Math.round(minutes / size)
    return { value, unit: value === 1 ? one : many, many }
  }
  return {
    value: minutes < 10 ? Math.max(1, Math.round(minutes)) : Math.round(minutes / 5) * 5,
    unit: 'min',
    many: 'min',
  }
}
