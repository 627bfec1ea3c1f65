// Reads a point in time from PostgreSQL's text, as it comes in bytes. The driver's own reader looks for every form that there is, and costs a list of
// rows more than anything else in them.

/** Place of each part in `2026-11-30 11:09:07.657123+00`. */
const shortest = 22
const zero = 48

/**
 * The point in time of a `timestamptz` as the server writes it with the style ISO, in milliseconds; undefined for any other
 * form (before Christ, after 9999, infinity, another style), which the driver's reader knows.
 */
export function readTimestamp(bytes: Uint8Array, start: number, end: number): Date | undefined {
  // The year has four digits here, and the rest its place.
  if (end - start < shortest || bytes[start + 4] !== 45 || bytes[start + 7] !== 45) return undefined
  if (bytes[start + 10] !== 32 || bytes[start + 13] !== 58 || bytes[start + 16] !== 58) return undefined
  let at = start + 19
  let ms = 0
  if (bytes[at] === 46) {
    let worth = 100
    for (at += 1; isDigit(bytes[at]); at += 1) {
      // A digit, as was just seen.
      ms += worth * (bytes[at]! - zero)
      worth = worth > 1 ? worth / 10 : 0
    }
  }
  const sign = bytes[at]
  // `+00` and `+05:30`; places in history with seconds in their offset are left to the driver.
  if (sign !== 43 && sign !== 45) return undefined
  const minutes = end === at + 6 && bytes[at + 3] === 58 ? two(bytes, at + 4) : 0
  if (end !== at + 3 && end !== at + 6) return undefined
  const offset = (60 * two(bytes, at + 1) + minutes) * (sign === 43 ? 60_000 : -60_000)
  const year = 100 * two(bytes, start) + two(bytes, start + 2)
  const [month, day] = [two(bytes, start + 5) - 1, two(bytes, start + 8)]
  const [hour, minute, second] = [two(bytes, start + 11), two(bytes, start + 14), two(bytes, start + 17)]
  const value = Date.UTC(year, month, day, hour, minute, second, ms) - offset
  // The first century would be taken for the twentieth.
  return year < 100 || Number.isNaN(value) ? undefined : new Date(value)
}

function two(bytes: Uint8Array, at: number): number {
  const [tens, ones] = [bytes[at], bytes[at + 1]]
  // Digits, as is seen first.
  return isDigit(tens) && isDigit(ones) ? 10 * (tens! - zero) + ones! - zero : Number.NaN
}

function isDigit(code: number | undefined): boolean {
  return code !== undefined && code >= zero && code <= zero + 9
}
