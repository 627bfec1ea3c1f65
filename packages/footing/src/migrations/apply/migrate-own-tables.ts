// The tables that a capability of the library keeps for itself, in a schema of its own beside those of the modules.
import { createMigrator } from './migrator.ts'

/**
 * Brings the tables of a capability up to date: `schema` is `footing_…`, `folder` holds its migrations. Many processes may
 * try at once. Running code of the version before has to live with what a migration of the library does.
 * @throws `migration-failed`, `migration-invalid`
 */
export async function migrateOwnTables(directUrl: string, schema: `footing_${string}`, folder: URL): Promise<void> {
  await createMigrator({ url: directUrl, sources: [{ module: schema, needs: [], folder }] }).up()
}
