// Starting an application: settings, database, modules in order of needs; then the door is opened.
import { type Clock, systemClock } from '@footing/kernel'
import type { DataSource } from '../data/contract/contract.ts'
import { openDataSource } from '../data/data-source.ts'
import { inProcessEvents } from '../events/drivers/in-process.ts'
import { EventBus } from '../events/event-bus.ts'
import type { MountedRoute } from '../http/http-options.ts'
import { closeCpu } from '../loop/threads/cpu-pool.ts'
import type { AnyManifest } from '../module/define-module.ts'
import { ModuleNetwork } from '../module/module-network.ts'
import type { Setting, Settled } from '../module/setting.ts'
import type { CallDisturbance } from '../placement/disturbance.ts'
import { placementErrors } from '../placement/errors.ts'
import { RemoteModule } from '../placement/remote-module.ts'
import { keepAccessLog } from '../records/access-log/keep-access-log.ts'
import { openPersonalData } from '../records/personal-data/personal-data.ts'
import { recordHooks } from '../records/record-hooks.ts'
import type { Redis } from '../redis/contract.ts'
import type { CallContext } from '../work/call-context.ts'
import { currentContext } from '../work/call-context.ts'
import { DeadlineWheel } from '../work/deadline-wheel.ts'
import { createLog, type Log } from '../work/log.ts'
import type { Profile } from '../work/profile.ts'
import { baseSettings, databaseSettings, redisSettings } from './base-settings.ts'
import type { App, Role, RunningApp, StartOptions } from './create-app.ts'
import { databaseScope } from './database-scope.ts'
import { edgeSettings } from './edge-module.ts'
import { type AppLoop, guardLoop } from './guard-loop.ts'
import { openDoor } from './open-door.ts'
import { type Placement, placeModules, placementSettings, placeVariable } from './place-modules.ts'
import { readProfile, readSettings } from './read-settings.ts'
import { makeEdges, type StartedModule, startModules, stopModules } from './start-modules.ts'
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
  /** Undefined without REDIS_URL. */
  readonly redis: Redis | undefined
  readonly network: ModuleNetwork
  readonly events: EventBus
  readonly loop: AppLoop
  /** Which modules are here, and where the others are. */
  readonly placement: Placement
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
  const given = withOptions(env, options)
  const placement = placeModules(
    app.modules,
    await readSettings(placementSettings(app.modules), given, profile),
    profile,
  )
  const values = await readSettings(settingsOf(app, options, placement), given, profile)
  // The values were parsed by exactly these settings.
  const base = values as Settled<typeof baseSettings>
  const clock = options.clock ?? systemClock
  const data = options.database ?? openOwnDatabase(app, placement.local, values, clock, profile)
  const redis = await openOwnRedis(app, values, clock)
  const network = new ModuleNetwork(app.modules, {
    clock,
    wheel: new DeadlineWheel(clock),
    checked: profile !== 'production',
  })
  const events = new EventBus(inProcessEvents({ clock }), placement.local, network.environment)
  const loop = guardLoop(base.EVENT_LOOP_GUARD, profile)
  const remotes = placeRemotes(network, app.modules, placement, clock, options.disturbance)
  const running = new Set<CallContext>()
  const startUp: StartUp = {
    app,
    profile,
    role: base.ROLE,
    clock,
    values,
    base,
    data,
    redis,
    network,
    events,
    loop,
    placement,
    running,
  }
  let modules: readonly StartedModule[] = []
  const closeData = async () => {
    await Promise.all(remotes.map((remote) => remote.close()))
    await redis?.close()
    if (options.database === undefined) await data?.close()
  }
  try {
    await Promise.all(remotes.map((remote) => remote.prepare()))
    await data?.ping()
    const log = createLog(undefined, currentContext)
    await warnOfWall(data, values, log)
    modules = await startModules(startUp)
    await events.start()
    const door = await openDoor(startUp, modules, base.ROLE === 'worker' ? [] : await makeEdges(startUp), options)
    log.info('started', { app: app.name, role: base.ROLE, profile, url: door.url })
    const stopSealing = keepAccessLog(options.database === undefined ? data : undefined, placement.local, clock, log)
    const stop = stopOnce(startUp, door, async () => {
      stopSealing()
      await events.drain(base.DRAIN_MS)
      await stopModules(modules, log)
      await closeCpu(base.DRAIN_MS)
      await closeData()
      await loop.stop()
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
      personalData: openPersonalData(app.modules, network.portsFor(undefined, app.modules), data, clock),
      operations: () => network.targets.map((target) => target.stats()),
      get ready() {
        return !door.draining()
      },
      stop,
    }
  } catch (error) {
    await loop.stop()
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

/** Names who sends the calls of modules that are not here. */
function placeRemotes(
  network: ModuleNetwork,
  modules: readonly AnyManifest[],
  { local, placed, keys }: Placement,
  clock: Clock,
  disturbance: CallDisturbance | undefined,
): readonly RemoteModule[] {
  const remotes: RemoteModule[] = []
  for (const { name } of modules) {
    const url = placed.get(name)
    if (url !== undefined && keys !== undefined) {
      const remote = new RemoteModule(name, url, { clock, keys, random: Math.random, disturbance })
      network.place(name, (target) => remote.answerOf(target))
      remotes.push(remote)
    } else if (!local.some((module) => module.name === name)) {
      network.place(name, () => async () => {
        throw placementErrors('module-elsewhere', { details: { module: name } })
      })
    }
  }
  return remotes
}

function settingsOf(app: App, options: StartOptions, placement: Placement): Readonly<Record<string, Setting>> {
  return {
    ...baseSettings,
    ...redisSettings,
    ...(usesDatabase(placement.local) && options.database === undefined ? databaseSettings : {}),
    ...app.options.settings,
    ...Object.assign({}, ...placement.edges.map(edgeSettings)),
    ...Object.assign({}, ...placement.local.map((module) => module.settings)),
  }
}

function withOptions(env: Readonly<Record<string, string | undefined>>, options: StartOptions) {
  const places = Object.entries(options.place ?? {}).map(([module, url]) => [placeVariable(module), url])
  return {
    ...env,
    ...Object.fromEntries(places),
    ...(options.serve === undefined ? {} : { SERVE_MODULES: options.serve.join(',') }),
    ...(options.port === undefined ? {} : { PORT: String(options.port) }),
    ...(options.host === undefined ? {} : { HOST: options.host }),
    ...(options.role === undefined ? {} : { ROLE: options.role }),
  }
}

function usesDatabase(modules: readonly AnyManifest[]): boolean {
  return modules.some((module) => module.tables.length > 0 || module.migrations !== undefined)
}

async function openOwnRedis(app: App, values: Readonly<Record<string, unknown>>, clock: Clock) {
  const { REDIS_URL, REDIS_TIMEOUT_MS } = values as Settled<typeof redisSettings>
  if (REDIS_URL === undefined) return undefined
  const { openRedis } = await import('../redis/open-redis.ts')
  return openRedis({ url: REDIS_URL, application: app.name, timeoutMs: REDIS_TIMEOUT_MS, clock })
}

function openOwnDatabase(
  app: App,
  local: readonly AnyManifest[],
  values: Readonly<Record<string, unknown>>,
  clock: Clock,
  profile: Profile,
): DataSource | undefined {
  if (!usesDatabase(local)) return undefined
  const { DATABASE_URL, DATABASE_POOL_SIZE, DATABASE_REPLICA_URLS, DATABASE_REHEARSAL, DATABASE_PREPARED_STATEMENTS } =
    values as Settled<typeof databaseSettings>
  return openDataSource({
    url: DATABASE_URL,
    poolSize: DATABASE_POOL_SIZE,
    replicaUrls: DATABASE_REPLICA_URLS ?? [],
    // What a pooler would break should break on the first day.
    rehearsal: DATABASE_REHEARSAL ?? profile === 'development',
    preparedStatements: DATABASE_PREPARED_STATEMENTS,
    scope: databaseScope,
    hooks: recordHooks(local),
    clock,
    applicationName: app.name,
  })
}
