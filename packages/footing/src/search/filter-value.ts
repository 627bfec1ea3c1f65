// Single values of filters, the same in documents and in conditions.
import { cleanText } from './contract/highlight.ts'

/** The longest value of a keyword filter in bytes: an entry of a PostgreSQL index must fit into a third of a page. */
export const longestKeyword = 1024

/** A value of a keyword filter, cleaned; undefined when it cannot be one. */
export function keywordOf(value: unknown): string | undefined {
  return typeof value === 'string' && Buffer.byteLength(value) <= longestKeyword ? cleanText(value) : undefined
}

/** A moment as ISO text with milliseconds, of the years 1 to 9999; undefined when it is none. */
export function isoOf(value: unknown): string | undefined {
  const isText = typeof value === 'string' && /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:?\d\d))?$/.test(value)
  const at = value instanceof Date ? value : isText ? new Date(value) : undefined
  if (at === undefined || Number.isNaN(at.getTime())) return undefined
  const year = at.getUTCFullYear()
  return year >= 1 && year <= 9999 ? at.toISOString() : undefined
}
