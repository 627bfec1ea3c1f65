// Questions to a scope that are cheaper than its parts, and scopes made of others.
import type { QueryScope } from './contract.ts'

/** True when nobody waits for the answer any longer. */
export function hasLeft(scope: QueryScope): boolean {
  return scope.left ?? scope.signal?.aborted === true
}

/** The same scope with some parts changed. What was not made yet is still made only when it is asked for. */
export function changedScope(scope: QueryScope | undefined, changes: Partial<QueryScope>): QueryScope {
  return Object.assign(Object.create(scope ?? null), changes)
}
