// Coded errors: a closed table per capability, three sentences each, unchanged by a trip over the wire.
import { redactUrls } from './redact-urls.ts'

/** One row of a table. `{name}` in a sentence stands for a detail of the single case. */
export interface ErrorRow {
  /** HTTP status that the error becomes when nobody catches it. */
  readonly status: number
  /** True when the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean
  /** What is wrong. */
  readonly what: string
  /** Why it matters, or why it happened. */
  readonly why: string
  /** What to do. */
  readonly remedy: string
}

/** Code → row. Codes are words, never reused for another meaning. */
export type ErrorTable = Readonly<Record<string, ErrorRow>>

/** Values for the places of a sentence. They end up in messages and logs: never put a secret here. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean>>

/** Fault of one field of an input. */
export interface ErrorIssue {
  /** JSON Pointer (RFC 6901) into the input, `''` for the whole. */
  readonly pointer: string
  readonly message: string
}

/** The form of a coded error as JSON: what a remote caller receives. It has no stack and no cause. */
export interface FootingErrorJson {
  readonly code: string
  readonly status: number
  readonly retryable: boolean
  readonly what: string
  readonly why: string
  readonly remedy: string
  readonly details?: ErrorDetails
  readonly issues?: readonly ErrorIssue[]
}

/** How to make a coded error beyond its code. */
export interface ErrorOptions {
  readonly details?: ErrorDetails
  readonly issues?: readonly ErrorIssue[]
  readonly cause?: unknown
}

/**
 * An error with a code of a closed table: what, why and what to do, the HTTP status it becomes and whether trying
 * again can help. `message` is what, why and remedy in one text.
 */
export class FootingError extends Error {
  readonly code: string
  readonly status: number
  readonly retryable: boolean
  readonly what: string
  readonly why: string
  readonly remedy: string
  readonly details: ErrorDetails
  readonly issues: readonly ErrorIssue[]

  constructor(json: FootingErrorJson, cause?: unknown) {
    super(`${json.what} ${json.why} ${json.remedy}`.trim(), cause === undefined ? undefined : { cause })
    this.name = 'FootingError'
    this.code = json.code
    this.status = json.status
    this.retryable = json.retryable
    this.what = json.what
    this.why = json.why
    this.remedy = json.remedy
    this.details = json.details ?? {}
    this.issues = json.issues ?? []
  }

  /** What may cross a process boundary: everything but stack and cause. */
  toJSON(): FootingErrorJson {
    return {
      code: this.code,
      status: this.status,
      retryable: this.retryable,
      what: this.what,
      why: this.why,
      remedy: this.remedy,
      ...(Object.keys(this.details).length > 0 ? { details: this.details } : {}),
      ...(this.issues.length > 0 ? { issues: this.issues } : {}),
    }
  }

  /**
   * The error that `toJSON` described, or undefined when the value is not such a description. It comes from another
   * process: a code that is no word of a table is no description, and texts and lists are cut to what a person reads.
   */
  static fromJSON(value: unknown): FootingError | undefined {
    if (!isErrorJson(value) || !/^[\w.-]{1,80}$/.test(value.code)) return undefined
    const details = Object.entries(value.details ?? {}).slice(0, 50)
    return new FootingError({
      ...value,
      what: cut(value.what),
      why: cut(value.why),
      remedy: cut(value.remedy),
      details: Object.fromEntries(
        details.map(([name, given]) => [cut(name), typeof given === 'string' ? cut(given) : given]),
      ),
      ...(value.issues === undefined
        ? {}
        : {
            issues: value.issues.slice(0, 100).map((issue) => ({
              ...issue,
              pointer: cut(issue.pointer),
              message: cut(issue.message),
            })),
          }),
    })
  }
}

const longestText = 4000

function cut(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text
}

/** Makes errors of one table; the codes it accepts are the keys of the table. */
export interface ErrorFactory<Table extends ErrorTable> {
  (code: keyof Table & string, options?: ErrorOptions): FootingError
  /** The table itself, for the reference page and the tests. */
  readonly table: Table
}

/** Turns a table into the function that makes its errors. */
export function defineErrors<const Table extends ErrorTable>(table: Table): ErrorFactory<Table> {
  const make = (code: keyof Table & string, options: ErrorOptions = {}): FootingError => {
    const row = table[code]
    if (row === undefined) throw new TypeError(`no such error code: ${code}`)
    // No error shows a password, whoever put a URL into its details.
    const details = withoutSecrets(options.details ?? {})
    return new FootingError(
      {
        code,
        status: row.status,
        retryable: row.retryable,
        what: fill(row.what, details),
        why: fill(row.why, details),
        remedy: fill(row.remedy, details),
        details,
        ...(options.issues === undefined ? {} : { issues: options.issues.map(withoutSecret) }),
      },
      options.cause,
    )
  }
  return Object.assign(make, { table })
}

/** True for a coded error, or for one with the given code. Works across copies of this package. */
export function isFootingError(value: unknown, code?: string): value is FootingError {
  return (
    value instanceof Error &&
    value.name === 'FootingError' &&
    'code' in value &&
    (code === undefined || value.code === code)
  )
}

function withoutSecrets(details: ErrorDetails): ErrorDetails {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [name, typeof value === 'string' ? redactUrls(value) : value]),
  )
}

function withoutSecret(issue: ErrorIssue): ErrorIssue {
  return { ...issue, message: redactUrls(issue.message) }
}

function fill(sentence: string, details: ErrorDetails): string {
  return sentence.replace(/\{(\w+)\}/g, (_place, name: string) => String(details[name] ?? 'unknown'))
}

function isErrorJson(value: unknown): value is FootingErrorJson {
  if (typeof value !== 'object' || value === null) return false
  const fields = value as Readonly<Record<string, unknown>> // a non-null object has string keys; each is checked below
  const texts = ['code', 'what', 'why', 'remedy'].every((name) => typeof fields[name] === 'string')
  const status = fields.status
  const validStatus = typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599
  return (
    texts &&
    validStatus &&
    typeof fields.retryable === 'boolean' &&
    isDetails(fields.details) &&
    isIssues(fields.issues)
  )
}

function isDetails(value: unknown): boolean {
  if (value === undefined) return true
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every((detail) => ['string', 'number', 'boolean'].includes(typeof detail))
}

function isIssues(value: unknown): boolean {
  if (value === undefined) return true
  return (
    Array.isArray(value) &&
    value.every(
      (issue: unknown) =>
        typeof issue === 'object' &&
        issue !== null &&
        'pointer' in issue &&
        typeof issue.pointer === 'string' &&
        'message' in issue &&
        typeof issue.message === 'string',
    )
  )
}
