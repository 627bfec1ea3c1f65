// Secrets that an application requires and a developer's machine does not have: made up once, kept beside the database.
import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { App } from '@footing/core'
import { openFootingFolder } from '../application/footing-folder.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Values for the required secret settings that the environment does not give. They are kept in `.footing/secrets.json` of
 * the application's folder, readable by its owner only, so that logins survive a restart. Production never sees them: only `footing dev` calls this.
 */
export function developmentSecrets(
  app: Pick<App, 'modules' | 'options'>,
  env: Environment,
  folder: string,
): Environment {
  const wanted = [...requiredSecrets(app), ...(isPlaced(env) ? ['MODULE_KEYS'] : [])]
  const missing = wanted.filter((name) => !env[name] && !env[`${name}_FILE`])
  if (missing.length === 0) return {}
  const file = join(openFootingFolder(folder), 'secrets.json')
  const known = readSecrets(file)
  const made = missing.filter((name) => known[name] === undefined)
  const all = { ...known, ...Object.fromEntries(made.map((name) => [name, makeSecret(name)])) }
  if (made.length > 0) writeSecrets(file, all)
  return Object.fromEntries(missing.map((name) => [name, all[name]]))
}

/** Processes of one folder know each other by a key that only its owner can read. */
function isPlaced(env: Environment): boolean {
  return Object.entries(env).some(([name, value]) => /^(PLACE_.|SERVE_MODULES)/.test(name) && Boolean(value))
}

function makeSecret(name: string): string {
  const secret = randomBytes(36).toString('base64url')
  return name === 'MODULE_KEYS' ? `development:${secret}` : secret
}

function requiredSecrets(app: Pick<App, 'modules' | 'options'>): readonly string[] {
  const settings = { ...app.options.settings, ...Object.assign({}, ...app.modules.map((module) => module.settings)) }
  return Object.entries(settings as Required<App['options']>['settings'])
    .filter(([, setting]) => setting.secret && !setting.optional)
    .filter(([, setting]) => setting.fallback === undefined && setting.developmentFallback === undefined)
    .map(([name]) => name)
}

function readSecrets(file: string): Readonly<Record<string, string>> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof parsed !== 'object' || parsed === null) return {}
    return Object.fromEntries(
      Object.entries(parsed).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    )
  } catch {
    return {}
  }
}

// Written beside and renamed, so that a process that starts meanwhile reads a whole file.
function writeSecrets(file: string, secrets: Readonly<Record<string, string>>): void {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(secrets, undefined, 2)}\n`, { mode: 0o600 })
  renameSync(draft, file)
}
