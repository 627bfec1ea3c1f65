// An application: modules, settings and HTTP joined as data, then started in a role.
import type { Clock } from '@footing/kernel'
import type { AnyCapability } from '../capability/capability.ts'
import { capabilityErrors } from '../capability/errors.ts'
import { refuseUnknown } from '../capability/guarantees.ts'
import type { CapabilityFacts } from '../capability/running-process.ts'
import type { HostServer } from '../http/host-server.ts'
import type { HttpOptions, MountedRoute } from '../http/http-options.ts'
import type { AnyManifest, PortOf, SettingsShape } from '../module/define-module.ts'
import type { AnyImplementation, Role } from '../module/implement.ts'
import type { OperationStats } from '../module/operation-stats.ts'
import { orderByNeeds } from '../module/order-by-needs.ts'
import type { CallDisturbance } from '../placement/disturbance.ts'
import type { PersonalData } from '../records/personal-data/personal-data.ts'
import type { TelemetryOptions } from '../telemetry/start-telemetry.ts'
import type { Profile } from '../work/profile.ts'
import { capabilities } from './capabilities.ts'
import { startApp } from './start-app.ts'

/** What `createApp` takes. */
export interface AppOptions<Modules extends readonly AnyImplementation[]> {
  readonly name: string
  /** Version of the API's description and of the logs; default `0.0.0`. */
  readonly version?: string
  /** Implementations, in any order. */
  readonly modules: Modules
  /** Settings of the application itself; modules bring their own. */
  readonly settings?: SettingsShape
  readonly http?: HttpOptions
  /** Capabilities of your own, beside those of the library. */
  readonly capabilities?: readonly AnyCapability[]
}

/** How one start may differ from what the environment says. */
export interface StartOptions {
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default `ROLE`, else `all`. */
  readonly role?: Role
  /** Default `HOST`, else loopback, in production all addresses. */
  readonly host?: string
  /** Default `PORT`, else 3000; 0 takes a free one. */
  readonly port?: number
  readonly profile?: Profile
  readonly clock?: Clock
  /** Modules in other processes with their addresses, instead of `PLACE_<MODULE>`. */
  readonly place?: Readonly<Record<string, string>>
  /** The only modules of this process, instead of `SERVE_MODULES`. */
  readonly serve?: readonly string[]
  /** A rehearsal that disturbs calls to modules in other processes; the test kit makes one. */
  readonly disturbance?: CallDisturbance
  /** Capabilities that are open already, by name: `{ data }`. The one who opened them closes them. */
  readonly opened?: Readonly<Record<string, unknown>>
  /** A server of somebody else that hands the requests of the routes over, instead of a port; see `mountModule`. */
  readonly serveOn?: HostServer
  /** Writes logs and measures; left out, nothing does. `/metrics` asks for METRICS_TOKEN in production. */
  readonly telemetry?: TelemetryOptions
  /**
   * Awaited when everything is open and only the port is not taken yet. `footing dev` lets the version before answer
   * until then, so that one that cannot start takes nothing down.
   */
  readonly beforeListen?: () => Promise<void>
}

/** The ports of all modules of an application, by name. */
export type AppPorts<Modules extends readonly AnyImplementation[]> = {
  readonly [M in Modules[number] as M['manifest']['name']]: PortOf<M['manifest']>
}

/** An application that runs. */
export interface RunningApp<Modules extends readonly AnyImplementation[] = readonly AnyImplementation[]> {
  readonly name: string
  readonly role: Role
  readonly profile: Profile
  /** `http://127.0.0.1:3000`; undefined in the role `worker` without a port. */
  readonly url: string | undefined
  readonly port: number | undefined
  /** Mounted routes, in the order of their modules. */
  readonly routes: readonly MountedRoute[]
  /** Ports as an outside caller sees them: for tests, scripts and jobs. */
  readonly ports: AppPorts<Modules>
  /** What the modules hold about a person: exported, or erased. */
  readonly personalData: PersonalData
  /** What each operation has done since the start. */
  operations(): readonly OperationStats[]
  /** Which driver each capability has, from which variable, with which guarantees. */
  capabilities(): readonly CapabilityFacts[]
  /** State of each capability that can tell: `ok`, or in a few words what is wrong. */
  health(): Promise<Readonly<Record<string, string>>>
  /** True until draining begins. */
  readonly ready: boolean
  /**
   * Stops taking work, lets running requests end for at most `deadline` milliseconds (default `DRAIN_MS`, 10 s), then
   * stops the modules and closes the database. Safe to call twice; both calls resolve when it is over.
   */
  stop(options?: { readonly deadline?: number }): Promise<void>
}

/** An application as data. Nothing runs, connects or listens before `start`. */
export interface App<Modules extends readonly AnyImplementation[] = readonly AnyImplementation[]> {
  readonly name: string
  readonly version: string
  /** Manifests in order of needs: whatever is needed comes first. */
  readonly modules: readonly AnyManifest[]
  /** What it can stand on, in the order of opening: those of the library and its own. */
  readonly capabilities: readonly AnyCapability[]
  readonly options: AppOptions<Modules>
  start(options?: StartOptions): Promise<RunningApp<Modules>>
}

/**
 * Joins implementations into an application and checks that they fit: names, needs, cycles.
 * @throws `module-duplicate`, `module-missing`, `module-cycle`, `capability-unknown`, `guarantee-unknown`
 */
export function createApp<const Modules extends readonly AnyImplementation[]>(
  options: AppOptions<Modules>,
): App<Modules> {
  const all = joinCapabilities(options.capabilities ?? [])
  const modules = orderByNeeds(options.modules.map((module) => module.manifest))
  refuseUnknown(modules, all)
  const app: App<Modules> = {
    name: options.name,
    version: options.version ?? '0.0.0',
    modules,
    capabilities: all,
    options,
    // The ports of a running application are built from exactly these modules.
    start: async (start = {}) => (await startApp(app as unknown as App, start)) as unknown as RunningApp<Modules>,
  }
  return Object.freeze(app)
}

function joinCapabilities(own: readonly AnyCapability[]): readonly AnyCapability[] {
  const all = [...capabilities, ...own]
  const twice = all.find(({ name }, index) => all.findIndex((other) => other.name === name) !== index)
  if (twice !== undefined) throw capabilityErrors('capability-twice', { details: { capability: twice.name } })
  return Object.freeze(all)
}
