// What a module does: the code behind its manifest, made when the application starts.
import type { Clock } from '@footing/kernel'
import type { Database } from '../data/contract/contract.ts'
import type { Context, User } from '../work/context.ts'
import type { Log } from '../work/log.ts'
import type { Profile } from '../work/profile.ts'
import type { AnyManifest, PortOf, PortShape, PortsOf } from './define-module.ts'
import type { Emit, EventHandlers } from './event-handler.ts'
import type { Middleware } from './middleware.ts'
import type { Operation } from './operation.ts'
import type { ModuleErasure } from './personal-declaration.ts'
import type { AnyRoute } from './route.ts'
import type { OutputOf } from './schema.ts'
import type { Settled } from './setting.ts'
import type { HandlesOf, PartsOf } from './use.ts'

/** Which part of the work a process does: requests, jobs and schedules, or both. */
export type Role = 'web' | 'worker' | 'all'

/** What an implementation is given: the basis, and a handle for each capability that the manifest uses. */
export type Kit<M extends AnyManifest> = KitBasis<M> & HandlesOf<M['uses']>

/** What every implementation is given. */
export interface KitBasis<M extends AnyManifest> {
  /** Ports of the modules that the manifest needs, by name. */
  readonly ports: PortsOf<M['needs']>
  /** The module's own port, called like any other; usable once the application has started. */
  readonly self: PortOf<M>
  /** The module's own schema of the database. `Tables` is its table interface: table name → columns. */
  database<Tables>(): Database<Tables>
  /** Announces an event of this module: `emit('paid', payload)`, with a transaction `emit.in(tx, 'paid', payload)`. */
  readonly emit: Emit<M>
  /** The settings that the manifest declares, parsed. */
  readonly config: Settled<M['settings']>
  readonly profile: Profile
  /** What this process does: work in the background belongs to `worker` and `all`. */
  readonly role: Role
  /** Writes lines that carry the request, user and trace ids by themselves. */
  readonly log: Log
  readonly clock: Clock
  /** The context of the work under way; undefined outside of any. */
  context(): Context | undefined
}

/** The function behind one operation. */
export type Handler<Op> =
  Op extends Operation<infer In, infer Out>
    ? (input: OutputOf<In>, context: Context) => Promise<OutputOf<Out> extends undefined ? void : OutputOf<Out>>
    : never

/** Functions for all operations of a port. */
export type Handlers<Port extends PortShape> = { readonly [Name in keyof Port]: Handler<Port[Name]> }

/** What a request shows to prove who sends it. */
export interface Credentials {
  /** First word of the Authorization header, in small letters: `bearer`, `token`; undefined without the header. */
  readonly scheme: string | undefined
  /** The rest of that header. */
  readonly token: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** `GET`, `POST`: what proves itself by a cookie has to ask more of a request that changes something. */
  readonly method: string
}

/** Tells who sends a request; undefined means nobody known. Coded errors that it throws are answered as they are. */
export type Authenticate = (credentials: Credentials, context: Context) => Promise<User | undefined>

/** The same for an Authorization header whose first word is one of `schemes`; another one is as good as none. */
export interface SchemeAuthentication {
  /** As the description and the challenge of a 401 write them: `['Bearer']`. */
  readonly schemes: readonly [string, ...string[]]
  readonly identify: Authenticate
}

/**
 * What an implementation consists of; `port` may be left out where the manifest declares no operation. As the result of a
 * function with a body, `implement(shop, (kit): Implementation<typeof shop> => { … })`, it makes the compiler show a fault
 * at the method that has it, and not at `implement`.
 */
export type Implementation<M extends AnyManifest> = ImplementationParts<M> &
  PartsOf<M['uses']> &
  ([keyof M['port']] extends [never] ? { readonly port?: Handlers<M['port']> } : { readonly port: Handlers<M['port']> })

/** The parts of an implementation beside its port. */
export interface ImplementationParts<M extends AnyManifest> {
  readonly routes?: readonly AnyRoute[]
  /** Middleware around all routes of the module; see `Middleware`. */
  readonly use?: readonly Middleware[]
  /** What it does about events: `on: { 'billing.paid': async (invoice) => … }`. */
  readonly on?: EventHandlers<M>
  /** How tables are erased whose manifest says `by-module`; see `eraseBy`. */
  readonly personal?: Readonly<Record<string, ModuleErasure>>
  /** For the one module of an application that knows its users. */
  readonly authenticate?: SchemeAuthentication | Authenticate
  /** Runs after everything it needs has started, before the first request. */
  start?(): Promise<void>
  /** Runs after the last request, before what it needs stops. */
  stop?(): Promise<void>
}

/** A manifest with its code. */
export interface ModuleImplementation<M extends AnyManifest = AnyManifest> {
  readonly manifest: M
  readonly setup: (kit: Kit<M>) => Implementation<M> | Promise<Implementation<M>>
}

/** Any implementation: its kit is narrower than the general one, so it is taken by its manifest only. */
export interface AnyImplementation {
  readonly manifest: AnyManifest
  readonly setup: (kit: never) => unknown
}

/**
 * Joins a manifest with its code. `setup` runs when the application starts, in order of needs, and only builds
 * functions; connections and timers belong into `start`.
 */
export function implement<const M extends AnyManifest>(
  manifest: M,
  setup: (kit: Kit<M>) => Implementation<M> | Promise<Implementation<M>>,
): ModuleImplementation<M> {
  return Object.freeze({ manifest, setup })
}
