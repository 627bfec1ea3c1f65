// What the migration files build, found out by building it in a database that is thrown away.
import type { MigrationSource } from '../../data/contract/contract.ts'
import { createMigrator, type MigratorOptions } from '../apply/migrator.ts'
import { readSchemas } from './read-schema.ts'
import { readTableShapes, type TableShape } from './read-table-shapes.ts'
import type { ModuleSchema } from './schema-object.ts'
import { withScratchDatabase } from './scratch-database.ts'

/** The result of all migrations on an empty database. */
export interface BuiltSchema {
  readonly schemas: readonly ModuleSchema[]
  /** Tables and views by module. */
  readonly tables: ReadonlyMap<string, readonly TableShape[]>
}

/** What to build and where. */
export interface BuildOptions {
  /** A server whose user may create databases; the database that the URL names is not touched. */
  readonly serverUrl: string
  readonly sources: readonly MigrationSource[]
  readonly now: Date
  /** Builds a part of the history only. */
  readonly only?: MigratorOptions['only']
}

/**
 * Builds and reads it.
 * @throws `migration-failed` and the other errors of migrating, `data-access-refused`
 */
export async function buildSchema({ serverUrl, sources, now, only }: BuildOptions): Promise<BuiltSchema> {
  return withScratchDatabase(serverUrl, now, async (url) => {
    await createMigrator({ url, sources, ...(only === undefined ? {} : { only }) }).up()
    const modules = sources.map(({ module }) => module)
    return { schemas: await readSchemas(url, modules), tables: await readTableShapes(url, modules) }
  })
}
