// The public list of limits.

export { clientNetwork } from './client-network.ts'
export type {
  Attempt,
  Limit,
  LimitOptions,
  LimitStore,
  ModuleLimits,
  Outcome,
  Taken,
  WhenAway,
} from './contract/contract.ts'
export { limitsErrors } from './contract/errors.ts'
export { type DeclaredLimits, limits } from './use-limits.ts'
