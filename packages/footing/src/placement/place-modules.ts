// Which modules this process holds, where the others are, and which ports it answers for other processes.

import { nearest } from '@footing/kernel'
import type { ModulePlaces } from '../capability/capability.ts'
import type { AnyManifest } from '../module/define-module.ts'
import { optionalSetting, type Setting } from '../module/setting.ts'
import { textSchema } from '../module/text-schema.ts'
import type { Profile } from '../work/profile.ts'
import { placementErrors } from './errors.ts'
import { developmentKeys, keysExpected, type ModuleKeys, parseModuleKeys } from './module-keys.ts'

/** Name of the variable that says where a module is. */
export function placeVariable(module: string): string {
  return `PLACE_${module.toUpperCase()}`
}

/** The settings that placement reads. */
export function placementSettings(modules: readonly AnyManifest[]): Readonly<Record<string, Setting>> {
  const places = modules.map(({ name }) => [
    placeVariable(name),
    optionalSetting({
      schema: processAddress(),
      summary: `where the module ${name} is, when it is not in this process`,
    }),
  ])
  return {
    ...Object.fromEntries(places),
    SERVE_MODULES: optionalSetting({
      schema: textSchema('names of modules, separated by commas', namesIn),
      summary: 'the only modules of this process; it answers their ports and no routes',
    }),
    MODULE_KEYS: optionalSetting({
      schema: textSchema(keysExpected, parseModuleKeys),
      secret: true,
      summary: 'keys by which the processes of this application know each other; the first signs, all are recognised',
    }),
  }
}

/**
 * Puts the modules in their places.
 * @throws `placement-invalid`
 */
export function placeModules(
  modules: readonly AnyManifest[],
  values: Readonly<Record<string, unknown>>,
  profile: Profile,
  env: Readonly<Record<string, string | undefined>> = {},
): ModulePlaces {
  // The values were parsed by the settings above.
  const only = values.SERVE_MODULES as readonly string[] | undefined
  const placed = new Map<string, URL>()
  for (const { name } of modules) {
    const url = values[placeVariable(name)]
    if (url instanceof URL) placed.set(name, url)
  }
  const names = modules.map(({ name }) => name)
  const stranger = only?.find((name) => !names.includes(name))
  if (stranger !== undefined) {
    throw invalid(`SERVE_MODULES names ${stranger}, which the application does not have${meant(stranger, names)}.`)
  }
  verifyVariables(env, Object.keys(placementSettings(modules)))
  const twice = only?.find((name) => placed.has(name))
  if (twice !== undefined)
    throw invalid(`${twice} is in SERVE_MODULES, and ${placeVariable(twice)} says it is elsewhere.`)
  const local = modules.filter(({ name }) => (only === undefined ? !placed.has(name) : only.includes(name)))
  verifyNeeds(local, placed)
  const edges = only === undefined ? modules.filter(({ name }) => placed.has(name)) : []
  const served = only === undefined ? local.filter(({ name }) => edges.some((edge) => needs(edge, name))) : local
  if ((placed.size > 0 || only !== undefined) && values.MODULE_KEYS === undefined && profile === 'production') {
    throw invalid('MODULE_KEYS is not set, and production neither makes nor takes calls that are not signed.')
  }
  return { local, placed, edges, served, hasRoutes: only === undefined }
}

/** What processes know each other by; undefined when nothing leaves this one and nothing comes in. */
export function keysOf(
  { placed, hasRoutes }: ModulePlaces,
  values: Readonly<Record<string, unknown>>,
  profile: Profile,
): ModuleKeys | undefined {
  if (placed.size === 0 && hasRoutes) return undefined
  // Parsed by the settings above; production was refused without.
  const keys = values.MODULE_KEYS as ModuleKeys | undefined
  return keys ?? (profile === 'production' ? undefined : developmentKeys())
}

/** A variable of placement that nothing reads would leave a module where it is, without a word. */
function verifyVariables(env: Readonly<Record<string, string | undefined>>, known: readonly string[]): void {
  for (const [name, value] of Object.entries(env)) {
    const [, kind] = /^(PLACE|SERVE|MODULE)_./.exec(name) ?? []
    const plain = name.replace(/_FILE$/, '')
    if (kind === undefined || !value || known.includes(plain)) continue
    const hint = meant(plain, known)
    // Other software has variables of such names as well; an address behind PLACE_ is meant for us.
    if (hint === '' && !(kind === 'PLACE' && /^https?:\/\//.test(value))) continue
    throw invalid(`${name} is set, and no module has this variable${hint}.`)
  }
}

function meant(word: string, known: readonly string[]): string {
  const found = nearest(word, known)
  return found === undefined ? '' : `; ${found} was probably meant`
}

function verifyNeeds(local: readonly AnyManifest[], placed: ReadonlyMap<string, URL>): void {
  for (const { name, needs } of local) {
    const lost = needs.find(
      (needed) => !placed.has(needed.name) && !local.some((module) => module.name === needed.name),
    )
    if (lost)
      throw invalid(`${name} needs ${lost.name}, which is not in this process; set ${placeVariable(lost.name)}.`)
  }
}

function needs(module: AnyManifest, name: string): boolean {
  return module.needs.some((needed) => needed.name === name)
}

function namesIn(text: string): readonly string[] | undefined {
  const names = text.split(',').map((name) => name.trim())
  return names.every((name) => name !== '') ? [...new Set(names)] : undefined
}

/** An address that calls can be sent to: a path in front is kept, anything else in a URL would be lost silently. */
function processAddress() {
  return textSchema('an address such as https://billing.internal:8080', (text) => {
    if (!URL.canParse(text)) return undefined
    const url = new URL(text)
    const usable = url.protocol === 'http:' || url.protocol === 'https:'
    return usable && url.username === '' && url.password === '' && url.search === '' && url.hash === ''
      ? url
      : undefined
  })
}

function invalid(fault: string): Error {
  return placementErrors('placement-invalid', { details: { fault } })
}
