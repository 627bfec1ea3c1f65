// The parts of a port as data: operations, and the events a module announces.
import { type Duration, milliseconds } from '../work/duration.ts'
import type { Portable } from './portable.ts'
import type { InputOf, OutputOf, Schema } from './schema.ts'

/** One operation of a port. `In` and `Out` are schemas, or undefined for nothing. */
export interface Operation<
  In extends Schema | undefined = Schema | undefined,
  Out extends Schema | undefined = Schema | undefined,
> {
  readonly kind: 'operation'
  readonly in: In
  readonly out: Out
  /** True when doing it twice has the effect of doing it once; only then a call may be retried. */
  readonly idempotent: boolean
  /** Longest time in milliseconds. */
  readonly deadlineMs: number
  readonly summary: string | undefined
}

/** An event that a module announces. */
export interface EventDefinition<Payload extends Schema = Schema> {
  readonly kind: 'event'
  readonly payload: Payload
  /** Field of the payload; events with one value of it keep their order. Undefined for events without order. */
  readonly key: string | undefined
  readonly summary: string | undefined
}

/** Events by name. */
export type EventsShape = Readonly<Record<string, EventDefinition>>

/** The events of a module apart from its manifest, for modules that hear it without needing it. */
export interface EventContract<Name extends string = string, Events extends EventsShape = EventsShape> {
  readonly kind: 'events'
  /** The module that announces them. */
  readonly module: Name
  readonly events: Events
}

/** What an operation is made of; `in` or `out` left out mean that there is none. */
export interface OperationOptions {
  readonly in?: Schema
  readonly out?: Schema
  /** Default false: a call is never repeated by itself. */
  readonly idempotent?: boolean
  /** Default `'5s'`. The nearer of this and the caller's deadline counts. */
  readonly deadline?: Duration
  readonly summary?: string
}

type SchemaAt<Options, Key extends string> = Options extends { readonly [K in Key]: infer S extends Schema }
  ? S
  : undefined

/** Fails to compile, with a sentence, when a schema holds what JSON cannot carry. */
type RequirePortable<Options> = {
  readonly [Key in keyof Options]: Options[Key] extends Schema
    ? [InputOf<Options[Key]>, OutputOf<Options[Key]>] extends [
        Portable<InputOf<Options[Key]>>,
        Portable<OutputOf<Options[Key]>>,
      ]
      ? Options[Key]
      : 'JSON cannot carry what this schema accepts or yields: a transaction, a Date, a function, unknown or any'
    : Options[Key]
}

const defaultDeadline = '5s'

/**
 * Declares one operation of a port: `op({ in: QuoteIn, out: Quote, idempotent: true, deadline: '300ms' })`.
 * Both schemas must describe what JSON carries; a transaction, a Date or a function does not compile.
 * @throws TypeError for a deadline that is no duration
 */
export function op<const Options extends OperationOptions>(
  options: Options & RequirePortable<Options>,
): Operation<SchemaAt<Options, 'in'>, SchemaAt<Options, 'out'>> {
  const given: OperationOptions = options
  return Object.freeze({
    kind: 'operation',
    // What was left out is undefined, which is then also the type.
    in: given.in as SchemaAt<Options, 'in'>,
    out: given.out as SchemaAt<Options, 'out'>,
    idempotent: given.idempotent ?? false,
    deadlineMs: milliseconds(given.deadline ?? defaultDeadline),
    summary: given.summary,
  })
}

/** Fields of a payload that can be its key. */
type KeyOf<Payload extends Schema> = {
  [Field in keyof OutputOf<Payload>]-?: OutputOf<Payload>[Field] extends string | number ? Field : never
}[keyof OutputOf<Payload>] &
  string

/**
 * Declares an event of a module by the schema of its payload. `key` names a field: the events of a module with one value of it
 * reach each subscriber in the order of their commits, where the driver promises that.
 */
export function event<const Payload extends Schema>(
  payload: Payload & RequirePortable<{ readonly payload: Payload }>['payload'],
  options: { readonly summary?: string; readonly key?: KeyOf<Payload> } = {},
): EventDefinition<Payload> {
  return Object.freeze({ kind: 'event', payload, key: options.key, summary: options.summary })
}

/**
 * The events of a module in a file of their own: its manifest takes them as `events`, and a module that must not need it hears
 * them by `hears`.
 */
export function defineEvents<const Name extends string, const Events extends EventsShape>(
  module: Name,
  events: Events,
): EventContract<Name, Events> {
  return Object.freeze({ kind: 'events', module, events: Object.freeze({ ...events }) })
}
