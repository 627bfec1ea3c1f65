// Translates what the driver and the server throw into the coded errors of this capability.
import { type FootingError, isFootingError } from '@footing/kernel'
import { type DataErrorCode, dataError, dataErrors } from '../contract/errors.ts'
import type { StatementHooks } from '../contract/statement-hooks.ts'

/** What is known about the statement that failed. */
export interface FailureContext {
  readonly module: string
  /** `host:port/database`, never the password. */
  readonly address: string
  /** True while the connection was being made. */
  readonly connecting?: boolean
  /** Why we asked the server to cancel, when we did. */
  readonly cancelled?: 'timeout' | 'aborted' | undefined
  /** Knows states that others' triggers raise. */
  readonly explain?: StatementHooks['explainFault']
}

/** The coded error for any error of the driver; coded errors pass through. */
export function translateServerError(error: unknown, context: FailureContext): FootingError {
  if (isFootingError(error)) return error
  const state = textOf(error, 'code')
  const explained = context.explain?.(state, error)
  if (explained !== undefined) return explained
  const message = error instanceof Error ? error.message : String(error)
  const code = codeOf(state, message, context)
  const details = {
    reason: reasonOf(code, error, message),
    state,
    module: context.module,
    address: context.address,
    table: textOf(error, 'table') || 'its table',
    constraint: textOf(error, 'constraint') || textOf(error, 'column') || 'of the schema',
    columns: columnsOf(error),
  }
  return dataError(code, only(details, code), error)
}

// An error travels with its details, so it gets those that its own sentences name and no others.
function only(details: Readonly<Record<string, string>>, code: DataErrorCode): Record<string, string> {
  const { what, why, remedy } = dataErrors.table[code]
  const named = new Set([...`${what} ${why} ${remedy}`.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
  return Object.fromEntries(Object.entries(details).filter(([name]) => named.has(name)))
}

const byState: Readonly<Record<string, DataErrorCode>> = {
  '23505': 'data-unique-violation',
  '40001': 'data-serialization-failure',
  '40P01': 'data-deadlock',
  '55P03': 'data-lock-timeout',
  '57014': 'data-timeout',
  '53300': 'data-too-many-connections',
  '25006': 'data-read-only',
  '42501': 'data-foreign-table',
  '3D000': 'data-access-refused',
  '57P01': 'data-connection-lost',
  '57P02': 'data-connection-lost',
  '57P03': 'data-connection-refused',
  '57P05': 'data-connection-lost',
  '25P03': 'data-timeout',
  '25P04': 'data-timeout',
  '54000': 'data-invalid-value',
}

const byClass: Readonly<Record<string, DataErrorCode>> = {
  '22': 'data-invalid-value',
  '23': 'data-constraint-violation',
  '28': 'data-access-refused',
  '53': 'data-resources',
  '58': 'data-resources',
}

// PgBouncer reports everything that it decides itself as 08P01 with these words.
const poolerWords: readonly (readonly [RegExp, DataErrorCode])[] = [
  [/no more connections allowed/i, 'data-too-many-connections'],
  [/query_wait_timeout/i, 'data-pool-exhausted'],
  [
    /server conn crashed|server connection closed|client_idle_timeout|idle transaction timeout/i,
    'data-connection-lost',
  ],
  [/query_timeout/i, 'data-timeout'],
  [/pooler is shutting down|shutting down/i, 'data-connection-lost'],
  [
    /connect failed|login failed|server login has been failing|cannot connect|server_login_retry|database .* is paused/i,
    'data-connection-refused',
  ],
  [/no such (database|user)|auth/i, 'data-access-refused'],
]

function codeOf(state: string, message: string, context: FailureContext): DataErrorCode {
  if (context.cancelled === 'timeout') return 'data-timeout'
  if (context.cancelled === 'aborted') return 'data-cancelled'
  if (state === '42501' && context.connecting === true) return 'data-access-refused'
  if (state === '08P01') {
    const known = poolerWords.find(([words]) => words.test(message))
    if (known !== undefined) return known[1]
  }
  if (/^[0-9A-Z]{5}$/.test(state) && !state.startsWith('E')) {
    return (
      byState[state] ?? byClass[state.slice(0, 2)] ?? (state.startsWith('08') ? lost(context) : 'data-query-failed')
    )
  }
  return isConnectionFault(state, message) ? lost(context) : 'data-query-failed'
}

function lost(context: FailureContext): DataErrorCode {
  return context.connecting === true ? 'data-connection-refused' : 'data-connection-lost'
}

function isConnectionFault(code: string, message: string): boolean {
  if (/^E[A-Z_]+$/.test(code)) return true
  return /connection terminated|connection ended|timeout expired|not queryable|client was closed|socket|SSL/i.test(
    message,
  )
}

function reasonOf(code: DataErrorCode, error: unknown, message: string): string {
  // An aggregate of connection attempts has no message of its own.
  const text = message === '' && error instanceof AggregateError ? error.errors.map(String).join('; ') : message
  if (code !== 'data-connection-refused') return text
  return text === '' ? textOf(error, 'code') : text
}

// Names of columns only: the values of the conflicting row may be somebody's address.
function columnsOf(error: unknown): string {
  return /^Key \((.+?)\)=/.exec(textOf(error, 'detail'))?.[1] ?? 'value'
}

function textOf(error: unknown, field: string): string {
  if (typeof error !== 'object' || error === null) return ''
  const value: unknown = Reflect.get(error, field)
  return typeof value === 'string' ? value : ''
}
