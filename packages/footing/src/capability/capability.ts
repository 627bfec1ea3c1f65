// The one shape of what an application stands on: a database, a cache, a store, a queue, the door to the outside.
import type { Clock } from '@footing/kernel'
import type { AnyManifest, SettingsShape } from '../module/define-module.ts'
import type { AnyImplementation, Implementation, Role } from '../module/implement.ts'
import type { ModuleNetwork } from '../module/module-network.ts'
import type { Settled } from '../module/setting.ts'
import type { Log } from '../work/log.ts'
import type { Profile } from '../work/profile.ts'
import type { PersonalStore } from './personal-store.ts'

/** Settings of a capability, or how they follow from the modules of the application. */
export type CapabilitySettings<Settings extends SettingsShape = SettingsShape> =
  | Settings
  | ((modules: readonly AnyManifest[]) => Settings)

/** Something an application stands on. Everything but the name, the settings and `open` may be left out. */
export interface Capability<Settings extends SettingsShape = SettingsShape, Open = unknown> {
  /** `storage`: in `uses`, `guarantees`, health, logs and errors. */
  readonly name: string
  /** What it is for, in one sentence; shown by `footing info`. */
  readonly summary: string
  /** Parsed with all others at the start, also from `NAME_FILE`; see `setting`. */
  readonly settings: CapabilitySettings<Settings>
  /** Every promise that a driver of it can make; a manifest demands them by these words. */
  readonly guarantees?: readonly string[]
  /** True for what takes work from outside: it starts after everything else and drains first. */
  readonly edge?: boolean
  /** Whether this process needs it. Default: when one of its modules declares its use. */
  wanted?(facts: ProcessFacts): boolean
  /** Other capabilities that have to be there when this one is: opened before it. */
  needs?(facts: ProcessFacts): readonly string[]
  /** Which driver the values choose, and what it promises. Nothing is opened for it. */
  driver?(values: Settled<Settings>, facts: ProcessFacts): DriverFacts | Promise<DriverFacts>
  /** Decides which modules are in this process. One capability of an application does. */
  places?(values: Settled<Settings>, facts: Omit<ProcessFacts, 'places'>): ModulePlaces
  /** Opens it; what it needs is open. */
  open(values: Settled<Settings>, process: AppProcess): Open | Promise<Open>
  /** What a module's kit holds of it. `open` is undefined where this process does without it. */
  kit?(open: Open | undefined, module: ModuleInKit): Readonly<Record<string, unknown>>
  /** Called with each module of this process when it was set up; operations that it returns answer in the module's port. */
  join?(open: Open, module: StartedModule, process: AppProcess): Readonly<Record<string, unknown>> | undefined
  /** Begins its own work, when every module has started. */
  start?(open: Open, process: StartedProcess): void | Promise<void>
  /** `ok`, or in a few words what is wrong; no secret and no address. */
  health?(open: Open): string | Promise<string>
  /** Why this process must not get requests yet; undefined when nothing speaks against it. Asked for each `/readyz`. */
  ready?(open: Open): string | undefined | Promise<string | undefined>
  /** Lines in the Prometheus text format, read when somebody asks `/metrics`; `gauges` is the simpler way. */
  metrics?(open: Open): string
  /** Numbers for `/metrics`, read when somebody asks. */
  gauges?(open: Open): readonly Gauge[]
  /** What the running application shows of it; joined into `RunningApp`. */
  running?(open: Open, process: AppProcess): object
  /** What it adds to another capability, by that one's name. */
  readonly extends?: Readonly<Record<string, (open: unknown, process: AppProcess) => unknown>>
  /** Where it keeps what is about people, so that export and erasure reach it. */
  personal?(open: Open, process: AppProcess): readonly PersonalStore[]
  /**
   * Puts in place what it keeps in the database of these modules: runs after their migrations, over the direct URL, as their
   * owner. Running it again changes nothing.
   */
  provision?(directUrl: string, modules: readonly AnyManifest[]): Promise<void>
  /** Schema that its handles write to in a module's own transaction: `footing_jobs`. */
  readonly schema?: string
  /** Takes nothing new and finishes what runs, for at most `deadlineMs`. */
  drain?(open: Open, deadlineMs: number): Promise<void>
  /** Frees what it holds. Called once, after the modules have stopped. */
  close?(open: Open): void | Promise<void>
}

