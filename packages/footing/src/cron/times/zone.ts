// Wall clocks of the world, by what the runtime knows of the tz database.

const day = 86_400_000

/** The wall clock of one zone. A wall time is milliseconds as if the wall clock were UTC. */
export interface Zone {
  /** Milliseconds by which the wall clock is ahead of UTC at an instant. */
  offsetAt(instant: number): number
  /** First instant after `from`, up to `until`, at which the wall clock jumps. */
  jumpBetween(from: number, until: number): number | undefined
  /** First instant at which the wall clock shows `wall`; for a time that is skipped the end of the gap. */
  instantOf(wall: number): number
}

/**
 * Opens a zone.
 * @throws RangeError for one that the runtime does not know
 */
export function openZone(name: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const offsetAt = (instant: number): number => {
    const whole = Math.floor(instant / 1000) * 1000
    const [month = 0, date = 0, year = 0, hour = 0, minute = 0, second = 0] = (
      format.format(whole).match(/\d+/g) ?? []
    ).map(Number)
    return Date.UTC(year, month - 1, date, hour, minute, second) - whole
  }
  // Halves the stretch until a second is left: the first one with the later offset.
  const jumpWithin = (before: number, after: number): number => {
    let [low, high] = [Math.floor(before / 1000), Math.ceil(after / 1000)]
    const old = offsetAt(before)
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (offsetAt(middle * 1000) === old) low = middle
      else high = middle
    }
    return high * 1000
  }
  return {
    offsetAt,
    jumpBetween(from, until) {
      const old = offsetAt(from)
      // No zone jumps away and back within a week.
      for (let before = from; before < until; before += 7 * day) {
        const after = Math.min(before + 7 * day, until)
        if (offsetAt(after) !== old) return jumpWithin(before, after)
      }
      return undefined
    },
    instantOf(wall) {
      // Wide enough for a zone that leaves out a whole day.
      const [before, after] = [wall - 2 * day, wall + 2 * day]
      const shown = [offsetAt(before), offsetAt(after)].flatMap((offset) =>
        offsetAt(wall - offset) === offset ? [wall - offset] : [],
      )
      return shown.length === 0 ? jumpWithin(before, after) : Math.min(...shown)
    },
  }
}
