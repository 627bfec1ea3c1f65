// What a process would be, read from the application and the environment: which modules, capabilities and settings.
import { type Clock, type ErrorIssue, systemClock } from '@footing/kernel'
import type { AnyCapability, ModulePlaces, ProcessFacts } from '../capability/capability.ts'
import type { AnyManifest } from '../module/define-module.ts'
import type { Setting } from '../module/setting.ts'
import { baseSettings } from './base-settings.ts'
import { chooseCapabilities, settingsOfCapability } from './capabilities-in-use.ts'
import type { App, StartOptions } from './create-app.ts'
import { edgeSettings } from './edge-module.ts'
import { type ReadSettings, readProfile, tryReadSettings } from './read-settings.ts'

/** A process before anything is open. */
export interface ReadProcess {
  readonly facts: ProcessFacts
  /** Of what was right. */
  readonly values: Readonly<Record<string, unknown>>
  readonly faults: readonly ErrorIssue[]
  /** What would be opened, in order. */
  readonly wanted: readonly AnyCapability[]
}

/**
 * Reads it: every fault of every part, none of them thrown.
 * @throws `settings-invalid` for a profile that is none, `capability-needed`
 */
export async function readProcess(app: App, options: StartOptions): Promise<ReadProcess> {
  const env = withOptions(options.env ?? process.env, options)
  const profile = options.profile ?? readProfile(env)
  const clock: Clock = options.clock ?? systemClock
  const read = (settings: Readonly<Record<string, Setting>>) => tryReadSettings(settings, env, profile)
  const base = await read(baseSettings)
  const role = (base.values.ROLE ?? 'all') as ProcessFacts['role']
  // An application is its own options; capabilities see it as data.
  const known = { app, profile, role, clock, env, options: options as Readonly<Record<string, unknown>> }
  const placing = app.capabilities.find((capability) => capability.places !== undefined)
  const placed = await read(placing === undefined ? {} : settingsOfCapability(placing, app.modules))
  const places =
    placing?.places !== undefined && placed.faults.length === 0
      ? placing.places(placed.values as never, known) // parsed by exactly its settings
      : everythingHere(app.modules)
  const facts: ProcessFacts = { ...known, places }
  const wanted = chooseCapabilities(app.capabilities, facts, options.opened ?? {})
  const rest = await read({
    ...Object.assign({}, ...wanted.map((capability) => settingsOfCapability(capability, app.modules))),
    ...app.options.settings,
    ...Object.assign({}, ...places.edges.map(edgeSettings)),
    ...Object.assign({}, ...places.local.map((module) => module.settings)),
  })
  const parts: readonly ReadSettings[] = [base, placed, rest]
  const faults = new Map(parts.flatMap((part) => part.faults.map((fault) => [fault.pointer, fault] as const)))
  const values = Object.freeze(Object.assign({}, ...parts.map((part) => part.values)))
  return { facts, values, faults: [...faults.values()], wanted }
}

function everythingHere(modules: readonly AnyManifest[]): ModulePlaces {
  return { local: modules, placed: new Map(), edges: [], served: [], hasRoutes: true }
}

function withOptions(env: Readonly<Record<string, string | undefined>>, options: StartOptions) {
  const places = Object.entries(options.place ?? {}).map(([module, url]) => [`PLACE_${module.toUpperCase()}`, url])
  return {
    ...env,
    ...Object.fromEntries(places),
    ...(options.serve === undefined ? {} : { SERVE_MODULES: options.serve.join(',') }),
    ...(options.port === undefined ? {} : { PORT: String(options.port) }),
    ...(options.host === undefined ? {} : { HOST: options.host }),
    ...(options.role === undefined ? {} : { ROLE: options.role }),
  }
}
