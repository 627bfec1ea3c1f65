// The `.env` file of an application folder: defaults for a developer's machine, never over the real environment.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

/** The variables of `<folder>/.env`; none when there is no such file. */
export function readEnvFile(folder: string): Readonly<Record<string, string | undefined>> {
  try {
    return parseEnv(readFileSync(join(folder, '.env'), 'utf8'))
  } catch {
    return {}
  }
}
