// Where a repository begins.
import { lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The nearest folder from here upwards that holds `.git`; the folder itself where there is none. */
export function repositoryOf(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (holdsGit(at)) return at
    if (dirname(at) === at) return folder
  }
}

function holdsGit(folder: string): boolean {
  try {
    return lstatSync(join(folder, '.git'), { throwIfNoEntry: false }) !== undefined
  } catch {
    return false // A folder that may not be looked into.
  }
}
