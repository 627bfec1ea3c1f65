// Brings the modules up in order of their needs, and down in the opposite order.
import type { Database } from '../data/contract/contract.ts'
import type { Subscriptions } from '../events/event-bus.ts'
import type { AnyManifest } from '../module/define-module.ts'
import type { AnyImplementation, Implementation, Kit } from '../module/implement.ts'
import { personalHandlers } from '../records/personal-data/personal-handlers.ts'
import { redisErrors } from '../redis/errors.ts'
import { currentContext } from '../work/call-context.ts'
import { createLog, type Log } from '../work/log.ts'
import { edgeConfig, edgeDatabase } from './edge-module.ts'
import { appErrors } from './errors.ts'
import type { StartUp } from './start-app.ts'

/** A module that runs. */
export interface StartedModule {
  readonly manifest: AnyManifest
  readonly implementation: Implementation<AnyManifest>
}

/**
 * Makes and starts the modules of this process, needed ones first. A module that fails takes the ones before it down again.
 * @throws `module-start-failed` with the cause, `operation-missing`
 */
export async function startModules(startUp: StartUp): Promise<readonly StartedModule[]> {
  const started: StartedModule[] = []
  for (const manifest of startUp.placement.local) {
    const { name } = manifest
    try {
      const implementation = await setUp(manifest, startUp)
      startUp.network.answer(name, { ...implementation.port, ...personalOf(manifest, implementation, startUp) })
      // Typed by the manifest; the bus checks each key once more.
      startUp.events.subscribe(manifest, (implementation.on ?? {}) as Subscriptions, startUp.placement.local)
      await implementation.start?.()
      started.push({ manifest, implementation })
    } catch (cause) {
      await stopModules(started, createLog(undefined, currentContext))
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw appErrors('module-start-failed', { details: { module: name, reason }, cause })
    }
  }
  return started
}

/**
 * Makes the modules that live elsewhere, for their routes and `authenticate` only: they are not started here, and what
 * they do goes through their ports to where they are.
 * @throws `module-start-failed` with the cause
 */
export async function makeEdges(startUp: StartUp): Promise<readonly StartedModule[]> {
  const edges: StartedModule[] = []
  for (const manifest of startUp.placement.edges) {
    try {
      edges.push({ manifest, implementation: await setUp(manifest, startUp) })
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw appErrors('module-start-failed', { details: { module: manifest.name, reason }, cause })
    }
  }
  return edges
}

/** Stops modules in the opposite order. One that fails is logged, so that the others are stopped too. */
export async function stopModules(modules: readonly StartedModule[], log: Log): Promise<void> {
  for (const { manifest, implementation } of modules.toReversed()) {
    try {
      await implementation.stop?.()
    } catch (error) {
      log.error('a module could not stop', { stopping: manifest.name }, error)
    }
  }
}

function personalOf(manifest: AnyManifest, { personal }: Implementation<AnyManifest>, { data }: StartUp) {
  const database = () => {
    if (data === undefined)
      throw new TypeError(`The module ${manifest.name} declares personal data and has no database.`)
    return data.forModule<unknown>(manifest.name)
  }
  return personalHandlers(manifest, database, personal)
}

async function setUp(manifest: AnyManifest, startUp: StartUp): Promise<Implementation<AnyManifest>> {
  const { network, values, profile, clock, data, placement } = startUp
  // createApp has ordered exactly the manifests of these implementations.
  const module = startUp.app.options.modules.find((one) => one.manifest.name === manifest.name) as AnyImplementation
  const elsewhere = placement.placed.has(manifest.name)
  const kit: Kit<AnyManifest> = {
    ports: network.portsFor(manifest.name, manifest.needs),
    self: network.portsFor(manifest.name, [manifest])[manifest.name] ?? {},
    database: <Tables>(): Database<Tables> => {
      if (elsewhere) return edgeDatabase<Tables>(manifest.name)
      if (data === undefined) {
        const fault = 'its code asks for a database, but no manifest names tables or migrations.'
        throw new TypeError(`The module ${manifest.name}: ${fault}`)
      }
      return data.forModule<Tables>(manifest.name)
    },
    redis: () => {
      const { redis } = startUp
      if (redis === undefined) throw redisErrors('redis-not-configured', { details: { module: manifest.name } })
      return redis.forModule(manifest.name)
    },
    emit: startUp.events.emitOf(manifest),
    config: elsewhere ? edgeConfig(manifest, values) : configOf(manifest, values),
    profile,
    log: createLog(manifest.name, currentContext),
    clock,
    context: currentContext,
  }
  // `implement` has tied the set-up to this manifest; its own kit type is narrower than the general one.
  const setup = module.setup as unknown as (kit: Kit<AnyManifest>) => Promise<Implementation<AnyManifest>>
  return setup(kit)
}

function configOf({ settings }: AnyManifest, values: Readonly<Record<string, unknown>>) {
  return Object.freeze(Object.fromEntries(Object.keys(settings).map((name) => [name, values[name]])))
}
