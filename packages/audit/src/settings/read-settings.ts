// Reads footing.config.json, the `footing` part of package.json, or a TypeScript configuration that was named.
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SEVERITIES } from '../detection/detection.ts'
import { readTextFile, refusalWords, repositoryOf } from '../repository/index.ts'
import { auditErrors } from './errors.ts'
import { type AuditSettings, type BoundarySettings, DEFAULT_BOUNDARIES } from './settings.ts'

/**
 * The configuration file for a folder: `footing.config.json`, or a `package.json` with a `footing` part, in it or above
 * it, up to the folder that holds `.git`. A TypeScript configuration is never found, only named, because reading it runs
 * it and an audit runs nothing it finds.
 */
export function findSettings(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, 'footing.config.json')
    if (existsSync(file)) return file
    const manifest = join(at, MANIFEST)
    if (existsSync(manifest) && footingPart(manifest, repositoryOf(at)) !== undefined) return manifest
    if (existsSync(join(at, '.git')) || dirname(at) === at) return undefined
  }
}

/**
 * Reads a configuration file: JSON, or a module whose default export is the configuration. Its parts `audit` and
 * `boundaries` count. A file that was found and not named is given with the repository that it must lie in.
 * @throws FootingError `audit-settings-wrong` that names the field
 */
export async function readSettings(file: string, tree?: string): Promise<AuditSettings> {
  const content = /\.(?:ts|mts|js|mjs)$/.test(file) ? await load(file) : parse(file, tree)
  const whole = asObject(content, file, 'the configuration')
  const root = basename(file) === MANIFEST ? asObject(whole.footing ?? {}, file, '`footing`') : whole
  return { ...check(root.audit ?? {}, file), boundaries: boundaries(root.boundaries ?? {}, file) }
}

const MANIFEST = 'package.json'

// A package.json that cannot be read is not ours to complain about: whoever installs from it hears of it.
function footingPart(file: string, tree: string): unknown {
  const read = readTextFile(file, { tree })
  if ('refused' in read) return undefined
  try {
    const content: unknown = JSON.parse(read.text)
    return typeof content === 'object' && content !== null && 'footing' in content ? content.footing : undefined
  } catch {
    return undefined
  }
}

async function load(file: string): Promise<unknown> {
  try {
    const module: unknown = await import(pathToFileURL(file).href)
    return typeof module === 'object' && module !== null && 'default' in module ? module.default : module
  } catch (cause) {
    throw wrong(file, 'it could not be loaded.', 'Correct the error in it, or write footing.config.json.', cause)
  }
}

function parse(file: string, tree: string | undefined): unknown {
  const read = readTextFile(file, tree === undefined ? {} : { tree })
  const remedy = 'Give an existing file with `--config`, and correct its syntax.'
  if ('refused' in read) throw wrong(file, `it ${refusalWords[read.refused]}.`, remedy)
  try {
    return JSON.parse(read.text)
  } catch (cause) {
    throw wrong(file, 'it is no JSON.', remedy, cause)
  }
}

const AUDIT_KEYS = ['exclude', 'sharedKernel', 'rules']

function check(value: unknown, file: string): Omit<AuditSettings, 'boundaries'> {
  const audit = asObject(value, file, '`audit`')
  refuseUnknown(audit, 'audit', AUDIT_KEYS, file)
  return {
    exclude: texts(audit.exclude, file, 'audit.exclude'),
    sharedKernel: texts(audit.sharedKernel, file, 'audit.sharedKernel'),
    rules: rules(audit.rules, file),
  }
}

function boundaries(value: unknown, file: string): BoundarySettings {
  const given = asObject(value, file, '`boundaries`')
  refuseUnknown(given, 'boundaries', Object.keys(DEFAULT_BOUNDARIES), file)
  const list = (name: string) => texts(given[name], file, `boundaries.${name}`)
  const byModule = (name: string) => {
    const lists = Object.entries(asObject(given[name] ?? {}, file, `\`boundaries.${name}\``))
    return Object.fromEntries(
      lists.map(([module, names]) => [module, texts(names, file, `boundaries.${name}.${module}`)]),
    )
  }
  return {
    modules: list('modules'),
    public: list('public'),
    needs: byModule('needs'),
    tables: byModule('tables'),
    reads: byModule('reads'),
    drivers: list('drivers'),
    vendors: list('vendors'),
  }
}

function refuseUnknown(given: object, part: string, known: readonly string[], file: string): void {
  const stranger = Object.keys(given).find((key) => !known.includes(key))
  if (stranger === undefined) return
  throw wrong(file, `\`${part}.${stranger}\` is no setting.`, `Settings are ${known.join(', ')}.`)
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
  const key = name.slice(name.lastIndexOf('.') + 1)
  throw wrong(file, `\`${name}\` is no list of texts.`, `Write \`"${key}": ["…"]\`.`)
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
