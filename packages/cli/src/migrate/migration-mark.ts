// A mark beside the application by which `footing migrate` tells a running `footing dev` that the database has changed.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openFootingFolder } from '../application/footing-folder.ts'

const name = 'migrated'

/** Where it is, relative to the folder of the application. */
export const migrationMark = join('.footing', name)

/** Sets it. The text only has to differ from the one before. */
export function markMigrated(folder: string, at: Date): void {
  writeFileSync(join(openFootingFolder(folder), name), `${at.toISOString()}\n`)
}
