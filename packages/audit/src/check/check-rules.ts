// The rules of `footing check`: what holds modules apart and what makes a stateless process slow or wrong, in TypeScript.
import type { RuleId } from '../detection/detection.ts'
import { rules } from '../rules/index.generated.ts'

/** Rules by what they guard, in the order in which help lists them. */
const WANTED: readonly RuleId[] = [
  'boundaries/deep-import',
  'boundaries/undeclared-need',
  'boundaries/module-cycle',
  'boundaries/import-cycle',
  'boundaries/foreign-table-access',
  'boundaries/unresolved-import',
  'reversibility/vendor-sdk-outside-driver',
  'async/blocking-call-in-async',
  'async/blocking-chain-in-async',
  'async/blocking-middleware',
  'async/cpu-work-on-event-loop',
  'async/file-io-in-async',
  'data/session-state',
]

/** The rules that a check judges by: those of the list that read TypeScript. */
export function checkRules(): RuleId[] {
  const able = new Set(rules.filter((rule) => rule.judges.typescript !== undefined).map(({ id }) => id))
  return WANTED.filter((id) => able.has(id))
}
