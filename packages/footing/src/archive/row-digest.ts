// The fingerprint of a row, computed in the same way by PostgreSQL and here: what is deleted must be what was archived.
import { createHash } from 'node:crypto'

/** Values of a row as PostgreSQL's text, in the order of the columns. */
export type RowTexts = readonly (string | null)[]

/** The SQL expression of the fingerprint over expressions of type text: a length before each, so that no two rows look alike. */
export function digestExpression(texts: readonly string[]): string {
  const parts = texts.map((text) => `coalesce(octet_length(${text}) || ':' || (${text}), '-')`)
  return `encode(sha256(convert_to(${parts.join(' || ')}, 'UTF8')), 'hex')`
}

/** The same of a row here. */
export function digestOf(texts: RowTexts): string {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(text === null ? '-' : `${Buffer.byteLength(text)}:${text}`)
  return hash.digest('hex')
}

/** The fingerprint of many rows in their order. */
export class ContentDigest {
  readonly #hash = createHash('sha256')

  /** Takes the fingerprint of the next row. */
  add(digest: string): void {
    this.#hash.update(digest)
  }

  /** Call it once. */
  hex(): string {
    return this.#hash.digest('hex')
  }
}
