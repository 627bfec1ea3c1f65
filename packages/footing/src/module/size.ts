// Sizes as people write them.

/** A size in bytes, or a text such as `'100kb'`, `'1mb'`. */
export type Size = number | `${number}${'b' | 'kb' | 'mb'}`

const factors = { b: 1, kb: 1024, mb: 1024 * 1024 } as const

/**
 * Bytes of a size.
 * @throws TypeError for anything that is no positive size
 */
export function bytes(size: Size): number {
  const value = typeof size === 'number' ? size : parse(size)
  if (!Number.isSafeInteger(value) || value <= 0) {
    throw new TypeError(`${JSON.stringify(size)} is not a size; write 1024, '100kb' or '1mb'.`)
  }
  return value
}

function parse(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(b|kb|mb)$/.exec(text)
  if (!match) return Number.NaN
  // The pattern admits the three units only.
  return Math.round(Number(match[1]) * factors[match[2] as keyof typeof factors])
}
