// An application: modules, settings and HTTP joined as data, then started in a role.
import type { Clock } from '@footing/kernel'
import type { DataSource } from '../data/contract/contract.ts'
import type { HttpOptions, MountedRoute } from '../http/http-options.ts'
import type { AnyManifest, PortOf, SettingsShape } from '../module/define-module.ts'
import type { AnyImplementation } from '../module/implement.ts'
import type { OperationStats } from '../module/operation-stats.ts'
import { orderByNeeds } from '../module/order-by-needs.ts'
import type { CallDisturbance } from '../placement/disturbance.ts'
import type { PersonalData } from '../records/personal-data/personal-data.ts'
import type { Profile } from '../work/profile.ts'
import { startApp } from './start-app.ts'

/** Which part of the work a process does: requests, jobs and schedules, or both. */
export type Role = 'web' | 'worker' | 'all'

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
  /** An open data source; default one made from DATABASE_URL. Whoever gives it closes it. */
  readonly database?: DataSource
  /** Text of `/metrics`, as `startTelemetry().metrics` gives it. In production it is served with METRICS_TOKEN only. */
  readonly metrics?: () => string
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
  readonly options: AppOptions<Modules>
  start(options?: StartOptions): Promise<RunningApp<Modules>>
}

/**
 * Joins implementations into an application and checks that they fit: names, needs, circles.
 * @throws `module-duplicate`, `module-missing`, `module-cycle`
 */
export function createApp<const Modules extends readonly AnyImplementation[]>(
  options: AppOptions<Modules>,
): App<Modules> {
  const app: App<Modules> = {
    name: options.name,
    version: options.version ?? '0.0.0',
    modules: orderByNeeds(options.modules.map((module) => module.manifest)),
    options,
    // The ports of a running application are built from exactly these modules.
    start: async (start = {}) => (await startApp(app as unknown as App, start)) as unknown as RunningApp<Modules>,
  }
  return Object.freeze(app)
}
