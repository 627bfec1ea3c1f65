// Effort: minutes per fix site as a range, and how ranges add up.

/** A range of effort: half of the repairs take less than `p50` minutes, nine in ten less than `p90`. */
export interface EffortRange {
  readonly p50: number
  readonly p90: number
}

/** What lengthens a repair; each factor is 1.5. */
export interface EffortContext {
  readonly untested: boolean
  readonly hotspot: boolean
}

/** How far the ninetieth of a hundred repairs lies beyond the fiftieth. Repairs are skewed: surprises only lengthen. */
const TAIL = 2.5

/** The range for one fix site, in whole minutes. */
export function effortOf(minutes: number, { untested, hotspot }: EffortContext): EffortRange {
  const p50 = minutes * (untested ? 1.5 : 1) * (hotspot ? 1.5 : 1)
  return { p50: Math.round(p50), p90: Math.round(p50 * TAIL) }
}

/**
 * The range of several independent repairs. Medians add; the distances to P90 add as squares, because not everything
 * goes wrong at once.
 */
export function addEfforts(ranges: readonly EffortRange[]): EffortRange {
  const p50 = ranges.reduce((sum, range) => sum + range.p50, 0)
  const spread = Math.sqrt(ranges.reduce((sum, range) => sum + (range.p90 - range.p50) ** 2, 0))
  return { p50, p90: Math.round(p50 + spread) }
}

/** `40 min`, `6 h`, `12 days` (of eight hours). */
export function formatMinutes(minutes: number): string {
  if (minutes < 90) return `${Math.round(minutes)} min`
  if (minutes < 16 * 60) return `${trim(minutes / 60)} h`
  return `${trim(minutes / 480)} days`
}

/** `40 min to 2 h`. */
export function formatEffort({ p50, p90 }: EffortRange): string {
  return `${formatMinutes(p50)} to ${formatMinutes(p90)}`
}

function trim(value: number): string {
  return value < 10 ? String(Math.round(value * 2) / 2) : String(Math.round(value))
}
