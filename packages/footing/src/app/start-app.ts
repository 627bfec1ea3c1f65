// Starting an application: settings, capabilities in their order, modules in order of needs, then the doors are opened.
import { ModuleNetwork } from '../module/module-network.ts'
import { currentContext } from '../work/call-context.ts'
import { DeadlineWheel } from '../work/deadline-wheel.ts'
import { createLog } from '../work/log.ts'
import { OpenCapabilities } from './capabilities-in-use.ts'
import type { App, RunningApp, StartOptions } from './create-app.ts'
import { readProcess } from './read-process.ts'
import { faultsError, misspelt } from './read-settings.ts'
import { makeEdges, type StartedModule, startModules, stopModules } from './start-modules.ts'

/**
 * Starts an application; see `App.start`. When a part fails, what had started is stopped again.
 * @throws `settings-invalid`, `capability-open-failed`, `module-start-failed`, and what a capability says itself
 */
export async function startApp(app: App, options: StartOptions): Promise<RunningApp> {
  const { facts, values, faults } = await readProcess(app, options)
  if (faults.length > 0) throw faultsError(faults)
  const log = createLog(undefined, currentContext)
  const { clock, role, profile } = facts
  const network = new ModuleNetwork(app.modules, {
    clock,
    wheel: new DeadlineWheel(clock),
    checked: profile !== 'production',
  })
  const open = new OpenCapabilities(app.capabilities, facts, { log, network, values }, options.opened ?? {})
  let modules: readonly StartedModule[] = []
  try {
    await open.open()
    // Telemetry is open, so that somebody hears it.
    for (const [given, meant] of misspelt(facts.env, Object.keys(values))) {
      log.warn(`${given} is set, and nothing reads it; ${meant} is read`, { variable: given })
    }
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
