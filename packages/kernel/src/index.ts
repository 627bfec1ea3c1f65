// The public list of the kernel: coded errors, clock, the eight decisions. It imports nothing and stays small.
export { type Clock, systemClock, type Timer } from './clock.ts'
export { type Decision, type DecisionId, decisionIds, decisions, findDecision } from './decisions.ts'
export { defineErrors, type ErrorEntry, type ErrorTable, type ErrorValues, type RaiseOptions } from './define-errors.ts'
export { type ErrorFields, type ErrorJson, FootingError, isFootingError } from './footing-error.ts'
export type { JsonObject, JsonValue } from './json.ts'
export { type ManualClock, manualClock } from './manual-clock.ts'
