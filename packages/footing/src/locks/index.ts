// The public list of locks.
export type { HeldLock, LockOptions, LockStore, ModuleLocks } from './contract/contract.ts'
export { lockErrors } from './contract/errors.ts'
export { locks } from './use-locks.ts'
