// The public list of the data capability: an open database, queries, transactions, paging.
export { type SessionStateKind, sessionStateOf } from './connection/session-state.ts'
export type {
  Actor,
  Consistency,
  Database,
  DataSource,
  EmbeddedServer,
  MigrationSource,
  MigrationStatus,
  Migrator,
  PoolStats,
  Queries,
  QueryRecord,
  QueryScope,
  ReadOptions,
  ReadQueries,
  Transaction,
  TransactionOptions,
} from './contract/contract.ts'
export { transactionBrand } from './contract/contract.ts'
export { type DataErrorCode, dataErrors } from './contract/errors.ts'
export type { PoolSizing, PoolSizingInput, ServerLimits } from './contract/server-state.ts'
export type { ReadNotes, SendToPrimary, StatementHooks } from './contract/statement-hooks.ts'
export { type DataSourceOptions, openDataSource } from './data-source.ts'
export {
  databaseOf,
  dropModuleRoles,
  moduleRole,
  type OwnedModule,
  provisionModuleRoles,
} from './ownership/module-roles.ts'
export { batchesOf, insertBatches } from './paging/batches.ts'
export {
  type KeyColumn,
  type KeysetPage,
  type KeysetRequest,
  keysetPage,
  keysetPages,
} from './paging/keyset-page.ts'
export { type StreamOptions, streamRows } from './paging/stream-rows.ts'
export { compiled, type PreparedQuery } from './query/compiled-query.ts'
export { parseColumn } from './query/parse-column.ts'
export { type StatementStatistics, topStatements } from './statistics/top-statements.ts'