/** A driver as data. */
export interface DriverFacts {
  /** `postgresql`, `redis`, `in-process`. */
  readonly driver: string
  /** Variable that chose it; undefined for the default. */
  readonly from: string | undefined
  /** What it promises: true and false, or a limit. */
  readonly guarantees: Readonly<Record<string, boolean | string | number>>
  /** What production should not run on. */
  readonly unsound?: readonly UnsoundDefault[]
}

/** A default that is good on a developer's machine only. */
export interface UnsoundDefault {
  /** What goes wrong. */
  readonly what: string
  /** What to do, with the name of the variable. */
  readonly remedy: string
  /** True where production does not start with it; else it warns. */
  readonly refused: boolean
}

/** A number to be read. */
export interface Gauge {
  /** `footing_pool_connections`. */
  readonly name: string
  readonly help: string
  readonly value: number
  readonly labels?: Readonly<Record<string, string>>
  /** Default `gauge`. */
  readonly type?: 'gauge' | 'counter'
}

/** Where the modules of an application are, seen from one process. */
export interface ModulePlaces {
  /** Modules that run here, needed ones first. */
  readonly local: readonly AnyManifest[]
  /** Modules in other processes, by name. */
  readonly placed: ReadonlyMap<string, URL>
  /** Modules elsewhere whose routes are answered here. */
  readonly edges: readonly AnyManifest[]
  /** Modules of this process whose ports other processes may call. */
  readonly served: readonly AnyManifest[]
  /** True when this process has the routes of the application. */
  readonly hasRoutes: boolean
}

/** What is known of a process before anything is open. */
export interface ProcessFacts {
  readonly app: AppFacts
  readonly profile: Profile
  readonly role: Role
  readonly clock: Clock
  /** The environment as it was given: to see which variables are set, never to read a value past its setting. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** What the caller of `start` gave, by the names of `StartOptions`. */
  readonly options: Readonly<Record<string, unknown>>
  readonly places: ModulePlaces
}

/** An application as capabilities see it. */
export interface AppFacts {
  readonly name: string
  readonly version: string
  /** Manifests in order of needs. */
  readonly modules: readonly AnyManifest[]
  readonly options: { readonly modules: readonly AnyImplementation[]; readonly http?: object }
}

/** A process while it starts. */
export interface AppProcess extends ProcessFacts {
  readonly log: Log
  readonly network: ModuleNetwork
  /** All parsed settings. */
  readonly values: Readonly<Record<string, unknown>>
  /** Another capability that is open; undefined where the process does without it. */
  opened<Open>(capability: Capability<SettingsShape, Open>): Open | undefined
  /** What other capabilities add to the one of this name, in their order. */
  extensionsOf(capability: string): readonly unknown[]
  /** What all open capabilities keep about people. */
  personalStores(): readonly PersonalStore[]
}

/** A process whose modules have started. */
export interface StartedProcess extends AppProcess {
  readonly modules: readonly StartedModule[]
  /** Modules elsewhere that were made for their routes. */
  readonly edges: readonly StartedModule[]
  /** State of each capability that can tell, by name. */
  health(): Promise<Readonly<Record<string, string>>>
  /** Why it must not get requests yet, by capability; empty when nothing speaks against it. */
  unready(): Promise<Readonly<Record<string, string>>>
  /** Text of `/metrics`; undefined where nothing measures. */
  metrics(): string | undefined
}

/** A module that was set up. */
export interface StartedModule {
  readonly manifest: AnyManifest
  readonly implementation: Implementation<AnyManifest>
}

/** The module whose kit is made. */
export interface ModuleInKit {
  readonly manifest: AnyManifest
  /** True when it lives in another process and is made here for its routes only. */
  readonly elsewhere: boolean
  readonly process: AppProcess
}

/** Any capability, as the application holds it. */
export type AnyCapability = Capability

/** Gives a capability its types. */
export function defineCapability<const Settings extends SettingsShape, Open>(
  capability: Capability<Settings, Open>,
): Capability<Settings, Open> {
  return Object.freeze(capability)
}
