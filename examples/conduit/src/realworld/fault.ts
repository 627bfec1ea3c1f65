// Says of which field a coded error speaks: the RealWorld API answers field by field.
import type { ErrorIssue } from '@footing/core'

/** Options of a coded error about one field: `errors('name-taken', fault('username', 'has already been taken'))`. */
export function fault(
  field: string,
  message: string,
): { readonly details: { readonly field: string }; readonly issues: readonly ErrorIssue[] } {
  return { details: { field }, issues: [{ pointer: `/${field}`, message }] }
}
