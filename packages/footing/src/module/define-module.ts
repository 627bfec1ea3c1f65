// The module manifest: one plain object that checking, calling, migrating, owning and extracting all read.
import { nearest } from '@footing/kernel'

import type { Duration } from '../work/duration.ts'
import { type AccessDeclaration, accessFault } from './access-declaration.ts'
import { moduleErrors } from './errors.ts'
import type { EventContract, EventsShape, Operation } from './operation.ts'
import { type PersonalDeclaration, personalFault } from './personal-declaration.ts'
import { personalNames, withPersonalOperations } from './personal-operations.ts'
import type { InputOf, OutputOf } from './schema.ts'
import type { Setting } from './setting.ts'
import type { Use } from './use.ts'

/** Operations by name. */
export type PortShape = Readonly<Record<string, Operation>>

/** Settings by the name of their environment variable. */
export type SettingsShape = Readonly<Record<string, Setting>>

/** A manifest. Frozen data; the type parameters carry what callers and the implementation are checked against. */
export interface Manifest<
  Name extends string = string,
  Port extends PortShape = PortShape,
  Needs extends readonly AnyManifest[] = readonly AnyManifest[],
  Settings extends SettingsShape = SettingsShape,
  Events extends EventsShape = EventsShape,
  Uses extends readonly Use[] = readonly Use[],
  Hears extends readonly EventContract[] = readonly EventContract[],
> {
  readonly kind: 'module'
  readonly name: Name
  /** Who answers for it, as in CODEOWNERS: `@acme/payments`. */
  readonly owner: string
  /** The only modules it may import and call. */
  readonly needs: Needs
  readonly port: Port
  readonly settings: Settings
  readonly events: Events
  /** Events of modules that it does not need. */
  readonly hears: Hears
  /** Tables in its own PostgreSQL schema, written by nobody else. */
  readonly tables: readonly string[]
  /** Views of other modules that it may read, by module. */
  readonly reads: Readonly<Record<string, readonly string[]>>
  /** What it uses of capabilities beyond tables and events: `uses: [storage()]` gives `kit.storage`. */
  readonly uses: Uses
  /** What it requires of drivers, by capability; start-up refuses a driver that lacks it. */
  readonly guarantees: Readonly<Record<string, readonly string[]>>
  /** Folder of its migrations. */
  readonly migrations: URL | undefined
  /** Tables whose every access is recorded, with how. */
  readonly access: AccessDeclaration
  /** Which columns of its tables are about a person, and what becomes of them; see data/personal-data. */
  readonly personal: PersonalDeclaration
}

/** Any manifest, whatever it declares. */
export interface AnyManifest {
  readonly kind: 'module'
  readonly name: string
  readonly owner: string
  readonly needs: readonly AnyManifest[]
  readonly port: PortShape
  readonly settings: SettingsShape
  readonly events: EventsShape
  readonly hears: readonly EventContract[]
  readonly tables: readonly string[]
  readonly reads: Readonly<Record<string, readonly string[]>>
  readonly guarantees: Readonly<Record<string, readonly string[]>>
  readonly uses: readonly Use[]
  readonly migrations: URL | undefined
  readonly access: AccessDeclaration
  readonly personal: PersonalDeclaration
}

/** What a caller may change about one call; it can only be made stricter. */
export interface CallOptions {
  readonly deadline?: Duration
  readonly signal?: AbortSignal
}

/** An operation as its callers see it. */
export type Call<Op> =
  Op extends Operation<infer In, infer Out>
    ? In extends undefined
      ? (input?: undefined, options?: CallOptions) => Promise<OutputOf<Out>>
      : (input: InputOf<In>, options?: CallOptions) => Promise<OutputOf<Out>>
    : never

/** A module's port as its callers see it. */
export type PortOf<M extends Pick<AnyManifest, 'port'>> = { readonly [Name in keyof M['port']]: Call<M['port'][Name]> }

