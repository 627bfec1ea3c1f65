// Compares what the migration files build, what is committed, and what a database has.
import type { MigrationStatus } from '@footing/core/tooling'
import {
  type BuiltSchema,
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
import type { MigrateWorkspace } from './migrate-workspace.ts'
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
  /** Why it was compared with the committed dumps and not with what the migrations build; undefined when it was not. */
  readonly dumpTrusted?: string
}

/** Why the database was left out when only the files were asked for. */
export const notAskedFor = 'not asked for'

/** Which of the two comparisons are made. */
export type DriftScope = 'files' | 'live' | undefined

/** Makes them. */
export async function findDrift(world: MigrateWorkspace, only: DriftScope): Promise<DriftReport> {
  const migrations = await readAllMigrations(world.sources)
  const explain = (module: string, expected: string, found: string, place: SchemaDrift['place']) =>
    explainDifferences(
      compareSchemas(module, expected, found),
      migrations.filter((file) => file.module === module),
      place,
    )
  const drift: SchemaDrift[] = []
  const stale: StaleFile[] = []
  let whole: BuiltSchema | undefined
  if (only !== 'live') {
    whole = await buildAll(world)
    const made = await schemaFiles(world, whole)
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
  const { texts, dumpTrusted } = await expectedOf(world, statuses, whole)
  for (const schema of await readSchemas(url, [...texts.keys()])) {
    const text = texts.get(schema.module)
    if (text !== undefined) drift.push(...explain(schema.module, text, renderSchema(schema), 'live database'))
  }
  const trust = dumpTrusted === undefined ? {} : { dumpTrusted }
  return { modules: world.sources.length, drift, stale, databaseSkipped: undefined, ...trust }
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

interface Expected {
  readonly texts: ReadonlyMap<string, string>
  readonly dumpTrusted?: string
}

// What the applied part of the history builds. A committed dump may be older than the migrations: compared with it, a
// column that a migration dropped would look like one that somebody removed. It is trusted only where nothing can be built.
async function expectedOf(
  world: MigrateWorkspace,
  statuses: readonly MigrationStatus[],
  whole: BuiltSchema | undefined,
): Promise<Expected> {
  const complete = statuses.every(({ state }) => state !== 'pending')
  const applied = new Set(
    statuses.filter(({ state }) => state !== 'pending').map(({ module, name }) => `${module}/${name}`),
  )
  const only = ({ module, name }: { readonly module: string; readonly name: string }): boolean =>
    applied.has(`${module}/${name}`)
  try {
    const { sources } = world
    const built =
      (complete ? whole : undefined) ??
      (await buildSchema({ serverUrl: await world.scratchUrl(), sources, now: new Date(), only }))
    return { texts: new Map(built.schemas.map((schema) => [schema.module, renderSchema(schema)])) }
  } catch (error) {
    const texts = complete ? await committedDumps(world) : undefined
    if (texts === undefined) throw error
    return { texts, dumpTrusted: error instanceof Error ? error.message : String(error) }
  }
}

/** All of them, or undefined. */
async function committedDumps({ sources }: MigrateWorkspace): Promise<ReadonlyMap<string, string> | undefined> {
  const texts = new Map<string, string>()
  for (const { module, dump } of moduleFiles(sources)) {
    const text = await readText(dump)
    if (text === undefined) return undefined
    texts.set(module, text)
  }
  return texts
}
