// The public list of migrations: reading, reviewing, running and describing them.
export type { CarryLoss } from './apply/carry-rows.ts'
export { migrateOwnTables } from './apply/migrate-own-tables.ts'
export { createMigrator, type MigratorOptions, readAllMigrations } from './apply/migrator.ts'
export { type RedoOptions, type RedoResult, redoMigration } from './apply/redo-migration.ts'
export { type CreateMigration, createMigrationFiles } from './files/create-migration.ts'
export {
  type MigrationFile,
  type MigrationFunction,
  type MigrationTables,
  nextNumber,
  readMigrations,
  sourceFolder,
} from './files/migration-file.ts'
export type { BackfillPlan, MigrationPhase } from './files/migration-header.ts'
export type { Hazard, HazardId, HazardKind, TableLock } from './hazards/hazard.ts'
export {
  type AllowedHazard,
  lintMigration,
  type MigrationReview,
  type MigrationText,
  type UnusedAllowance,
} from './hazards/lint-migration.ts'
export { blankMigration } from './recipes/blank-migration.ts'
export {
  type Recipe,
  type RecipeFile,
  type RecipeInput,
  type RecipeName,
  recipes,
} from './recipes/recipe.ts'
export { type BuildOptions, type BuiltSchema, buildSchema } from './schema/build-schema.ts'
export { columnFacts } from './schema/column-facts.ts'
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
