// The `.env` file of an application folder: defaults for a developer's machine, never over the real environment.
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { readTextFile } from '@footing/audit/repository'

/** The variables of `<folder>/.env`; none when there is no such file. It may be a link: a developer keeps secrets elsewhere. */
export function readEnvFile(folder: string): Readonly<Record<string, string | undefined>> {
  const file = readTextFile(join(folder, '.env'))
  return 'text' in file ? parseEnv(file.text) : {}
}
