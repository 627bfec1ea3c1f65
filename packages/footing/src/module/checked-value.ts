// Checking a value at a port: against the schema always, against JSON and later changes where the profile says so.
import { type FootingError, isFootingError } from '@footing/kernel'
import { moduleErrors } from './errors.ts'
import { findUnportable, freezeDeep } from './portable.ts'
import { type Schema, type Validation, validate } from './schema.ts'

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
  if (schema !== undefined) sealPortable(value, operation, 'output')
  return freezeDeep(await checkOutput(schema, value, operation))
}

/** Checks an answer against its schema alone; what that does not declare is not in the result. */
export function checkOutput(schema: Schema | undefined, value: unknown, operation: string): unknown | Promise<unknown> {
  if (schema === undefined) {
    if (value === undefined) return undefined
    const issues = [{ pointer: '', message: 'No output is declared, so nothing can be returned.' }]
    throw moduleErrors('invalid-output', { details: { operation }, issues })
  }
  const validation = validate(schema, value)
  return validation instanceof Promise
    ? validation.then((found) => valueOrThrow(found, operation, 'invalid-output'))
    : valueOrThrow(validation, operation, 'invalid-output')
}

/** Any failure as a coded error; what is not coded becomes `operation-failed` with the original as its cause. */
export function coded(error: unknown, operation: string): FootingError {
  if (isFootingError(error)) return error
  return moduleErrors('operation-failed', { details: { operation }, cause: error })
}
