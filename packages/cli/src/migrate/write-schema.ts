// Writes and compares the files that are made from the schema: dumps and types.
import {
  type BuiltSchema,
  buildSchema,
  moduleFiles,
  readText,
  renderSchema,
  renderTableTypes,
  writeText,
} from '@footing/core/tooling'
import type { MigrateWorkspace, Stage } from './migrate-workspace.ts'

/** What is needed to build the schema of an application. */
export type SchemaWorkspace = Pick<MigrateWorkspace, 'sources' | 'readsOf' | 'scratchUrl'>

/** One file that is made from the schema. */
export interface SchemaFile {
  readonly module: string
  readonly kind: 'dump' | 'types'
  readonly path: string
  readonly text: string
  /** What stands there now; undefined when nothing does. */
  readonly committed: string | undefined
  /** False for files of an npm package, which are compared and never written. */
  readonly own: boolean
}

/** Views that a manifest declares to read and no migration creates, as `content reads identity.card`. */
export interface SchemaFiles {
  readonly files: readonly SchemaFile[]
  readonly missingViews: readonly string[]
}

/** Builds all migrations in a scratch database. */
export async function buildAll(world: Pick<SchemaWorkspace, 'sources' | 'scratchUrl'>): Promise<BuiltSchema> {
  return buildSchema({ serverUrl: await world.scratchUrl(), sources: world.sources, now: new Date() })
}

/** The files as they should be, beside what is committed. */
export async function schemaFiles(
  world: Pick<SchemaWorkspace, 'sources' | 'readsOf'>,
  built: BuiltSchema,
): Promise<SchemaFiles> {
  const files: SchemaFile[] = []
  const missingViews: string[] = []
  for (const { module, dump, types, own } of moduleFiles(world.sources)) {
    const schema = built.schemas.find((candidate) => candidate.module === module)
    if (schema === undefined) continue
    files.push({ module, kind: 'dump', path: dump, text: renderSchema(schema), committed: await readText(dump), own })
    const reads = Object.entries(world.readsOf.get(module) ?? {}).flatMap(([owner, views]) =>
      views.map((view) => {
        const shape = built.tables.get(owner)?.find(({ name }) => name === view)
        if (shape === undefined) missingViews.push(`${module} reads ${owner}.${view}`)
        return { module: owner, view, shape }
      }),
    )
    const text = renderTableTypes({ module, tables: built.tables.get(module) ?? [], reads })
    files.push({ module, kind: 'types', path: types, text, committed: await readText(types), own })
  }
  return { files, missingViews }
}

/** Writes what is not up to date; gives what was written. */
export async function writeFiles(files: readonly SchemaFile[]): Promise<readonly SchemaFile[]> {
  const written: SchemaFile[] = []
  for (const file of files) if (file.own && (await writeText(file.path, file.text))) written.push(file)
  return written
}

/**
 * Brings the files up to date after the schema changed in development: every dump, and types where the application uses
 * them. A fault is only noted, because the migration itself has succeeded.
 */
export async function refreshFiles(
  world: SchemaWorkspace,
  note: (line: string) => void,
): Promise<readonly SchemaFile[]> {
  try {
    const { files } = await schemaFiles(world, await buildAll(world))
    const usesTypes = files.some(({ kind, committed }) => kind === 'types' && committed !== undefined)
    return await writeFiles(files.filter(({ kind }) => kind === 'dump' || usesTypes))
  } catch (error) {
    note(`schema.sql and types were not written: ${error instanceof Error ? error.message : String(error)}`)
    return []
  }
}

/** True where the files may be written into the sources: a developer's machine, not CI, not a server. */
export function mayRefresh(stage: Stage, env: Readonly<Record<string, string | undefined>>): boolean {
  const inCi = env.CI !== undefined && env.CI !== '' && env.CI !== 'false' && env.CI !== '0'
  return stage.local && !inCi && (stage.profile === undefined || stage.profile === 'development')
}
