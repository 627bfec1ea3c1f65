// Statements of a driver on whatever the caller has: the handle of a module, or an open transaction of it.

import type { Database, Transaction } from '../data/contract/contract.ts'
import { transactionBrand } from '../data/contract/contract.ts'
import { bindingOf } from '../data/query/bound-queries.ts'
import type { SearchDatabase, SearchExecutor } from './contract/contract.ts'

/** The transaction among the two, or undefined. */
export function transactionOf<Tables>(database: SearchDatabase<Tables>): Transaction<Tables> | undefined {
  return transactionBrand in database ? database : undefined
}

/** Statements on `database`. */
export function executorOn<Tables>(database: SearchDatabase<Tables>): SearchExecutor {
  return transactionBrand in database ? onTransaction(database) : onModule(database)
}

function onTransaction<Tables>(tx: Transaction<Tables>): SearchExecutor {
  return {
    schema: bindingOf(tx).schema,
    read: (text, values) => tx.query(text, values),
    atomically: (work) => work((text, values) => tx.query(text, values)),
  }
}

function onModule<Tables>(database: Database<Tables>): SearchExecutor {
  return {
    schema: database.schema,
    read: async (text, values, consistency) => (await bindingOf(database.read({ consistency })).run(text, values)).rows,
    atomically: (work, options) =>
      database.transaction((tx) => work((text, values) => tx.query(text, values)), options ?? {}),
  }
}
