// Brings the modules up in order of their needs, and down in the opposite order.
import type { StartedModule } from '../capability/capability.ts'
import type { AnyManifest } from '../module/define-module.ts'
import type { AnyImplementation, Implementation, Kit, KitBasis } from '../module/implement.ts'
import { currentContext } from '../work/call-context.ts'
import { createLog, type Log } from '../work/log.ts'
import type { OpenCapabilities } from './capabilities-in-use.ts'
import type { App } from './create-app.ts'
import { edgeConfig } from './edge-module.ts'
import { appErrors } from './errors.ts'

export type { StartedModule } from '../capability/capability.ts'

/**
 * Makes and starts the modules of this process, needed ones first. A module that fails takes the ones before it down again.
 * @throws `module-start-failed` with the cause, `operation-missing`
 */
export async function startModules(app: App, open: OpenCapabilities): Promise<readonly StartedModule[]> {
  const started: StartedModule[] = []
  for (const manifest of open.process.places.local) {
    try {
      const implementation = await setUp(app, manifest, open)
      const module = { manifest, implementation }
      open.process.network.answer(manifest.name, { ...implementation.port, ...open.join(module) })
      await implementation.start?.()
      started.push(module)
    } catch (cause) {
      await stopModules(started, createLog(undefined, currentContext))
      throw startFailed(manifest, cause)
    }
  }
  return started
}

/**
 * Makes the modules that live elsewhere, for their routes and `authenticate` only: they are not started here, and what
 * they do goes through their ports to where they are.
 * @throws `module-start-failed` with the cause
 */
export async function makeEdges(app: App, open: OpenCapabilities): Promise<readonly StartedModule[]> {
  const edges: StartedModule[] = []
  for (const manifest of open.process.places.edges) {
    try {
      edges.push({ manifest, implementation: await setUp(app, manifest, open) })
    } catch (cause) {
      throw startFailed(manifest, cause)
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

function startFailed(manifest: AnyManifest, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return appErrors('module-start-failed', { details: { module: manifest.name, reason }, cause })
}

async function setUp(app: App, manifest: AnyManifest, open: OpenCapabilities): Promise<Implementation<AnyManifest>> {
  const { network, values, profile, role, clock, places } = open.process
  // createApp has ordered exactly the manifests of these implementations.
  const module = app.options.modules.find((one) => one.manifest.name === manifest.name) as AnyImplementation
  const elsewhere = places.placed.has(manifest.name)
  const basis: Omit<KitBasis<AnyManifest>, 'database' | 'emit'> = {
    ports: network.portsFor(manifest.name, manifest.needs),
    self: network.portsFor(manifest.name, [manifest])[manifest.name] ?? {},
    config: elsewhere ? edgeConfig(manifest, values) : configOf(manifest, values),
    profile,
    role,
    log: createLog(manifest.name, currentContext),
    clock,
    context: currentContext,
  }
  // The capabilities add the rest: `database`, `emit`, and a handle for each use of the manifest.
  const kit = { ...open.kitOf({ manifest, elsewhere }), ...basis } as unknown as Kit<AnyManifest>
  // `implement` has tied the set-up to this manifest; its own kit type is narrower than the general one.
  const setup = module.setup as unknown as (kit: Kit<AnyManifest>) => Promise<Implementation<AnyManifest>>
  return setup(kit)
}

function configOf({ settings }: AnyManifest, values: Readonly<Record<string, unknown>>) {
  return Object.freeze(Object.fromEntries(Object.keys(settings).map((name) => [name, values[name]])))
}
