// The embedded PostgreSQL of an application: the one that `footing dev` runs and every command works on without DATABASE_URL.
import { join } from 'node:path'
import type { EmbeddedServer } from '@footing/core/tooling'
import type { ApplicationPlace } from './application.ts'
import { openFootingFolder } from './footing-folder.ts'

/** Starts it, or joins the one that already runs for this folder. */
export async function startLocalPostgres(
  place: ApplicationPlace,
  log: (line: string) => void,
): Promise<EmbeddedServer> {
  const { startEmbeddedPostgres } = await import('@footing/core/servers')
  return startEmbeddedPostgres({
    folder: join(openFootingFolder(place.folder), 'postgres'),
    resolveFrom: [import.meta.url, place.entry],
    database: 'app',
    log,
  })
}
