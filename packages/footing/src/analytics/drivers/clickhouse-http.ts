// Sends one statement to ClickHouse over HTTP; what goes wrong becomes a coded error without the server's own text.
import { type AnalyticsErrorCode, analyticsError } from '../contract/errors.ts'
import type { ClickhouseTarget } from './clickhouse-target.ts'

/** One statement. */
export interface ClickhouseStatement {
  /** For messages: `insert`, `query` … */
  readonly operation: string
  readonly text: string
  readonly timeoutMs: number
}

// The server's text can hold values of the statement, so that only its code and name go on.
const byCode: Readonly<Record<number, AnalyticsErrorCode>> = {
  159: 'analytics-timeout',
  160: 'analytics-timeout',
  192: 'analytics-access-refused',
  193: 'analytics-access-refused',
  194: 'analytics-access-refused',
  497: 'analytics-access-refused',
  516: 'analytics-access-refused',
  202: 'analytics-unreachable',
  209: 'analytics-unreachable',
  210: 'analytics-unreachable',
  241: 'analytics-unreachable',
  242: 'analytics-unreachable',
  252: 'analytics-unreachable',
  319: 'analytics-unreachable',
  999: 'analytics-unreachable',
}

/**
 * Sends it and gives the lines of the answer.
 * @throws `analytics-unreachable`, `analytics-access-refused`, `analytics-timeout`, `analytics-failed`
 */
export async function sendToClickhouse(
  target: ClickhouseTarget,
  { operation, text, timeoutMs }: ClickhouseStatement,
): Promise<readonly string[]> {
  // The answer is held back until it is whole, so that a failure in the middle is one.
  const url = `${target.origin}/?wait_end_of_query=1`
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'x-clickhouse-user': target.user,
    'x-clickhouse-key': target.password,
  }
  const signal = AbortSignal.timeout(timeoutMs)
  let status: number
  let exception: string | null
  let answer: string
  try {
    const response = await fetch(url, { method: 'POST', headers, body: text, signal, redirect: 'error' })
    status = response.status
    exception = response.headers.get('x-clickhouse-exception-code')
    answer = await response.text()
  } catch (error) {
    if (signal.aborted) throw analyticsError('analytics-timeout', { operation, timeoutMs })
    throw analyticsError('analytics-unreachable', { reason: networkReason(error) })
  }
  if (status === 200 && exception === null) return answer.split('\n').filter((line) => line !== '')
  throw faultOf(operation, timeoutMs, status, answer, exception)
}

function faultOf(operation: string, timeoutMs: number, status: number, answer: string, header: string | null) {
  const code = Number(header ?? /^Code: (\d+)\./.exec(answer)?.[1] ?? 0)
  const name = /\(([A-Z][A-Z0-9_]{2,60})\)/.exec(answer)?.[1]
  const fallback = status === 401 || status === 403 ? 'analytics-access-refused' : undefined
  const away =
    status === 429 || status === 502 || status === 503 || status === 504 ? 'analytics-unreachable' : undefined
  const reason = `${name ?? 'no name'} (code ${code}, HTTP ${status})`
  return analyticsError(byCode[code] ?? fallback ?? away ?? 'analytics-failed', { operation, timeoutMs, reason })
}

function networkReason(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  const code: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined
  return typeof code === 'string' ? code : 'the connection failed'
}
