// The one error class: a code that never changes, and three sentences for the person who reads it.
import type { JsonObject } from './json.ts'

/** An error as it travels: over HTTP, between processes, into a log. The stack and foreign causes stay at home. */
export interface ErrorJson {
  readonly code: string
  readonly what: string
  readonly why: string
  readonly remedy: string
  readonly status: number
  readonly retryable: boolean
  readonly details?: JsonObject
  readonly cause?: ErrorJson
}

/** Everything a FootingError consists of; `defineErrors` fills it from a table. */
export interface ErrorFields extends Omit<ErrorJson, 'cause'> {
  readonly cause?: unknown
}

const brand = Symbol.for('footing.error')

/**
 * A failure with a code word, an HTTP status, whether the same call may be tried again, and what, why and what to do.
 * Raise it through a table of `defineErrors`; rebuild it on the far side of a wire with `FootingError.fromJSON`.
 */
export class FootingError extends Error {
  /** Word code, e.g. `deadline-exceeded`; retired codes are never reused. */
  readonly code: string
  readonly what: string
  readonly why: string
  /** What to do about it. */
  readonly remedy: string
  /** HTTP status, 400 to 599. */
  readonly status: number
  /** True when the same call may succeed later without any change. */
  readonly retryable: boolean
  /** Facts for programs: JSON only, safe to show to whoever gets the error. */
  readonly details: JsonObject | undefined

  constructor(fields: ErrorFields) {
    super(`${fields.what} ${fields.why}`, fields.cause === undefined ? undefined : { cause: fields.cause })
    this.name = 'FootingError'
    this.code = fields.code
    this.what = fields.what
    this.why = fields.why
    this.remedy = fields.remedy
    this.status = fields.status
    this.retryable = fields.retryable
    this.details = fields.details
    Object.defineProperty(this, brand, { value: true })
  }

  /** The error without stack; a cause travels only when it is coded itself, others may hold secrets. */
  toJSON(): ErrorJson {
    return {
      code: this.code,
      what: this.what,
      why: this.why,
      remedy: this.remedy,
      status: this.status,
      retryable: this.retryable,
      ...(this.details === undefined ? {} : { details: this.details }),
      ...(isFootingError(this.cause) ? { cause: this.cause.toJSON() } : {}),
    }
  }

  /** Rebuilds an error from the far side; undefined when the value is not one, whatever it is. */
  static fromJSON(value: unknown): FootingError | undefined {
    return rebuild(value, 0)
  }
}

/** True for a FootingError, also one that another copy of this package made. */
export function isFootingError(value: unknown): value is FootingError {
  return typeof value === 'object' && value !== null && (value as { [brand]?: unknown })[brand] === true
}

/** Causes nested deeper than this are dropped: what arrives from a wire must not cost a stack overflow. */
const deepestCause = 8

function rebuild(value: unknown, depth: number): FootingError | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { code, what, why, remedy, status, retryable, details, cause } = value as Record<string, unknown>
  if (typeof code !== 'string' || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(code)) return undefined
  if (typeof what !== 'string' || typeof why !== 'string' || typeof remedy !== 'string') return undefined
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 400 || status > 599) return undefined
  const nested = depth < deepestCause ? rebuild(cause, depth + 1) : undefined
  return new FootingError({
    code,
    what,
    why,
    remedy,
    status,
    retryable: retryable === true,
    // The check above it proves a plain object; its values came out of JSON.
    ...(isPlainObject(details) ? { details: details as JsonObject } : {}),
    ...(nested === undefined ? {} : { cause: nested }),
  })
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
