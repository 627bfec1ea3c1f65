// Reads footing.config.json, the `footing` part of package.json, or a TypeScript configuration that was named.
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { auditErrors } from '../errors.ts'
import { SEVERITIES } from '../findings/finding.ts'
import { type AuditSettings, DEFAULT_SETTINGS } from './settings.ts'

/**
 * The configuration file for a folder: `footing.config.json` in it or above it, up to the folder that holds `.git`.
 * A TypeScript configuration is never found, only named, because reading it runs it and an audit runs nothing it finds.
 */
export function findSettings(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, 'footing.config.json')
    if (existsSync(file)) return file
    if (existsSync(join(at, '.git')) || dirname(at) === at) return undefined
  }
}

/**
 * Reads a configuration file: JSON, or a module whose default export is the configuration (its `audit` part counts).
 * @throws FootingError `audit-settings-wrong` that names the field
 */
export async function readSettings(file: string): Promise<AuditSettings> {
  const content = /\.(?:ts|mts|js|mjs)$/.test(file) ? await load(file) : parse(file)
  const root = asObject(content, file, 'the configuration')
  return check(root.audit ?? {}, file)
}

async function load(file: string): Promise<unknown> {
  try {
    const module: unknown = await import(pathToFileURL(file).href)
    return typeof module === 'object' && module !== null && 'default' in module ? module.default : module
  } catch (cause) {
    throw wrong(file, 'it could not be loaded.', 'Correct the error in it, or write footing.config.json.', cause)
  }
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw wrong(
      file,
      'it is missing or no JSON.',
      'Give an existing file with `--config`, and correct its syntax.',
      cause,
    )
  }
}

function check(value: unknown, file: string): AuditSettings {
  const audit = asObject(value, file, '`audit`')
  for (const key of Object.keys(audit)) {
    if (!(key in DEFAULT_SETTINGS)) {
      throw wrong(file, `\`audit.${key}\` is no setting.`, `Settings are ${Object.keys(DEFAULT_SETTINGS).join(', ')}.`)
    }
  }
  return {
    exclude: texts(audit.exclude, file, 'exclude'),
    sharedKernel: texts(audit.sharedKernel, file, 'sharedKernel'),
    rules: rules(audit.rules, file),
  }
}

function rules(value: unknown, file: string): AuditSettings['rules'] {
  const given = asObject(value ?? {}, file, '`audit.rules`')
  for (const [rule, severity] of Object.entries(given)) {
    const known = severity === 'off' || SEVERITIES.some((name) => name === severity)
    if (!known)
      throw wrong(file, `\`audit.rules["${rule}"]\` is no severity.`, `Write "off" or one of ${SEVERITIES.join(', ')}.`)
  }
  return given as AuditSettings['rules'] // Every value was checked; a key that is no rule is told by the command.
}

function texts(value: unknown, file: string, name: string): readonly string[] {
  if (value === undefined) return []
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw wrong(file, `\`audit.${name}\` is no list of texts.`, `Write \`"${name}": ["…"]\`.`)
}

function asObject(value: unknown, file: string, name: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw wrong(file, `${name} is no object.`, 'Write `{ "audit": { … } }`.')
}

function wrong(file: string, problem: string, remedy: string, cause?: unknown) {
  return auditErrors('audit-settings-wrong', {
    details: { file: basename(file), problem, remedy },
    ...(cause === undefined ? {} : { cause }),
  })
}
