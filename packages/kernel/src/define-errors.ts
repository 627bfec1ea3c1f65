// Errors as a closed table: each code once, with its status and its three sentences.
import { FootingError } from './footing-error.ts'
import type { JsonObject } from './json.ts'

/** One row of a table. `{name}` in a sentence is filled from the values given when the error is raised. */
export interface ErrorEntry {
  /** HTTP status, 400 to 599. */
  readonly status: number
  /** True when the same call may succeed later without any change. Default false. */
  readonly retryable?: boolean
  readonly what: string
  readonly why: string
  /** What to do about it. */
  readonly remedy: string
}

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never

/** The values that the sentences of an entry ask for. */
export type ErrorValues<Entry extends ErrorEntry> = {
  readonly [Name in Placeholders<Entry['what'] | Entry['why'] | Entry['remedy']>]: string | number
}

/** What accompanies an error besides the values of its sentences. */
export interface RaiseOptions {
  readonly cause?: unknown
  /** Facts for programs; JSON only, shown to whoever gets the error. */
  readonly details?: JsonObject
}

type RaiseArguments<Entry extends ErrorEntry> = [Placeholders<Entry['what'] | Entry['why'] | Entry['remedy']>] extends [
  never,
]
  ? [values?: Record<string, never>, options?: RaiseOptions]
  : [values: ErrorValues<Entry>, options?: RaiseOptions]

/** A closed table: call it to make an error, read `entries` to document it. */
export interface ErrorTable<Entries extends Readonly<Record<string, ErrorEntry>>> {
  <Code extends keyof Entries & string>(code: Code, ...rest: RaiseArguments<Entries[Code]>): FootingError
  readonly entries: Entries
}

/**
 * Defines a closed table of errors: `const errors = defineErrors({ 'article-missing': { status: 404, … } })`, then
 * `throw errors('article-missing', { slug })`. Codes are words joined by hyphens; a misspelt code or a missing value
 * does not compile.
 * @throws TypeError for a code that is not words, a status outside 400 to 599, or an empty sentence
 */
export function defineErrors<const Entries extends Readonly<Record<string, ErrorEntry>>>(
  entries: Entries,
): ErrorTable<Entries> {
  for (const [code, entry] of Object.entries(entries)) verify(code, entry)
  const raise = (code: string, values: Readonly<Record<string, string | number>> = {}, options: RaiseOptions = {}) => {
    const entry = entries[code]
    if (!entry) throw new TypeError(`There is no error code ${JSON.stringify(code)} in this table.`)
    return new FootingError({
      code,
      what: fill(entry.what, values),
      why: fill(entry.why, values),
      remedy: fill(entry.remedy, values),
      status: entry.status,
      retryable: entry.retryable ?? false,
      ...options,
    })
  }
  // The cast narrows `raise`, whose run-time signature is loose, to the closed set of codes and values.
  return Object.assign(raise, { entries }) as unknown as ErrorTable<Entries>
}

function verify(code: string, entry: ErrorEntry): void {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(code)) {
    throw new TypeError(`The error code ${JSON.stringify(code)} is not lower-case words joined by hyphens.`)
  }
  if (!Number.isInteger(entry.status) || entry.status < 400 || entry.status > 599) {
    throw new TypeError(`The error code ${code} has status ${entry.status}; it must be 400 to 599.`)
  }
  for (const key of ['what', 'why', 'remedy'] as const) {
    if (entry[key].trim() === '') throw new TypeError(`The error code ${code} has an empty sentence: ${key}.`)
  }
}

function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{([^{}]+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  )
}