/** The ports of several modules, by module name. */
export type PortsOf<Modules extends readonly AnyManifest[]> = {
  readonly [M in Modules[number] as M['name']]: PortOf<M>
}

/** What `defineModule` takes; everything but the owner may be left out. */
export interface ModuleOptions<
  Port extends PortShape,
  Needs extends readonly AnyManifest[],
  Settings extends SettingsShape,
  Events extends EventsShape,
  Uses extends readonly Use[] = readonly Use[],
  Hears extends readonly EventContract[] = readonly EventContract[],
  Name extends string = string,
> {
  readonly owner: string
  readonly needs?: Needs
  readonly port?: Port
  readonly settings?: Settings
  /** What it announces, here or as `defineEvents(…)` made it in a file of its own. */
  readonly events?: Events | EventContract<NoInfer<Name>, Events>
  readonly hears?: Hears
  readonly tables?: readonly string[]
  readonly reads?: Readonly<Record<string, readonly string[]>>
  readonly guarantees?: Readonly<Record<string, readonly string[]>>
  readonly uses?: Uses
  readonly migrations?: URL
  readonly access?: AccessDeclaration
  readonly personal?: PersonalDeclaration
}

/**
 * Declares a module. The result is data: importing it starts nothing.
 * @throws `module-name-invalid`, `module-definition-invalid`, `module-cycle`
 */
export function defineModule<
  const Name extends string,
  const Port extends PortShape = Readonly<Record<never, never>>,
  const Needs extends readonly AnyManifest[] = readonly [],
  const Settings extends SettingsShape = Readonly<Record<never, never>>,
  const Events extends EventsShape = Readonly<Record<never, never>>,
  const Uses extends readonly Use[] = readonly [],
  const Hears extends readonly EventContract[] = readonly [],
>(
  name: Name,
  options: ModuleOptions<Port, Needs, Settings, Events, Uses, Hears, Name>,
): Manifest<Name, Port, Needs, Settings, Events, Uses, Hears> {
  verifyName('module', name)
  for (const operation of Object.keys(options.port ?? {})) verifyName('operation', operation)
  const events = eventsOf(options.events)
  for (const event of Object.keys(events)) verifyName('event', event)
  verifyOptions(name, options)
  const manifest: Manifest<Name, Port, Needs, Settings, Events, Uses, Hears> = {
    kind: 'module',
    name,
    owner: options.owner,
    // What was left out has the default of its type parameter, which is the empty value.
    needs: Object.freeze([...(options.needs ?? [])]) as unknown as Needs,
    port: Object.freeze(withPersonalOperations({ ...options.port }, options.personal ?? {})) as Port,
    settings: Object.freeze({ ...options.settings }) as Settings,
    events: Object.freeze({ ...events }) as Events,
    hears: Object.freeze([...(options.hears ?? [])]) as unknown as Hears,
    tables: Object.freeze([...(options.tables ?? [])]),
    reads: Object.freeze({ ...options.reads }),
    guarantees: Object.freeze({ ...options.guarantees }),
    uses: Object.freeze([...(options.uses ?? [])]) as unknown as Uses,
    migrations: options.migrations,
    access: Object.freeze({ ...options.access }),
    personal: Object.freeze({ ...options.personal }),
  }
  return Object.freeze(manifest)
}

const rules = {
  module: {
    pattern: /^(?!footing(_|$))[a-z][a-z0-9_]{0,40}$/,
    text: 'lower-case letters, digits and _, up to 41, a letter first; footing and footing_… are kept for the library',
  },
  operation: { pattern: /^[a-z][A-Za-z0-9]{0,60}$/, text: 'camelCase letters and digits, a small letter first' },
  event: { pattern: /^[a-z][A-Za-z0-9]{0,60}$/, text: 'camelCase letters and digits, a small letter first' },
} as const

/** What a manifest may have. */
const known: readonly string[] = [
  'owner',
  'needs',
  'port',
  'settings',
  'events',
  'hears',
  'tables',
  'reads',
  'guarantees',
  'uses',
  'migrations',
  'access',
  'personal',
] satisfies readonly (keyof ModuleOptions<PortShape, readonly AnyManifest[], SettingsShape, EventsShape>)[]

