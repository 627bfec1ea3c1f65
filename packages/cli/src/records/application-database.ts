// The application and the database that a command about records works on.
import type { App } from '@footing/core'
import { requireApplication } from '../application/application.ts'
import { readEnvFile } from '../application/env-file.ts'
import { loadApplication } from '../application/load-application.ts'
import { startLocalPostgres } from '../application/local-postgres.ts'
import type { CommandContext } from '../command/command.ts'

/** An application with the direct URL of its database. */
export interface ApplicationDatabase {
  readonly app: App
  readonly folder: string
  /** PostgreSQL itself, past any pooler. */
  readonly directUrl: string
  /** The environment with the file `.env` of the folder below it. */
  readonly settings: Readonly<Record<string, string | undefined>>
  close(): Promise<void>
}

/**
 * Loads the application of a folder; without DATABASE_DIRECT_URL and DATABASE_URL its database is the embedded one of
 * footing dev.
 * @throws `app-missing`, and the errors of loading and starting
 */
export async function openApplicationDatabase(
  { cwd, env, terminal }: CommandContext,
  argument: string | undefined,
  command: string,
): Promise<ApplicationDatabase> {
  const place = requireApplication(cwd, argument, command)
  const { folder } = place
  const settings = { ...readEnvFile(folder), ...env }
  const app = await loadApplication(place)
  const given = settings.DATABASE_DIRECT_URL || settings.DATABASE_URL
  if (given) return { app, folder, directUrl: given, settings, close: async () => undefined }
  const server = await startLocalPostgres(place, (line) => terminal.note(terminal.noteStyle(line, 'dim')))
  return { app, folder, directUrl: server.url, settings, close: () => server.stop() }
}
