// Whatever a request can fail with, as a coded error: ours as they are, the framework's by their codes.
import { type FootingError, isFootingError } from '@footing/kernel'
import { coded } from '../module/checked-value.ts'
import { httpErrors } from './errors.ts'

/** A coded error for anything that was thrown while `label` (`GET /path`) was answered. */
export function translateFault(fault: unknown, label: string): FootingError {
  if (isFootingError(fault)) return fault
  const { code, statusCode, name } = factsOf(fault)
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return httpErrors('media-type-unsupported', { details: { types: 'another one' } })
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return httpErrors('malformed-json')
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return httpErrors('body-too-large')
    case 'FST_ERR_BAD_URL':
      return httpErrors('malformed-request', { details: { reason: 'the path is not well encoded' } })
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return httpErrors('malformed-request', { details: { reason: 'the body has another length than announced' } })
  }
  if (name === 'SyntaxError' && statusCode === 400) return httpErrors('malformed-json')
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return httpErrors('malformed-request', { details: { reason: code ?? `status ${statusCode}` }, cause: fault })
  }
  return coded(fault, label)
}

interface FaultFacts {
  readonly code: string | undefined
  readonly statusCode: number | undefined
  readonly name: string | undefined
}

function factsOf(fault: unknown): FaultFacts {
  if (typeof fault !== 'object' || fault === null) return { code: undefined, statusCode: undefined, name: undefined }
  const { code, statusCode, name } = fault as Record<string, unknown>
  return {
    code: typeof code === 'string' ? code : undefined,
    statusCode: typeof statusCode === 'number' ? statusCode : undefined,
    name: typeof name === 'string' ? name : undefined,
  }
}
