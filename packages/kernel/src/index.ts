// The kernel's public surface: coded errors, clock, decisions, and what the library and the auditor both know.
import './node-version.ts'

export { type Clock, type ManualClock, manualClock, systemClock, type Timer } from './clock.ts'
export { type Decision, type DecisionId, decision, decisions, isDecisionId, type ReversalCost } from './decisions.ts'
export {
  defineErrors,
  type ErrorDetails,
  type ErrorFactory,
  type ErrorIssue,
  type ErrorOptions,
  type ErrorRow,
  type ErrorTable,
  FootingError,
  type FootingErrorJson,
  isFootingError,
} from './errors.ts'
export type { JsonObject, JsonValue } from './json.ts'
export { nearest } from './nearest.ts'
export { type JsonLimits, parseForeignJson, verifyBrackets } from './parse-json.ts'
export { printable } from './printable.ts'
export { redactUrls } from './redact-urls.ts'
export { type SessionState, type SessionStateKind, sessionStateIn } from './session-state.ts'
