// Comparing values by their text: which rows match a condition, and which files cannot hold one that does.
import type { BatchColumn } from './batch-book.ts'
import { kindOf } from './contract/column-kind.ts'

type Rank = number | bigint | string

const longestBound = 64

/** Where a value stands among those of its type; undefined for types without an order here and for values that have none. */
function rankOf(type: string, text: string): Rank | undefined {
  if (/^numeric/.test(type)) return decimalRank(text)
  const kind = kindOf(type)
  // The blanks at the end of a value of fixed length do not count.
  if (/^(?:character\(|bpchar)/.test(type)) return text.replace(/ +$/, '')
  if (kind.name === 'text') return /^(?:text|character varying|name)/.test(type) ? text : undefined
  if (kind.name === 'bytes') return undefined
  if (kind.name === 'boolean' || kind.name === 'uuid') return text
  const edge = infinite(text)
  if (edge !== undefined) return edge
  try {
    const value = kind.toFile(text)
    return typeof value === 'number' || typeof value === 'bigint' ? value : undefined
  } catch {
    return undefined
  }
}

/** Negative, zero or positive; undefined when the two cannot be compared. Text is compared by its bytes in UTF-8. */
function compareTexts(type: string, a: string, b: string): number | undefined {
  const left = rankOf(type, a)
  const right = rankOf(type, b)
  if (left === undefined || right === undefined) return a === b ? 0 : undefined
  if (typeof left === 'string' || typeof right === 'string')
    return Buffer.compare(Buffer.from(String(left)), Buffer.from(String(right)))
  if (Number.isNaN(left) || Number.isNaN(right)) return Number(Number.isNaN(left)) - Number(Number.isNaN(right))
  return left < right ? -1 : left > right ? 1 : 0
}

/** Smallest and largest value, for the book. Nothing when one value has no place in the order or is long. */
export function boundsOf(type: string, values: readonly (string | null)[]): { min?: string; max?: string } {
  let min: string | undefined
  let max: string | undefined
  for (const value of values) {
    if (value === null) continue
    if (value.length > longestBound || rankOf(type, value) === undefined) return {}
    if (min === undefined || (compareTexts(type, value, min) ?? 0) < 0) min = value
    if (max === undefined || (compareTexts(type, value, max) ?? 0) > 0) max = value
  }
  return min === undefined || max === undefined ? {} : { min, max }
}

/** A condition whose values are text in PostgreSQL's own form. */
export interface TextCondition {
  readonly column: string
  readonly type: string
  readonly is: '=' | '<' | '<=' | '>' | '>=' | 'in'
  readonly values: readonly string[]
}

/** Whether a value, null included, meets a condition. */
export function meets({ type, is, values }: TextCondition, text: string | null): boolean {
  if (text === null) return false
  return values.some((value) => holds(is, compareTexts(type, text, value)))
}

/** True when no row of a file with these bounds can meet the condition. */
export function rulesOut({ type, is, values }: TextCondition, column: BatchColumn | undefined): boolean {
  if (column === undefined) return true
  // Bounds in the order of another type say nothing.
  if (column.type !== type || column.min === undefined || column.max === undefined) return false
  const { min, max } = column
  return values.every((value) => {
    const toMin = compareTexts(type, value, min)
    const toMax = compareTexts(type, value, max)
    if (toMin === undefined || toMax === undefined) return false
    if (is === '<') return toMin <= 0
    if (is === '<=') return toMin < 0
    if (is === '>') return toMax >= 0
    if (is === '>=') return toMax > 0
    return toMin < 0 || toMax > 0
  })
}

function holds(is: TextCondition['is'], order: number | undefined): boolean {
  if (order === undefined) return false
  if (is === '<') return order < 0
  if (is === '<=') return order <= 0
  if (is === '>') return order > 0
  if (is === '>=') return order >= 0
  return order === 0
}

function infinite(text: string): number | undefined {
  if (text === 'infinity' || text === 'Infinity') return Number.POSITIVE_INFINITY
  if (text === '-infinity' || text === '-Infinity') return Number.NEGATIVE_INFINITY
  return undefined
}

// 40 digits behind the point tell apart what anybody stores; beyond them two values count as unordered, not as equal.
const fractionDigits = 40

function decimalRank(text: string): Rank | undefined {
  const edge = infinite(text)
  if (edge !== undefined) return edge
  if (text === 'NaN') return Number.NaN
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)
  const fraction = (match?.[3] ?? '').replace(/0+$/, '')
  if (match === null || fraction.length > fractionDigits) return undefined
  const whole = BigInt(`${match[2]}${fraction.padEnd(fractionDigits, '0')}`)
  return match[1] === '-' ? -whole : whole
}
