// What an answer from another process means: a value, an error of the module, or nothing that can be used.
import { FootingError, parseForeignJson, verifyBrackets } from '@footing/kernel'
import type { RawAnswer } from './connection.ts'
import { placementErrors } from './errors.ts'
import { header } from './wire.ts'

/** An answer, understood. */
export type Understood =
  | { readonly kind: 'value'; readonly value: unknown }
  /** The module's own error, unchanged. */
  | { readonly kind: 'error'; readonly error: FootingError }
  /** The module has another version of the operation; nothing was done. */
  | { readonly kind: 'other-version'; readonly schema: unknown }
  /** Something in between answered that the process is not there. */
  | { readonly kind: 'gone'; readonly reason: string }
  | { readonly kind: 'unusable'; readonly reason: string }

/** Reads an answer. `vouched` are the hashes of the versions that the caller understands. */
export function readAnswer(answer: RawAnswer, vouched: ReadonlySet<string>): Understood {
  const { status, headers } = answer
  const version = headers[header.schema]
  const own = typeof version === 'string'
  if (!own) {
    // A balancer or a process that is starting: not the module.
    if (status === 502 || status === 503 || status === 504)
      return { kind: 'gone', reason: `something answered ${status}` }
    return { kind: 'unusable', reason: `it has status ${status} and does not come from a module` }
  }
  if (status === 204) return { kind: 'value', value: undefined }
  const type = String(headers['content-type'] ?? '')
  const isJson = /^application\/(problem\+)?json\b/.test(type)
  if (!isJson) return { kind: 'unusable', reason: 'it is not JSON' }
  let body: unknown
  try {
    body = parse(answer.body)
  } catch (error) {
    const reason = error instanceof RangeError ? error.message : 'it is not well-formed JSON'
    return { kind: 'unusable', reason }
  }
  if (status === 200) {
    return vouched.has(version)
      ? { kind: 'value', value: body }
      : { kind: 'unusable', reason: 'it is of a version that was not agreed on' }
  }
  const error = FootingError.fromJSON(partOf(body, 'error'))
  if (error === undefined) return { kind: 'unusable', reason: `it has status ${status} and no error code` }
  if (error.code === 'call-schema-unknown') return { kind: 'other-version', schema: partOf(body, 'schema') }
  return { kind: 'error', error }
}

const refusals: ReadonlySet<string> = new Set([
  'call-unsigned',
  'call-out-of-time',
  'call-replayed',
  'call-unremembered',
  'call-from-browser',
])

/** The refusals that concern the two processes and not whoever asked the first of them. */
export function isRefusal({ code }: FootingError): boolean {
  return refusals.has(code)
}

/** The refusal as the caller's own error: a 401 of the other process says nothing about the user here. */
export function refusedError(module: string, error: FootingError): FootingError {
  const details = { module, reason: error.what.replace(/\.$/, '') }
  return placementErrors('call-refused', { details, cause: error })
}

// `__proto__` in JSON would become a property that later copies turn into a prototype. Looking at each key costs ten
// times as much as parsing, so that only a text that could hold it, also in disguise, is looked at.
function parse(text: string): unknown {
  if (!/__proto__|\\u00/i.test(text)) return parseForeignJson(text)
  verifyBrackets(text)
  return JSON.parse(text, (key: string, value: unknown) => (key === '__proto__' ? undefined : value))
}

function partOf(body: unknown, key: string): unknown {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, key) ? Reflect.get(body, key) : undefined
}
