// Reads the environment once: every variable is parsed, every fault is reported in one error, no secret is shown.
import { readFile } from 'node:fs/promises'
import type { ErrorIssue } from '@footing/kernel'
import { validate } from '../module/schema.ts'
import type { Setting } from '../module/setting.ts'
import { type Profile, profiles } from '../work/profile.ts'
import { appErrors } from './errors.ts'

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A file of a secret may be this large; more is a wrong path. */
const largestSecretFile = 64 * 1024

/**
 * The profile that `FOOTING_PROFILE` names, else `NODE_ENV`, else development.
 * @throws `settings-invalid` for any other word, because guessing would make production lenient
 */
export function readProfile(env: Environment): Profile {
  const name = env.FOOTING_PROFILE ? 'FOOTING_PROFILE' : 'NODE_ENV'
  const word = env[name] || 'development'
  const profile = profiles.find((candidate) => candidate === word)
  if (profile) return profile
  throw faultsError([
    { pointer: `/${name}`, message: `${name} is ${JSON.stringify(word)}; expected one of ${profiles.join(', ')}` },
  ])
}

/**
 * Parses all settings. A variable that is empty counts as not set; `NAME_FILE` may name a file with its value.
 * @throws `settings-invalid` with one issue per fault
 */
export async function readSettings(
  settings: Readonly<Record<string, Setting>>,
  env: Environment,
  profile: Profile,
): Promise<Readonly<Record<string, unknown>>> {
  const values: Record<string, unknown> = {}
  const faults: ErrorIssue[] = []
  for (const [name, setting] of Object.entries(settings)) {
    const found = await readOne(name, setting, env, profile)
    if ('fault' in found) faults.push({ pointer: `/${name}`, message: `${name} ${found.fault} (${setting.summary})` })
    else values[name] = found.value
  }
  if (faults.length > 0) throw faultsError(faults)
  return Object.freeze(values)
}

type Found = { readonly value: unknown } | { readonly fault: string }

async function readOne(name: string, setting: Setting, env: Environment, profile: Profile): Promise<Found> {
  const text = await readText(name, env)
  if (typeof text === 'object') return text
  if (text === undefined) return fallbackOf(setting, profile)
  const validation = await validate(setting.schema, text)
  if (!('issues' in validation)) return validation
  const got = setting.secret ? `a secret of ${text.length} characters` : JSON.stringify(shortened(text))
  return { fault: `is ${got}: ${validation.issues.map((issue) => issue.message).join('; ')}` }
}

async function readText(name: string, env: Environment): Promise<string | undefined | { readonly fault: string }> {
  const text = env[name] || undefined
  const path = env[`${name}_FILE`] || undefined
  if (path === undefined) return text
  if (text !== undefined) return { fault: `is set twice: as ${name} and as ${name}_FILE; remove one` }
  try {
    const content = await readFile(path, 'utf8')
    if (content.length > largestSecretFile) return { fault: `is read from ${path}, which is too large for a setting` }
    return content.replace(/\r?\n$/, '') || undefined
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    return { fault: `is to be read from ${path}, which cannot be read: ${reason}` }
  }
}

function fallbackOf(setting: Setting, profile: Profile): Found {
  if (setting.fallback !== undefined) return { value: setting.fallback }
  if (profile !== 'production' && setting.developmentFallback !== undefined)
    return { value: setting.developmentFallback }
  if (setting.optional) return { value: undefined }
  const where = setting.developmentFallback === undefined ? '' : ' and production has no default for it'
  return { fault: `is not set${where}` }
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

function faultsError(faults: readonly ErrorIssue[]): Error {
  const lines = faults.map((fault) => `  ${fault.message}`).join('\n')
  return appErrors('settings-invalid', { details: { count: faults.length, faults: lines }, issues: faults })
}
