// What footing archive works on: the database and the storage of an application, and the tables that its modules archive.
import { join } from 'node:path'
import { type Archive, archivedTables, openArchive } from '@footing/core/archive'
import { openStorage } from '@footing/core/storage'
import { openDataSource } from '@footing/core/tooling'
import { requireApplication } from '../application/application.ts'
import { readEnvFile } from '../application/env-file.ts'
import { openFootingFolder } from '../application/footing-folder.ts'
import { loadApplication } from '../application/load-application.ts'
import { startLocalPostgres } from '../application/local-postgres.ts'
import type { CommandContext } from '../command/command.ts'
import { cliErrors } from '../command/errors.ts'

/** An opened archive of an application. */
export interface ApplicationArchive {
  readonly archive: Archive
  close(): Promise<void>
}

/**
 * Opens it. Without DATABASE_URL it works on the embedded PostgreSQL, without STORAGE_URL on `.footing/storage`.
 * @throws `app-missing`, `archive-undeclared`, and the errors of application, database, storage and archive
 */
export async function openApplicationArchive(
  { cwd, env, terminal }: CommandContext,
  argument: string | undefined,
  action: string,
): Promise<ApplicationArchive> {
  const place = requireApplication(cwd, argument, `archive ${action}`)
  const { folder } = place
  const app = await loadApplication(place)
  const tables = archivedTables(app.modules)
  if (tables.length === 0) throw cliErrors('archive-undeclared', { details: { file: place.entry } })
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
