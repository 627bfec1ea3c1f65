// Checks one part of a request against the schema that its route declares.
import { valueOrThrow } from '../module/checked-value.ts'
import { type Schema, type Validation, validate } from '../module/schema.ts'

/** Checks a value for the route `label`; a promise only when the schema itself works asynchronously. */
export type Check = (value: unknown, label: string) => unknown

/** Makes the check of a part; `prefix` tells the parts apart in the places of faults, the body has none. */
export function checker(schema: Schema | undefined, prefix: string): Check | undefined {
  if (schema === undefined) return undefined
  const accept = (validation: Validation, label: string) => {
    const placed =
      'issues' in validation && prefix !== ''
        ? { issues: validation.issues.map((issue) => ({ ...issue, pointer: `${prefix}${issue.pointer}` })) }
        : validation
    return valueOrThrow(placed, label, 'invalid-input')
  }
  return (value, label) => {
    const validation = validate(schema, value)
    return validation instanceof Promise ? validation.then((found) => accept(found, label)) : accept(validation, label)
  }
}
