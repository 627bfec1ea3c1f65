// The folder `.footing` beside an application: data of one machine, which no repository wants.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Makes the folder, with a .gitignore of its own: also where nobody thought of it. Gives its path. */
export function openFootingFolder(application: string): string {
  const folder = join(application, '.footing')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, '.gitignore'), '*\n')
  return folder
}
