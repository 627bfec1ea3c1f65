// The public list of the effect ledger.
export { effectErrors } from './contract/errors.ts'
export type { EffectLedger } from './effect-ledger.ts'
export { idempotencyKey } from './idempotency-key.ts'
export { type EffectsDeclaration, effects } from './use-effects.ts'
