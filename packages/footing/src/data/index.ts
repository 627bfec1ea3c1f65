// The public list of the data capability.

export * from './access-log/index.ts'
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
export type { CarryLoss } from './migrations/carry-rows.ts'
export { type CreateMigration, createMigrationFiles } from './migrations/create-migration.ts'
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
  nextNumber,
  readMigrations,
  sourceFolder,
} from './migrations/migration-file.ts'
export type { BackfillPlan, MigrationPhase } from './migrations/migration-header.ts'
export { createMigrator, type MigratorOptions, readAllMigrations } from './migrations/migrator.ts'
export { blankMigration } from './migrations/recipes/blank-migration.ts'
export {
  type Recipe,
  type RecipeFile,
  type RecipeInput,
  type RecipeName,
  recipes,
} from './migrations/recipes/recipe.ts'
export { type RedoOptions, type RedoResult, redoMigration } from './migrations/redo-migration.ts'
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
export { parseColumn } from './parse-column.ts'
export * from './personal-data/index.ts'
export type { PoolSizing, PoolSizingInput, ServerLimits } from './pooler/pool-sizing.ts'
export { type SessionStateKind, sessionStateOf } from './pooler/session-state.ts'
export { provisionDatabase } from './provision-database.ts'
export { type BuildOptions, type BuiltSchema, buildSchema } from './schema/build-schema.ts'
export { compareSchemas, type SchemaDifference } from './schema/compare-schemas.ts'
export { type DumpedTable, dumpedTable } from './schema/dumped-table.ts'
export { type DriftPlace, explainDifferences, type SchemaDrift } from './schema/explain-difference.ts'
export { type ModuleFiles, moduleFiles, readText, writeText } from './schema/module-files.ts'
export { readSchemas } from './schema/read-schema.ts'
export type { ColumnShape, ColumnTypeShape, TableShape } from './schema/read-table-shapes.ts'
export {
  type DeclaredView,
  interfaceName,
  renderTableTypes,
  type TableTypesInput,
} from './schema/render-table-types.ts'
export { type ModuleSchema, parseSchema, renderSchema, type SchemaObject } from './schema/schema-object.ts'
export { mayCreateDatabases, withScratchDatabase } from './schema/scratch-database.ts'
export { type StatementStatistics, topStatements } from './statistics/top-statements.ts'
