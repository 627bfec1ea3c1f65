// What has to happen with the end of a transaction: told once, after the commit or after the rollback.
import type { Transaction, transactionBrand } from './contract.ts'
import { dataError } from './errors.ts'

/** How a transaction, or the savepoint that a listener was added in, ended. */
export type TransactionOutcome = 'committed' | 'rolled-back'

/** Any open transaction, whatever its tables. */
export type AnyTransaction = Pick<Transaction<never>, typeof transactionBrand>

type Listener = (outcome: TransactionOutcome) => void

const open = new WeakMap<object, Listener[]>()

/**
 * Calls `tell` once: after the commit has succeeded, or when nothing of this moment's work remains. A commit whose answer
 * was lost with its connection counts as rolled back, because nobody can tell. `tell` must not throw.
 * @throws `data-transaction-over`
 */
export function onTransactionEnd(tx: AnyTransaction, tell: Listener): void {
  const listeners = open.get(tx)
  if (listeners === undefined) throw dataError('data-transaction-over')
  listeners.push(tell)
}

/** From now on listeners may be added. */
export function transactionBegins(tx: AnyTransaction): void {
  open.set(tx, [])
}

/** Tells all listeners; a second call finds none. */
export function transactionEnds(tx: AnyTransaction, outcome: TransactionOutcome): void {
  const listeners = open.get(tx) ?? []
  open.delete(tx)
  for (const tell of listeners) tell(outcome)
}

/** Marks the beginning of a savepoint; the result tells the listeners that were added since that it was undone. */
export function savepointBegins(tx: AnyTransaction): () => void {
  const mark = open.get(tx)?.length ?? 0
  return () => {
    for (const tell of open.get(tx)?.splice(mark) ?? []) tell('rolled-back')
  }
}
