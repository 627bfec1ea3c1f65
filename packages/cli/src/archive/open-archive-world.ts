// What footing archive works on: the application's database, its storage, and its list of archived tables.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Archive, type ArchivedTable, openArchive } from '@footing/core/archive'
import { openStorage } from '@footing/core/storage'
import { openDataSource } from '@footing/core/tooling'
import { isFootingError } from '@footing/kernel'
import { requireApplication } from '../application.ts'
import type { CommandContext } from '../command.ts'
import { readEnvFile } from '../env-file.ts'
import { cliErrors } from '../errors.ts'
import { openFootingFolder } from '../footing-folder.ts'
import { startLocalPostgres } from '../local-postgres.ts'

/** An opened archive of an application. */
export interface ArchiveWorld {
  readonly archive: Archive
  close(): Promise<void>
}

/**
 * Opens it. Without DATABASE_URL it works on the embedded PostgreSQL, without STORAGE_URL on `.footing/storage`.
 * @throws `app-missing`, `archive-list-missing`, and the errors of database, storage and archive
 */
export async function openArchiveWorld(
  { cwd, env, terminal }: CommandContext,
  app: string | undefined,
  action: string,
): Promise<ArchiveWorld> {
  const place = requireApplication(cwd, app, `archive ${action}`)
  const { folder } = place
  const tables = await readTables(dirname(place.entry))
  const settings = { ...readEnvFile(folder), ...env }
  const storage = openStorage({
    url: settings.STORAGE_URL,
    folder: join(openFootingFolder(folder), 'storage'),
    env: settings,
  })
  const embedded = settings.DATABASE_URL
    ? undefined
    : await startLocalPostgres(place, (line) => terminal.note(terminal.noteStyle(line, 'dim')))
  const data = openDataSource({ url: settings.DATABASE_URL || embedded?.url || '', poolSize: 2 })
  return {
    archive: openArchive({ data, storage, tables }),
    async close() {
      await storage.close()
      await data.close()
      await embedded?.stop()
    },
  }
}

async function readTables(folder: string): Promise<readonly ArchivedTable[]> {
  const file = ['archive.ts', 'archive.js'].map((name) => join(folder, name)).find((path) => existsSync(path))
  const missing = (reason: string, cause?: unknown) =>
    cliErrors('archive-list-missing', { details: { file: file ?? join(folder, 'archive.ts'), reason }, cause })
  if (file === undefined) throw missing('there is no such file.')
  let exported: Readonly<Record<string, unknown>>
  try {
    exported = await import(pathToFileURL(file).href)
  } catch (error) {
    if (isFootingError(error)) throw error
    throw missing(error instanceof Error ? error.message : String(error), error)
  }
  const list = exported.archive
  if (!Array.isArray(list) || list.length === 0) throw missing('it exports no list named archive.')
  // Each entry is checked where the archive is opened.
  return list as readonly ArchivedTable[]
}
