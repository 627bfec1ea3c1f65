// Starting an application: settings, database, modules in order of needs; then the door is opened.
import { type Clock, systemClock } from '@footing/kernel'
import type { DataSource } from '../data/contract.ts'
import { openDataSource } from '../data/data-source.ts'
import type { MountedRoute } from '../http/http-options.ts'
import type { CallContext } from '../module/call-context.ts'
import { currentContext } from '../module/call-context.ts'
import { DeadlineWheel } from '../module/deadline-wheel.ts'
import type { AnyManifest } from '../module/define-module.ts'
import { createLog, type Log } from '../module/log.ts'
import { ModuleNetwork } from '../module/module-network.ts'
import type { Profile } from '../module/profile.ts'
import type { Setting, Settled } from '../module/setting.ts'
import { baseSettings, databaseSettings } from './base-settings.ts'
import type { App, Role, RunningApp, StartOptions } from './create-app.ts'
import { databaseScope } from './database-scope.ts'
import { openDoor } from './open-door.ts'
import { readProfile, readSettings } from './read-settings.ts'
import { type StartedModule, startModules, stopModules } from './start-modules.ts'
import { stopOnce } from './stop-once.ts'

/** What the parts of a start share. */
export interface StartUp {
  readonly app: App
  readonly profile: Profile
  readonly role: Role
  readonly clock: Clock
  readonly values: Readonly<Record<string, unknown>>
  readonly base: Settled<typeof baseSettings>
  readonly data: DataSource | undefined
  readonly network: ModuleNetwork
  /** Requests under way. */
  readonly running: Set<CallContext>
}

/**
 * Starts an application; see `App.start`. When a part fails, what had started is stopped again.
 * @throws `settings-invalid`, `module-start-failed`, `port-taken`, and the database's errors when it cannot be reached
 */
export async function startApp(app: App, options: StartOptions): Promise<RunningApp> {
  const env = options.env ?? process.env
  const profile = options.profile ?? readProfile(env)
  const values = await readSettings(settingsOf(app, options), withOptions(env, options), profile)
  // The values were parsed by exactly these settings.
  const base = values as Settled<typeof baseSettings>
  const clock = options.clock ?? systemClock
  const data = options.database ?? openOwnDatabase(app, values, clock, profile)
  const network = new ModuleNetwork(app.modules, {
    clock,
    wheel: new DeadlineWheel(clock),
    checked: profile !== 'production',
  })
  const startUp: StartUp = { app, profile, role: base.ROLE, clock, values, base, data, network, running: new Set() }
  let modules: readonly StartedModule[] = []
  const closeData = async () => {
    if (options.database === undefined) await data?.close()
  }
  try {
    await data?.ping()
    const log = createLog(undefined, currentContext)
    await warnOfWall(data, values, log)
    modules = await startModules(startUp)
    const door = await openDoor(startUp, modules, options.metrics)
    log.info('started', { app: app.name, role: base.ROLE, profile, url: door.url })
    const stop = stopOnce(startUp, door, async () => {
      await stopModules(modules, log)
      await closeData()
      log.info('stopped', { app: app.name })
    })
    return {
      name: app.name,
      role: base.ROLE,
      profile,
      url: door.url,
      port: door.port,
      routes: door.routes satisfies readonly MountedRoute[],
      ports: network.portsFor(undefined, app.modules),
      operations: () => network.targets.map((target) => target.stats()),
      get ready() {
        return !door.draining()
      },
      stop,
    }
  } catch (error) {
    await stopModules(modules, createLog(undefined, currentContext))
    await closeData()
    throw error
  }
}

// Too many connections are refused on the busiest day; the sum is known at start.
async function warnOfWall(data: DataSource | undefined, values: Readonly<Record<string, unknown>>, log: Log) {
  const processes = values.DATABASE_PROCESSES
  if (data === undefined || typeof processes !== 'number') return
  const { fits, advice, wanted, available } = await data.sizing(processes)
  if (!fits) log.warn(advice, { wanted, available })
}

function settingsOf(app: App, options: StartOptions): Readonly<Record<string, Setting>> {
  return {
    ...baseSettings,
    ...(usesDatabase(app.modules) && options.database === undefined ? databaseSettings : {}),
    ...app.options.settings,
    ...Object.assign({}, ...app.modules.map((module) => module.settings)),
  }
}

function withOptions(env: Readonly<Record<string, string | undefined>>, options: StartOptions) {
  return {
    ...env,
    ...(options.port === undefined ? {} : { PORT: String(options.port) }),
    ...(options.host === undefined ? {} : { HOST: options.host }),
    ...(options.role === undefined ? {} : { ROLE: options.role }),
  }
}

function usesDatabase(modules: readonly AnyManifest[]): boolean {
  return modules.some((module) => module.tables.length > 0 || module.migrations !== undefined)
}

function openOwnDatabase(
  app: App,
  values: Readonly<Record<string, unknown>>,
  clock: Clock,
  profile: Profile,
): DataSource | undefined {
  if (!usesDatabase(app.modules)) return undefined
  const { DATABASE_URL, DATABASE_POOL_SIZE, DATABASE_REPLICA_URLS } = values as Settled<typeof databaseSettings>
  return openDataSource({
    url: DATABASE_URL,
    poolSize: DATABASE_POOL_SIZE,
    replicaUrls: DATABASE_REPLICA_URLS ?? [],
    // What a pooler would break should break on the first day.
    rehearsal: profile === 'development',
    scope: databaseScope,
    clock,
    applicationName: app.name,
  })
}
