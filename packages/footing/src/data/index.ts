// The public list of the data capability.

export { compiled, type PreparedQuery } from './compiled-query.ts'
export type {
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
} from './contract.ts'
export { transactionBrand } from './contract.ts'
export { type DataSourceOptions, openDataSource } from './data-source.ts'
export { type EmbeddedOptions, startEmbeddedPostgres } from './embedded/embedded-postgres.ts'
export { type DataErrorCode, dataErrors } from './errors.ts'
export type { Hazard, HazardId, HazardKind, TableLock } from './migrations/hazards/hazard.ts'
export {
  type AllowedHazard,
  lintMigration,
  type MigrationReview,
  type MigrationText,
  type UnusedAllowance,
} from './migrations/hazards/lint-migration.ts'
export {
  type MigrationFile,
  type MigrationFunction,
  type MigrationTables,
  readMigrations,
} from './migrations/migration-file.ts'
export { createMigrator, type MigratorOptions } from './migrations/migrator.ts'
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
export type { PoolSizing, PoolSizingInput, ServerLimits } from './pooler/pool-sizing.ts'
export { type SessionStateKind, sessionStateOf } from './pooler/session-state.ts'
export { type StatementStatistics, topStatements } from './statistics/top-statements.ts'
