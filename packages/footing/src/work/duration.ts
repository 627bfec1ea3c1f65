// Lengths of time as people write them.

/** Milliseconds as a number, or a text such as `'300ms'`, `'2s'`, `'1.5m'`, `'1h'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h'}`

const factors = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/**
 * Milliseconds of a duration.
 * @throws TypeError for anything else than a positive, finite length
 */
export function milliseconds(duration: Duration): number {
  const value = typeof duration === 'number' ? duration : parse(duration)
  if (!Number.isFinite(value) || value <= 0) {
    throw new TypeError(`${JSON.stringify(duration)} is not a duration; write 300, '300ms', '2s', '1.5m' or '1h'.`)
  }
  return value
}

function parse(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text)
  if (!match) return Number.NaN
  // The pattern admits the four units only.
  return Number(match[1]) * factors[match[2] as keyof typeof factors]
}
