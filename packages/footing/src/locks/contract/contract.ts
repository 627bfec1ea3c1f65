// What locks promise to a module, and what a store of them has to do for it.
import type { AnyTransaction } from '../../data/contract/transaction-end.ts'
import type { Duration } from '../../work/duration.ts'

/** What a driver can promise: `guarantees: { locks: ['fencing'] }`. */
export const lockGuarantees = ['fencing', 'shared', 'survivesRestart'] as const

/** How a lock is taken. */
export interface LockOptions {
  /**
   * How long the lock outlives a holder that has died or stands still. While the work runs it is extended three times in
   * this time. Default 30 s; at least 1 s.
   */
  readonly ttl?: Duration
  /** Longest wait for another holder. Default: none, `lock-taken` at once. */
  readonly wait?: Duration
}

/** A lock that is held. */
export interface HeldLock {
  /**
   * Larger than that of every holder before. Nobody can promise that this holder is still the only one by the time its
   * write arrives: `fenced` lets the write through only when no later holder has written.
   */
  readonly token: number
  /** Aborts when the lock is lost, and when the caller's own work is over. */
  readonly signal: AbortSignal
}

/** The locks of one module. Keys are its own: two modules may use the same one. */
export interface ModuleLocks {
  /**
   * Runs `work` while no other process holds `key`, and gives the lock back when it ends, also when it throws.
   * @throws `lock-taken`, `locks-away`, `lock-key-invalid`, `lock-lost` when the work ended well and the lock had been lost, and
   * whatever `work` throws
   */
  run<Result>(key: string, work: (lock: HeldLock) => Promise<Result>, options?: LockOptions): Promise<Result>
  /**
   * Lets this transaction go on only when no later holder of `key` has come this far. Call it in the transaction that
   * writes what the lock protects, before the write; two such transactions of one key wait for each other.
   * @throws `lock-stale`
   */
  fenced(tx: AnyTransaction, key: string, token: number): Promise<void>
}

/** Keeps locks for all processes, by its own clock. */
export interface LockStore {
  readonly name: string
  /** The token, when the lock was free; undefined while somebody else holds it. */
  acquire(key: string, holder: string, ttlMs: number): Promise<number | undefined>
  /** Extends it; false when it is not this holder's any more. */
  extend(key: string, holder: string, ttlMs: number): Promise<boolean>
  /** Gives it back when it is still this holder's. */
  release(key: string, holder: string): Promise<void>
}
