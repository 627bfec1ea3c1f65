// Makes values of the bytes that the server sends for the types that nearly every row has: without a text in between, and
// with the same result as the driver's own readers, which every other type keeps.
import pg from 'pg'
import { readTimestamp } from './read-timestamp.ts'

/** Reads the value that stands in these bytes. */
export type ColumnReader = (bytes: Buffer, start: number, end: number) => unknown

/** The reader for the number of a type. An application that has set a reader of its own for it keeps that. */
export function columnReader(type: number): ColumnReader {
  const ofDriver = pg.types.getTypeParser(type, 'text')
  const fromText: ColumnReader = (bytes, start, end) => ofDriver(bytes.toString(undefined, start, end))
  const quick = quickReaders.get(type)
  if (quick === undefined) return unread.has(ofDriver) ? text : fromText
  if (ofDriver !== quick.ofDriver) return fromText
  const { read } = quick
  return (bytes, start, end) => read(bytes, start, end) ?? ofDriver(bytes.toString(undefined, start, end))
}

/** Reads the usual form; undefined for what the driver reads. */
type QuickReader = ColumnReader

const text: ColumnReader = (bytes, start, end) => bytes.toString(undefined, start, end)

/** How many digits a whole number has that every double holds. */
const safeDigits = 15

const wholeNumber: QuickReader = (bytes, start, end) => {
  const negative = bytes[start] === 45
  const first = negative ? start + 1 : start
  if (first === end || end - first > safeDigits) return undefined
  let value = 0
  for (let at = first; at < end; at += 1) {
    // Inside of the bytes of one row.
    const digit = bytes[at]! - 48
    if (digit < 0 || digit > 9) return undefined
    value = 10 * value + digit
  }
  return negative ? -value : value
}

const truth: QuickReader = (bytes, start, end) => {
  if (end - start !== 1) return undefined
  return bytes[start] === 116 ? true : bytes[start] === 102 ? false : undefined
}

/** A list of one dimension whose texts need no quotes; `NULL` without quotes is nothing. */
const texts: QuickReader = (bytes, start, end) => {
  const inner = bytes.toString(undefined, start + 1, end - 1)
  if (bytes[start] !== 123 || bytes[end - 1] !== 125 || quoted.test(inner)) return undefined
  if (inner === '') return []
  const found: (string | null)[] = inner.split(',')
  for (let at = found.indexOf('NULL'); at >= 0; at = found.indexOf('NULL', at + 1)) found[at] = null
  return found
}
const quoted = /["\\{]/

const types = { bool: 16, int2: 21, int4: 23, int8: 20, timestamptz: 1184, textList: 1009, varcharList: 1015 }
const uuidList = 2951

const quickReaders: ReadonlyMap<number, { readonly ofDriver: unknown; readonly read: QuickReader }> = new Map(
  (
    [
      [types.bool, truth],
      [types.int2, wholeNumber],
      [types.int4, wholeNumber],
      // The driver gives it as the text that it is.
      [types.int8, text],
      [types.timestamptz, readTimestamp],
      [types.textList, texts],
      [types.varcharList, texts],
      [uuidList, texts],
    ] as const
  ).map(([type, read]) => [type, { ofDriver: pg.types.getTypeParser(type, 'text'), read }]),
)

/** What the driver has for a type that it does not read: the text as it is. */
const unread: ReadonlySet<unknown> = new Set([pg.types.getTypeParser(25, 'text')])
