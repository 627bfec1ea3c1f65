// Reads a point in time from PostgreSQL's text. The driver's own reader looks for every form that there is, and costs a list of
// rows more than anything else in them.

/** Place of each part in `2026-11-30 11:09:07.657123+00`. */
const shortest = 22
const zero = 48

/**
 * The point in time of a `timestamptz` as the server writes it with the style ISO, in milliseconds; undefined for any other
 * form (before Christ, after 9999, infinity, another style), which the driver's reader knows.
 */
export function readTimestamp(text: string): Date | undefined {
  // The year has four digits here, and the rest its place.
  if (text.length < shortest || text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return undefined
  if (text.charCodeAt(10) !== 32 || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return undefined
  let at = 19
  let ms = 0
  if (text.charCodeAt(at) === 46) {
    let worth = 100
    for (at += 1; isDigit(text.charCodeAt(at)); at += 1) {
      ms += worth * (text.charCodeAt(at) - zero)
      worth = worth > 1 ? worth / 10 : 0
    }
  }
  const sign = text.charCodeAt(at)
  // `+00` and `+05:30`; places in history with seconds in their offset are left to the driver.
  if (sign !== 43 && sign !== 45) return undefined
  const minutes = text.length === at + 6 && text.charCodeAt(at + 3) === 58 ? two(text, at + 4) : 0
  if (text.length !== at + 3 && text.length !== at + 6) return undefined
  const offset = (60 * two(text, at + 1) + minutes) * (sign === 43 ? 60_000 : -60_000)
  const year = 100 * two(text, 0) + two(text, 2)
  const value = Date.UTC(year, two(text, 5) - 1, two(text, 8), two(text, 11), two(text, 14), two(text, 17), ms) - offset
  // The first century would be taken for the twentieth.
  return year < 100 || Number.isNaN(value) ? undefined : new Date(value)
}

function two(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at), text.charCodeAt(at + 1)]
  return isDigit(tens) && isDigit(ones) ? 10 * (tens - zero) + ones - zero : Number.NaN
}

function isDigit(code: number): boolean {
  return code >= zero && code <= zero + 9
}
