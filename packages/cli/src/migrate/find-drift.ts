// Compares what the migration files build, what is committed, and what a database has.
import type { MigrationStatus } from '@footing/core/tooling'
import {
  buildSchema,
  compareSchemas,
  createMigrator,
  explainDifferences,
  moduleFiles,
  readAllMigrations,
  readSchemas,
  readText,
  renderSchema,
  type SchemaDrift,
} from '@footing/core/tooling'
import type { MigrateWorld } from './migrate-world.ts'
import { buildAll, type SchemaFile, schemaFiles } from './write-schema.ts'

/** Something that is not up to date as a whole. */
export interface StaleFile {
  readonly path: string
  readonly what: string
  readonly remedy: string
}

/** What `migrate check` found. */
export interface DriftReport {
  readonly modules: number
  readonly drift: readonly SchemaDrift[]
  readonly stale: readonly StaleFile[]
  /** Why the database was not compared; undefined when it was. */
  readonly databaseSkipped: string | undefined
}

/** Why the database was left out when only the files were asked for. */
export const notAskedFor = 'not asked for'

/** Which of the two comparisons are made. */
export type DriftScope = 'files' | 'live' | undefined

/** Makes them. */
export async function findDrift(world: MigrateWorld, only: DriftScope): Promise<DriftReport> {
  const migrations = await readAllMigrations(world.sources)
  const explain = (module: string, expected: string, found: string, place: SchemaDrift['place']) =>
    explainDifferences(
      compareSchemas(module, expected, found),
      migrations.filter((file) => file.module === module),
      place,
    )
  const drift: SchemaDrift[] = []
  const stale: StaleFile[] = []
  if (only !== 'live') {
    const made = await schemaFiles(world, await buildAll(world))
    for (const view of made.missingViews) stale.push(missingView(view))
    for (const file of made.files) {
      const { module, kind, committed, text } = file
      const found = kind === 'dump' && committed !== undefined ? explain(module, committed, text, 'committed dump') : []
      drift.push(...found)
      const fault = staleness(file, found.length)
      if (fault !== undefined) stale.push(fault)
    }
  }
  if (only === 'files') return { modules: world.sources.length, drift, stale, databaseSkipped: notAskedFor }
  const url = await world.databaseUrl()
  const statuses = await createMigrator({ url, sources: world.sources }).status()
  stale.push(...brokenHistory(statuses, new Set(world.modules)))
  if (!statuses.some(({ state }) => state === 'applied')) {
    return { modules: world.sources.length, drift, stale, databaseSkipped: 'no migration has been applied to it' }
  }
  const expected = await expectedOf(world, statuses)
  for (const schema of await readSchemas(url, [...expected.keys()])) {
    const text = expected.get(schema.module)
    if (text !== undefined) drift.push(...explain(schema.module, text, renderSchema(schema), 'live database'))
  }
  return { modules: world.sources.length, drift, stale, databaseSkipped: undefined }
}

function staleness({ kind, path, text, committed, own }: SchemaFile, differences: number): StaleFile | undefined {
  const remedy =
    kind === 'dump' ? 'Run footing migrate dump and commit it.' : 'Run footing migrate types and commit it.'
  if (committed === text || differences > 0) return undefined
  // Types are for whoever wants them; a package may bring a dump or not.
  if (committed === undefined) return kind === 'types' || !own ? undefined : { path, what: 'is not there', remedy }
  return { path, what: kind === 'types' ? 'is not what the migrations build' : 'was changed by hand', remedy }
}

function missingView(view: string): StaleFile {
  return {
    path: view,
    what: 'is declared in a manifest, but no migration creates that view',
    remedy: 'Create the view in a migration of its owner, or take it out of reads.',
  }
}

function brokenHistory(statuses: readonly MigrationStatus[], modules: ReadonlySet<string>): readonly StaleFile[] {
  return statuses.flatMap(({ module, name, state }) => {
    const path = `${module}/${name}`
    if (state === 'changed') {
      const remedy = 'Restore the file as it was; put the change into a new migration.'
      return [{ path, what: 'was edited after it had been applied', remedy }]
    }
    if (state !== 'missing' || !modules.has(module)) return []
    const remedy = 'Restore the file, or check out the version that has it.'
    return [{ path, what: 'was applied, but its file is gone', remedy }]
  })
}

// A database in the middle of a deployment is compared with what its own part of the history builds. When it has all,
// that is the committed dump, and no second database is needed.
async function expectedOf(
  world: MigrateWorld,
  statuses: readonly MigrationStatus[],
): Promise<ReadonlyMap<string, string>> {
  const expected = new Map<string, string>()
  if (statuses.every(({ state }) => state !== 'pending')) {
    for (const { module, dump } of moduleFiles(world.sources)) {
      const text = await readText(dump)
      if (text !== undefined) expected.set(module, text)
    }
    if (expected.size === world.sources.length) return expected
  }
  const applied = new Set(
    statuses.filter(({ state }) => state !== 'pending').map(({ module, name }) => `${module}/${name}`),
  )
  const built = await buildSchema({
    serverUrl: await world.scratchUrl(),
    sources: world.sources,
    now: new Date(),
    only: ({ module, name }) => applied.has(`${module}/${name}`),
  })
  for (const schema of built.schemas) {
    if (!expected.has(schema.module)) expected.set(schema.module, renderSchema(schema))
  }
  return expected
}
