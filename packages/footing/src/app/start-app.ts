// Starting an application: settings, capabilities in their order, modules in order of needs, then the doors are opened.
import { type Clock, systemClock } from '@footing/kernel'
import type { ModulePlaces, ProcessFacts } from '../capability/capability.ts'
import type { AnyManifest } from '../module/define-module.ts'
import { ModuleNetwork } from '../module/module-network.ts'
import type { Setting } from '../module/setting.ts'
import { currentContext } from '../work/call-context.ts'
import { DeadlineWheel } from '../work/deadline-wheel.ts'
import { createLog } from '../work/log.ts'
import type { Profile } from '../work/profile.ts'
import { baseSettings } from './base-settings.ts'
import { chooseCapabilities, OpenCapabilities, settingsOfCapability } from './capabilities-in-use.ts'
import type { App, RunningApp, StartOptions } from './create-app.ts'
import { edgeSettings } from './edge-module.ts'
import { faultsError, misspelt, type ReadSettings, readProfile, tryReadSettings } from './read-settings.ts'
import { makeEdges, type StartedModule, startModules, stopModules } from './start-modules.ts'

/**
 * Starts an application; see `App.start`. When a part fails, what had started is stopped again.
 * @throws `settings-invalid`, `capability-open-failed`, `module-start-failed`, and what a capability says itself
 */
export async function startApp(app: App, options: StartOptions): Promise<RunningApp> {
  const given = withOptions(options.env ?? process.env, options)
  const profile = options.profile ?? readProfile(given)
  const { facts, values } = await readFacts(app, options, given, profile)
  const log = createLog(undefined, currentContext)
  const { clock, role } = facts
  for (const [given, meant] of misspelt(facts.env, Object.keys(values))) {
    log.warn(`${given} is set, and nothing reads it; ${meant} is read`, { variable: given })
  }
  const network = new ModuleNetwork(app.modules, {
    clock,
    wheel: new DeadlineWheel(clock),
    checked: profile !== 'production',
  })
  const open = new OpenCapabilities(app.capabilities, facts, { log, network, values }, options.opened ?? {})
  let modules: readonly StartedModule[] = []
  try {
    await open.open()
    modules = await startModules(app, open)
    const edges = role === 'worker' ? [] : await makeEdges(app, open)
    await open.start(modules, edges)
  } catch (error) {
    await stopModules(modules, log)
    await open.close()
    throw error
  }
  const state = { stopping: undefined as Promise<void> | undefined }
  const drainMs = Number(values.DRAIN_MS)
  const stop = async (deadlineMs: number): Promise<void> => {
    await open.drain(deadlineMs)
    await stopModules(modules, log)
    // Said before telemetry is closed with the rest.
    log.info('stopped', { app: app.name })
    await open.close()
    open.throwFailures()
  }
  const running = {
    name: app.name,
    role,
    profile,
    ports: network.portsFor(undefined, app.modules),
    operations: () => network.targets.map((target) => target.stats()),
    capabilities: () => open.facts(),
    health: () => open.health(),
    get ready() {
      return state.stopping === undefined
    },
    stop: (asked: { readonly deadline?: number } = {}) => {
      state.stopping ??= stop(asked.deadline ?? drainMs)
      return state.stopping
    },
  }
  // What the capabilities show of themselves: the address, the routes, personal data.
  Object.defineProperties(running, open.shown())
  // The rest of its members came from the capabilities of the list.
  const whole = running as unknown as RunningApp
  log.info('started', { app: app.name, role, profile, url: whole.url, drivers: open.summary() })
  open.warn()
  return whole
}

/** What the environment says: every fault of every part in one error. */
async function readFacts(
  app: App,
  options: StartOptions,
  env: Readonly<Record<string, string | undefined>>,
  profile: Profile,
): Promise<{ readonly facts: ProcessFacts; readonly values: Readonly<Record<string, unknown>> }> {
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
  if (faults.size > 0) throw faultsError([...faults.values()])
  return { facts, values: Object.freeze(Object.assign({}, ...parts.map((part) => part.values))) }
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
