// Checks one event against its declaration and brings it into the form that is stored, the same for every store.
import type { DimensionType, DimensionValue, EventRow, EventType, MeasureType, Refusal } from './contract/contract.ts'

/** A checked event, or why there is none. */
export type ReadOccurrence =
  | { readonly row: EventRow; readonly bytes: number; readonly clamped: boolean }
  | { readonly refusal: Refusal; readonly reason: string }

/** What times are allowed. Milliseconds. */
export interface TimeLimits {
  readonly now: number
  readonly oldest: number
  /** How far ahead of the clock a time may be. */
  readonly aheadMs: number
  readonly future: 'clamp' | 'refuse'
}

const longestText = 1000
const longestUser = 200
/** Far below what doubles end at, so that sums of any number of events stay finite. */
const largestFloat = 1e100

/** Reads it. Takes anything, because what events hold often comes from outside. */
export function readOccurrence(event: EventType, occurrence: unknown, limits: TimeLimits): ReadOccurrence {
  if (!isRecord(occurrence)) return refuse('wrong-type', 'it is no object.')
  const { at = new Date(limits.now), user, dimensions = {}, measures = {} } = occurrence
  if (!isRecord(dimensions) || !isRecord(measures)) return refuse('wrong-type', 'dimensions or measures are no object.')
  const stranger =
    Object.keys(dimensions).find((name) => !Object.hasOwn(event.dimensions, name)) ??
    Object.keys(measures).find((name) => !Object.hasOwn(event.measures, name))
  if (stranger !== undefined) {
    return refuse('unknown-name', `it declares no ${JSON.stringify(stranger.slice(0, 60))}.`)
  }
  if (user !== undefined && user !== null && typeof user !== 'string') return refuse('wrong-type', 'user is no text.')
  if (typeof user === 'string' && user.length > longestUser) {
    return refuse('too-long', `user has more than ${longestUser} characters.`)
  }
  let bytes = 64 + 2 * (user?.length ?? 0)
  const found: (DimensionValue | null)[] = []
  for (const [name, type] of Object.entries(event.dimensions)) {
    const value = Object.hasOwn(dimensions, name) ? dimensions[name] : undefined
    if (typeof value === 'string' && value.length > longestText) {
      return refuse('too-long', `${name} has more than ${longestText} characters.`)
    }
    const read = readDimension(type, value)
    if (read === undefined) return refuse('wrong-type', `${name} is not of the type ${type}.`)
    bytes += 16 + (typeof read === 'string' ? 2 * read.length : 0)
    found.push(read)
  }
  const numbers: (number | null)[] = []
  for (const [name, type] of Object.entries(event.measures)) {
    const read = readMeasure(type, Object.hasOwn(measures, name) ? measures[name] : undefined)
    if (read === undefined) return refuse('wrong-type', `${name} is not a number that ${type} can hold.`)
    bytes += 16
    numbers.push(read)
  }
  const time = readTime(at, limits)
  if (typeof time !== 'number') return time
  const clamped = time > limits.now + limits.aheadMs
  const row = {
    at: clamped ? limits.now : time,
    user: typeof user === 'string' ? storable(user) : null,
    dimensions: found,
    measures: numbers,
  }
  return { row, bytes, clamped }
}

/** A value of a dimension as it is stored: `null` when left out, undefined when it is of another type. */
export function readDimension(type: DimensionType, value: unknown): DimensionValue | null | undefined {
  if (value === undefined || value === null) return null
  if (type === 'text') return typeof value === 'string' ? storable(value) : undefined
  if (type === 'boolean') return typeof value === 'boolean' ? value : undefined
  return Number.isSafeInteger(value) ? Number(value) + 0 : undefined
}

function readMeasure(type: MeasureType, value: unknown): number | null | undefined {
  if (value === undefined || value === null) return null
  if (typeof value !== 'number') return undefined
  const fits = type === 'int' ? Number.isSafeInteger(value) : Math.abs(value) <= largestFloat
  // Adding zero takes the sign from -0, which stores keep in different ways.
  return fits ? value + 0 : undefined
}

function readTime(at: unknown, { now, oldest, aheadMs, future }: TimeLimits): number | ReadOccurrence {
  const time = at instanceof Date ? at.getTime() : Number.NaN
  if (Number.isNaN(time)) return refuse('wrong-type', 'at is no valid date.')
  if (time < oldest) return refuse('too-old', 'at is before everything that is kept.')
  if (time > now + aheadMs && future === 'refuse') return refuse('in-future', 'at is ahead of the clock.')
  return time
}

/** True for a user whose events are stored under exactly this text. */
export function isStorableUser(user: string): boolean {
  return user.length <= longestUser && storable(user) === user
}

// PostgreSQL holds no NUL, and neither store holds half of a surrogate pair.
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd')
}

function refuse(refusal: Refusal, reason: string) {
  return { refusal, reason }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
