// Requests to a search server: one time limit for a call, attempts with pauses where repeating is safe, coded faults.
import { type Clock, isFootingError, parseForeignJson } from '@footing/kernel'
import { searchError } from '../contract/errors.ts'
import type { ElasticsearchTarget } from './elasticsearch-target.ts'

/** One call. */
export interface ElasticsearchCall {
  /** For messages. */
  readonly operation: string
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Begins with `/`. */
  readonly path: string
  /** An object, or the lines of a bulk. */
  readonly body?: object | readonly object[]
  /** False for what must not be done twice. Default true. */
  readonly repeatable?: boolean
  /** Answers that are no fault here, beside those of 2xx. */
  readonly expected?: readonly number[]
}

/** What a server answered. */
export interface ElasticsearchAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** Time and chance of a connection. */
export interface ElasticsearchSurroundings {
  readonly clock: Clock
  readonly random: () => number
}

/** Sends a call. */
export type SendCall = (call: ElasticsearchCall) => Promise<ElasticsearchAnswer>

const mostAttempts = 4
const overloaded: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** A sender for a server. */
export function elasticsearchHttp(target: ElasticsearchTarget, { clock, random }: ElasticsearchSurroundings): SendCall {
  return async (call) => {
    const over = new AbortController()
    const { timeoutMs } = target
    const late = searchError('search-timeout', { operation: call.operation, ms: timeoutMs })
    const timer = clock.after(timeoutMs, () => over.abort(late))
    try {
      for (let attempt = 1; ; attempt += 1) {
        const last = call.repeatable === false || attempt === mostAttempts
        const answer = await attemptCall(target, call, over.signal)
        if (!(answer instanceof Error) && !overloaded.has(answer.status)) return judge(call, answer)
        if (last)
          throw answer instanceof Error
            ? answer
            : searchError('search-unreachable', { reason: `it answered ${answer.status}.` })
        await pause(clock, 100 * 2 ** attempt * (0.5 + random()), over.signal)
      }
    } finally {
      timer.cancel()
    }
  }
}

async function attemptCall(
  { origin, authorization }: ElasticsearchTarget,
  { method, path, body }: ElasticsearchCall,
  signal: AbortSignal,
): Promise<ElasticsearchAnswer | Error> {
  try {
    const lines = Array.isArray(body)
    const response = await fetch(origin + path, {
      method,
      signal,
      // A server that sends us elsewhere would get the credentials.
      redirect: 'manual',
      headers: {
        'content-type': lines ? 'application/x-ndjson' : 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
      ...(body === undefined
        ? {}
        : { body: lines ? `${body.map((line) => JSON.stringify(line)).join('\n')}\n` : JSON.stringify(body) }),
    })
    return { status: response.status, body: objectOf(await response.text()) }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    return searchError('search-unreachable', { reason: reasonOf(error) }, error)
  }
}

function judge({ operation, expected = [] }: ElasticsearchCall, answer: ElasticsearchAnswer): ElasticsearchAnswer {
  const { status, body } = answer
  if ((status >= 200 && status < 300) || expected.includes(status)) return answer
  if (status === 401 || status === 403) throw searchError('search-access-refused', { status })
  throw searchError('search-failed', { operation, reason: `it answered ${status} ${faultTypeOf(body)}.` })
}

/** The kind of a fault. Its sentence is left out: it may repeat the content of documents. */
export function faultTypeOf(body: unknown): string {
  const error = fieldOf(body, 'error')
  const type = fieldOf(error, 'type')
  const text = typeof type === 'string' ? type : typeof error === 'string' ? 'error' : 'without a reason'
  return text.slice(0, 100)
}

/** A member of an object that came from outside. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const content = parseForeignJson(text)
    // Its members are looked at one by one.
    return typeof content === 'object' && content !== null ? (content as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

// What fetch throws says "fetch failed" and keeps the reason in its cause.
function reasonOf(error: unknown): string {
  if (isFootingError(error)) return error.message
  const cause = fieldOf(error, 'cause')
  const code = fieldOf(cause, 'code')
  return typeof code === 'string' ? `${code}.` : 'the connection failed.'
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      timer.cancel()
      reject(signal.reason)
    }
    const timer = clock.after(ms, () => {
      signal.removeEventListener('abort', end)
      resolve()
    })
    signal.addEventListener('abort', end, { once: true })
  })
}
