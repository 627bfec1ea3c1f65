// Checking a value at a port: against the schema always, against JSON and later changes where the profile says so.
import { type FootingError, isFootingError } from '@footing/kernel'
import { moduleErrors } from './errors.ts'
import { findUnportable, freezeDeep } from './portable.ts'
import { type Schema, type Validation, validate } from './schema.ts'

/** Values that a route has checked already, by the schema that did it: the same schema is not asked twice. */
const checkedBy = new WeakMap<object, Schema>()

/** Notes that `value` came out of `schema`, so that a port with this very schema takes it as it is. */
export function markChecked(value: unknown, schema: Schema): void {
  if (typeof value === 'object' && value !== null) checkedBy.set(value, schema)
}

/** True when `value` came out of `schema` at the edge of this process. */
export function isChecked(value: unknown, schema: Schema): boolean {
  return typeof value === 'object' && value !== null && checkedBy.get(value) === schema
}

/**
 * What a validation yielded.
 * @throws `invalid-input` or `invalid-output` with the faults
 */
export function valueOrThrow(
  validation: Validation,
  operation: string,
  code: 'invalid-input' | 'invalid-output',
): unknown {
  if ('issues' in validation) throw moduleErrors(code, { details: { operation }, issues: validation.issues })
  return validation.value
}

/** Refuses what another process could not be sent, and freezes the rest against later changes. */
export function sealPortable(value: unknown, operation: string, direction: 'input' | 'output'): void {
  const fault = findUnportable(value)
  if (fault?.transaction) {
    throw moduleErrors('transaction-across-port', { details: { operation, place: fault.pointer || 'the top' } })
  }
  if (fault) {
    const details = { operation, direction, found: fault.found, place: fault.pointer || 'the top' }
    throw moduleErrors('not-portable', { details })
  }
  freezeDeep(value)
}

/** Checks an answer: portable, frozen, and what its own schema says. */
export async function sealOutput(schema: Schema | undefined, value: unknown, operation: string): Promise<unknown> {
  if (schema === undefined) {
    if (value === undefined) return undefined
    const issues = [{ pointer: '', message: 'The operation declares no output, so it must return nothing.' }]
    throw moduleErrors('invalid-output', { details: { operation }, issues })
  }
  sealPortable(value, operation, 'output')
  return freezeDeep(valueOrThrow(await validate(schema, value), operation, 'invalid-output'))
}

/** Any failure as a coded error; what is not coded becomes `operation-failed` with the original as its cause. */
export function coded(error: unknown, operation: string): FootingError {
  if (isFootingError(error)) return error
  return moduleErrors('operation-failed', { details: { operation }, cause: error })
}
