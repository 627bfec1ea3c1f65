// Errors as answers: problem details (RFC 9457) unless the application has a form of its own.
import type { FootingError } from '@footing/kernel'
import type { Profile } from '../work/profile.ts'
import type { FailedRequest, HttpOptions, ProblemAnswer } from './http-options.ts'
import { challengeOf } from './security-schemes.ts'

/** Makes the answer to an error. */
export type AnswerError = (error: FootingError, request: FailedRequest) => Required<ProblemAnswer>

/** The built-in media type of errors. */
const problemType = 'application/problem+json'

/** Chooses the form of all error answers of an application. */
export function errorAnswers(options: HttpOptions, profile: Profile): AnswerError {
  return (error, request) => {
    const own = options.problem?.(error, request)
    const headers = { ...headersOf(error, options), ...own?.headers }
    if (own) return { contentType: 'application/json', ...own, headers }
    return {
      status: error.status,
      headers,
      contentType: problemType,
      body: problemDetails(error, request, profile),
    }
  }
}

/**
 * Problem details of an error. In production a fault of the server tells its code and the request id only: its
 * sentences may name tables, hosts and files, and the log has them under the same id.
 */
export function problemDetails(error: FootingError, request: FailedRequest, profile: Profile): object {
  const open = error.status < 500 || profile !== 'production'
  return {
    type: `urn:footing:error:${error.code}`,
    title: open ? error.what : 'The server could not answer.',
    status: error.status,
    detail: open ? `${error.why} ${error.remedy}` : 'The log has more under the request id.',
    instance: request.path,
    code: error.code,
    requestId: request.requestId,
    retryable: error.retryable,
    ...(open && error.issues.length > 0 ? { errors: error.issues } : {}),
  }
}

function headersOf(error: FootingError, options: HttpOptions): Readonly<Record<string, string>> {
  const { retryAfterMs, scheme } = error.details
  // Whole seconds are all that the header knows; less than one would be "at once".
  if (typeof retryAfterMs === 'number' && Number.isFinite(retryAfterMs) && error.status !== 401) {
    return { 'retry-after': String(Math.min(86_400, Math.max(1, Math.ceil(retryAfterMs / 1000)))) }
  }
  if (error.status === 401) {
    return {
      'www-authenticate':
        typeof scheme === 'string' && /^[\x21-\x7e][\x20-\x7e]{0,200}$/.test(scheme) ? scheme : challengeOf(options),
    }
  }
  if (error.code === 'content-encoding-unsupported') return { 'accept-encoding': 'identity' }
  if (error.status === 503 && error.retryable) return { 'retry-after': '1' }
  return {}
}
