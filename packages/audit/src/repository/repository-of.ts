// Where a repository begins.
import { lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The nearest folder from here upwards that holds `.git`; the folder itself where there is none. */
export function repositoryOf(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (lstatSync(join(at, '.git'), { throwIfNoEntry: false }) !== undefined) return at
    if (dirname(at) === at) return folder
  }
}
