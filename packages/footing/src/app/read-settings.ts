// Reads the environment once: every variable is parsed, every fault is reported in one error, no secret is shown.
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { type ErrorIssue, nearest } from '@footing/kernel'
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

/** What was read: values of what was right, faults of the rest. */
export interface ReadSettings {
  readonly values: Readonly<Record<string, unknown>>
  readonly faults: readonly ErrorIssue[]
}

/**
 * Parses settings. A variable that is empty counts as not set; `NAME_FILE` may name a file with its value. One that is
 * missing is told with the variable that was perhaps meant for it.
 */
export async function tryReadSettings(
  settings: Readonly<Record<string, Setting>>,
  env: Environment,
  profile: Profile,
): Promise<ReadSettings> {
  const values: Record<string, unknown> = {}
  const faults: ErrorIssue[] = []
  for (const [name, setting] of Object.entries(settings)) {
    const found = await readOne(name, setting, env, profile)
    if ('fault' in found) faults.push({ pointer: `/${name}`, message: `${name} ${found.fault} (${setting.summary})` })
    else values[name] = found.value
  }
  return { values, faults }
}

/**
 * The same for callers that do nothing with faults.
 * @throws `settings-invalid` with one issue per fault
 */
export async function readSettings(
  settings: Readonly<Record<string, Setting>>,
  env: Environment,
  profile: Profile,
): Promise<Readonly<Record<string, unknown>>> {
  const { values, faults } = await tryReadSettings(settings, env, profile)
  if (faults.length > 0) throw faultsError(faults)
  return Object.freeze(values)
}

/** Variables of the environment that look like a misspelt one of `known`, with the one that was probably meant. */
export function misspelt(env: Environment, known: readonly string[]): readonly (readonly [string, string])[] {
  const names = new Set(known.flatMap((name) => [name, `${name}_FILE`]))
  return Object.keys(env).flatMap((given) => {
    if (given.length < 6 || names.has(given) || !env[given]) return []
    const meant = nearest(given, names)
    return meant === undefined || env[meant] ? [] : [[given, meant] as const]
  })
}

type Found = { readonly value: unknown } | { readonly fault: string }

async function readOne(name: string, setting: Setting, env: Environment, profile: Profile): Promise<Found> {
  const text = await readText(name, env)
  if (typeof text === 'object') return text
  if (text === undefined) return fallbackOf(name, setting, env, profile)
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
    return await readSecretFile(path)
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    return { fault: `is to be read from ${path}, which cannot be read: ${reason}` }
  }
}

/** A pipe or a device would keep the start waiting for ever, or fill the memory: regular files only, up to a size. */
async function readSecretFile(path: string): Promise<string | undefined | { readonly fault: string }> {
  // A pipe without a writer must not keep `open` itself waiting.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    if (!(await file.stat()).isFile()) return { fault: `is read from ${path}, which is no regular file` }
    const buffer = Buffer.alloc(largestSecretFile + 1)
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
    if (bytesRead > largestSecretFile) return { fault: `is read from ${path}, which is too large for a setting` }
    return buffer.toString('utf8', 0, bytesRead).replace(/\r?\n$/, '') || undefined
  } finally {
    await file.close()
  }
}

function fallbackOf(name: string, setting: Setting, env: Environment, profile: Profile): Found {
  if (setting.fallback !== undefined) return { value: setting.fallback }
  if (profile !== 'production' && setting.developmentFallback !== undefined)
    return { value: setting.developmentFallback }
  if (setting.optional) return { value: undefined }
  const where = setting.developmentFallback === undefined ? '' : ' and production has no default for it'
  const [slip] = misspelt(env, [name])
  const hint = slip === undefined ? '' : `; ${slip[0]} is set, and looks like it`
  return { fault: `is not set${where}${hint}` }
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

/** One error of all faults. */
export function faultsError(faults: readonly ErrorIssue[]): Error {
  const lines = faults.map((fault) => `  ${fault.message}`).join('\n')
  return appErrors('settings-invalid', { details: { count: faults.length, faults: lines }, issues: faults })
}
