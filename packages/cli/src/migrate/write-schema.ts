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
import type { MigrateWorld } from './migrate-world.ts'

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
export async function buildAll(world: MigrateWorld): Promise<BuiltSchema> {
  return buildSchema({ serverUrl: await world.scratchUrl(), sources: world.sources, now: new Date() })
}

/** The files as they should be, beside what is committed. */
export async function schemaFiles(world: MigrateWorld, built: BuiltSchema): Promise<SchemaFiles> {
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
 * Brings the files up to date after the schema changed in development: every dump, and types where they are in use. A
 * fault is only noted, because the migration itself has succeeded.
 */
export async function refreshFiles(world: MigrateWorld): Promise<readonly SchemaFile[]> {
  const { terminal } = world.context
  try {
    const { files } = await schemaFiles(world, await buildAll(world))
    const written = await writeFiles(files.filter(({ kind, committed }) => kind === 'dump' || committed !== undefined))
    for (const { path } of written) terminal.note(terminal.noteStyle(`wrote ${path}`, 'dim'))
    return written
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    terminal.note(terminal.noteStyle(`the dump was not written: ${reason}`, 'yellow'))
    return []
  }
}

/** True where `up` and `redo` may write into the sources: a developer's machine, not CI, not a server. */
export function mayRefresh({ stage, context }: MigrateWorld): boolean {
  const ci = context.env.CI
  const inCi = ci !== undefined && ci !== '' && ci !== 'false' && ci !== '0'
  return stage.local && !inCi && (stage.profile === undefined || stage.profile === 'development')
}
