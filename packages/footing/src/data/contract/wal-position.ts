// Positions in PostgreSQL's write-ahead log, by which one server says how much of another it has.

/**
 * `16/B374D848` as a number that can be compared; undefined for anything that is not such a position. What comes from a
 * cookie or a header is checked by this.
 */
export function parseWalPosition(text: string | undefined): bigint | undefined {
  const [, high, low] = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text ?? '') ?? []
  if (high === undefined || low === undefined) return undefined
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)
}

/** The position as PostgreSQL writes it. */
export function formatWalPosition(position: bigint): string {
  return `${(position >> 32n).toString(16).toUpperCase()}/${(position & 0xffffffffn).toString(16).toUpperCase()}`
}

/** The later one of two positions in text form; one that cannot be read counts as the earliest. */
export function laterPosition(one: string | undefined, other: string | undefined): string | undefined {
  const [first, second] = [parseWalPosition(one), parseWalPosition(other)]
  if (second === undefined) return first === undefined ? undefined : one
  return first !== undefined && first >= second ? one : other
}

/** Stands for a write whose place is not known, so that reads that must see it go to the primary. */
export const unknownPosition = 'unknown'
