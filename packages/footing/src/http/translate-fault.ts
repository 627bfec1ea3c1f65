// Whatever a request can fail with, as a coded error: ours as they are, those of frameworks and plugins with their status.
import { type ErrorIssue, FootingError, isFootingError } from '@footing/kernel'
import { coded } from '../module/checked-value.ts'
import { moduleErrors } from '../module/errors.ts'
import { escapePointer } from '../module/portable.ts'
import { httpErrors } from './errors.ts'

/**
 * A coded error for anything that was thrown while `label` (`GET /path`) was answered. An error with a status of its own
 * keeps it; what says nothing of a status is a fault of the server.
 */
export function translateFault(fault: unknown, label: string): FootingError {
  if (isFootingError(fault)) return fault
  const facts = factsOf(fault)
  const known = knownFault(facts)
  if (known !== undefined) return known
  const { status, message, issues } = facts
  if (issues.length > 0 && status !== undefined && status < 500) {
    const error = moduleErrors('invalid-input', { details: { operation: label }, issues, cause: fault })
    return withStatus(error, status, fault)
  }
  if (status === undefined || status < 400 || status > 599 || status === 500) return coded(fault, label)
  const details = { status, reason: sentence(message, status), ...retryOf(facts) }
  // In both cases the row is that of the table; only the status is the host's.
  return withStatus(httpErrors(status < 500 ? 'request-refused' : 'request-failed', { details }), status, fault)
}

interface FaultFacts {
  readonly code: string | undefined
  readonly type: string | undefined
  readonly status: number | undefined
  readonly name: string | undefined
  readonly message: string | undefined
  readonly issues: readonly ErrorIssue[]
  readonly headers: Readonly<Record<string, unknown>>
}

/** What the framework and the usual body parsers refuse, under our own codes. */
function knownFault({ code, type, name, status }: FaultFacts): FootingError | undefined {
  switch (code ?? type) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return httpErrors('media-type-unsupported', { details: { types: 'another one' } })
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'entity.parse.failed':
      return httpErrors('malformed-json')
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
    case 'entity.too.large':
      return httpErrors('body-too-large')
    case 'FST_ERR_BAD_URL':
      return malformed('the path is not well encoded')
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return malformed('a part of the path is too long')
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'request.size.invalid':
      return malformed('the body has another length than announced')
  }
  if (name === 'SyntaxError' && status === 400) return httpErrors('malformed-json')
  if (name === 'URIError' && status === 400) return malformed('the path is not well encoded')
  return undefined
}

function malformed(reason: string): FootingError {
  return httpErrors('malformed-request', { details: { reason } })
}

function withStatus(error: FootingError, status: number, cause: unknown): FootingError {
  const retryable = error.retryable || status === 429 || status === 408
  return new FootingError({ ...error.toJSON(), status, retryable }, cause)
}

/** The host's own words, which its clients would have got without us. */
function sentence(message: string | undefined, status: number): string {
  const text = message?.trim().slice(0, 500) || `The request was refused with status ${status}`
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** When to try again, as far as the error says so. */
function retryOf({ headers }: FaultFacts): { readonly retryAfterMs?: number } {
  const seconds = Number(headers['retry-after'])
  return Number.isFinite(seconds) && seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {}
}

function factsOf(fault: unknown): FaultFacts {
  const given = typeof fault === 'object' && fault !== null ? (fault as Readonly<Record<string, unknown>>) : {}
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
  const status = given.statusCode ?? given.status
  return {
    code: text(given.code),
    type: text(given.type),
    status: typeof status === 'number' ? status : undefined,
    name: text(given.name),
    message: text(given.message),
    issues: issuesOf(given.validation, text(given.validationContext)),
    headers: typeof given.headers === 'object' && given.headers !== null ? { ...given.headers } : {},
  }
}

/** At most this many faults are told: an answer must not grow with hostile input. */
const mostIssues = 50

/** What Fastify's validation found, with the places of the request. */
function issuesOf(validation: unknown, context: string | undefined): readonly ErrorIssue[] {
  if (!Array.isArray(validation)) return []
  const part = context === undefined || context === 'body' ? '' : `/${context === 'querystring' ? 'query' : context}`
  return validation.slice(0, mostIssues).map((issue: Readonly<Record<string, unknown>>) => {
    const { instancePath, params, message } = issue
    const missing =
      typeof params === 'object' && params !== null && 'missingProperty' in params ? params.missingProperty : undefined
    const own = typeof missing === 'string' ? `/${escapePointer(missing)}` : ''
    return {
      pointer: `${part}${typeof instancePath === 'string' ? instancePath : ''}${own}`,
      message: typeof message === 'string' ? message : 'does not fit',
    }
  })
}