/** Names that objects have from the start: `ports.constructor` would not be what it seems. */
const inherited = new Set(['constructor', 'toString', 'valueOf', 'hasOwnProperty', 'then', 'toJSON'])

function verifyName(kind: keyof typeof rules, name: string): void {
  const { pattern, text } = rules[kind]
  if (!pattern.test(name) || inherited.has(name)) {
    throw moduleErrors('module-name-invalid', { details: { kind, name: JSON.stringify(name), rule: text } })
  }
}

/** A definition is never called `kind`: it is an object. */
function isContract(given: unknown): given is EventContract {
  return typeof given === 'object' && given !== null && Reflect.get(given, 'kind') === 'events'
}

function eventsOf(given: EventsShape | EventContract | undefined): EventsShape {
  return isContract(given) ? given.events : (given ?? {})
}

function verifyOptions(
  name: string,
  options: ModuleOptions<PortShape, readonly AnyManifest[], SettingsShape, EventsShape>,
): void {
  const fault = faultOf(name, options)
  if (fault !== undefined) throw moduleErrors('module-definition-invalid', { details: { module: name, fault } })
}

function faultOf(
  name: string,
  options: ModuleOptions<PortShape, readonly AnyManifest[], SettingsShape, EventsShape>,
): string | undefined {
  if (typeof options.owner !== 'string' || options.owner.trim() === '') return 'it has no owner.'
  const unknown = Object.keys(options).find((key) => !known.includes(key))
  if (unknown !== undefined) {
    const meant = nearest(unknown, known)
    return `it has ${unknown}, which nothing reads${meant === undefined ? '.' : `; did you mean ${meant}?`}`
  }
  const needs = options.needs ?? []
  // Two files that import each other leave one of the two bindings empty: the usual way a cycle first shows.
  const empty = needs.findIndex((needed) => needed?.kind !== 'module')
  if (empty >= 0) return `needs[${empty}] is not a module; two manifests that import each other look like this.`
  const twice = needs.find((needed, index) => needs.indexOf(needed) !== index)
  if (twice) return `it names ${twice.name} twice in needs.`
  const self = needs.find((needed) => needed.name === name)
  if (self) return 'it needs a module of its own name.'
  const wrongOperation = Object.entries(options.port ?? {}).find(([, operation]) => operation?.kind !== 'operation')
  if (wrongOperation) return `port.${wrongOperation[0]} was not made by op(…).`
  const events = options.events
  if (isContract(events) && events.module !== name) return `its events are those of ${events.module}.`
  const deaf = (options.hears ?? []).findIndex((heard) => !isContract(heard))
  if (deaf >= 0) return `hears[${deaf}] was not made by defineEvents(…).`
  const heard = (options.hears ?? []).find(({ module }) => module === name || needs.some((one) => one.name === module))
  if (heard) return `it names ${heard.module} in hears, and hears it without that.`
  const stranger = Object.keys(options.reads ?? {}).find((read) => !needs.some((needed) => needed.name === read))
  if (stranger) return `it reads views of ${stranger} without needing it.`
  const unmade = (options.uses ?? []).findIndex((used) => used?.kind !== 'use')
  if (unmade >= 0) return `uses[${unmade}] was not made by a capability, as storage() makes one.`
  const again = (options.uses ?? []).find(
    ({ capability }, index, all) => all.findIndex((one) => one.capability === capability) !== index,
  )
  if (again) return `it uses ${again.capability} twice; one declaration says all of it.`
  const reserved = personalNames.find((taken) => Object.hasOwn(options.port ?? {}, taken))
  if (reserved) return `port.${reserved} is what the library calls its own operation for personal data.`
  const tables = options.tables ?? []
  return accessFault(tables, options.access ?? {}) ?? personalFault(tables, options.personal ?? {})
}
