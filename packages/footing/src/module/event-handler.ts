// Events as the code of a module meets them: announcing its own, hearing those of the modules that it needs.
import type { Transaction, transactionBrand } from '../data/contract/contract.ts'
import type { Context } from '../work/context.ts'
import type { Duration } from '../work/duration.ts'
import type { AnyManifest } from './define-module.ts'
import type { EventContract, EventDefinition } from './operation.ts'
import type { InputOf, OutputOf } from './schema.ts'

type PayloadOf<M extends Pick<AnyManifest, 'events'>, Name extends string> =
  M['events'][Name] extends EventDefinition<infer Payload> ? InputOf<Payload> : never

/**
 * Announces an event of the own module. Resolves when the event is taken, not when it is delivered.
 * @throws `invalid-event`, `not-portable`, `event-queue-full`, `events-closed`
 */
export interface Emit<M extends Pick<AnyManifest, 'events'>> {
  /** Delivered at once, also when a transaction is open beside it: `emit('paid', { invoice })`. */
  <const Name extends keyof M['events'] & string>(name: Name, payload: PayloadOf<M, Name>): Promise<void>
  /** Delivered after the commit of the transaction, never after a rollback: `emit.in(tx, 'paid', { invoice })`. */
  in<const Name extends keyof M['events'] & string>(
    tx: Pick<Transaction<never>, typeof transactionBrand>,
    name: Name,
    payload: PayloadOf<M, Name>,
  ): Promise<void>
}

/** What a handler is told besides the payload. */
export interface EventFacts {
  /** Unique; the same for every subscriber and every repetition. */
  readonly id: string
  /** `billing.paid`. */
  readonly name: string
  /** Milliseconds since 1970 at which it was announced. */
  readonly at: number
  /** 1 for the first time that this subscriber is given it. */
  readonly attempt: number
  /**
   * Runs `work` in a transaction of the module, unless an earlier delivery of this event to this module has committed it: the
   * effects and the record of them are committed together. Answers whether it ran.
   * @throws `event-taken-over` when this process was too slow and another one has the subscriber
   */
  readonly once: (
    tx: Pick<Transaction<never>, typeof transactionBrand>,
    work: () => Promise<unknown>,
  ) => Promise<boolean>
}

/** Does what an event asks for; the payload is frozen. */
export type EventHandler<Payload = unknown> = (payload: Payload, context: Context, event: EventFacts) => Promise<void>

/** A handler with conditions other than the usual ones. */
export interface EventSubscription<Payload = unknown> {
  readonly handle: EventHandler<Payload>
  /** Default `5s`. */
  readonly deadline?: Duration
  /** Where a module begins that hears this event for the first time, in a driver that keeps events. Default `now`. */
  readonly from?: 'beginning' | 'now'
  /** How often the handler is tried before the event is set aside, in a driver that repeats. Default 5. */
  readonly attempts?: number
}

/** What announces. */
type Source = Pick<AnyManifest, 'name' | 'events'>

/** `module.event` of every event of these modules. */
type KeysOf<M extends Source> = M extends Source ? `${M['name']}.${keyof M['events'] & string}` : never

type PayloadAt<M extends Source, Key extends string> = Key extends `${infer Module}.${infer Name}`
  ? Extract<M, { readonly name: Module }>['events'][Name] extends EventDefinition<infer Payload>
    ? OutputOf<Payload>
    : never
  : never

/** A module that is heard, in the form of one that is needed. */
type HeardSource<Contract> =
  Contract extends EventContract<infer Name, infer Events> ? { readonly name: Name; readonly events: Events } : never

type Sources<M extends AnyManifest> = M['needs'][number] | M | HeardSource<M['hears'][number]>

/** Handlers by `module.event`: of the modules that the manifest needs or hears, and of the module itself. */
export type EventHandlers<M extends AnyManifest> = {
  readonly [Key in KeysOf<Sources<M>>]?:
    | EventHandler<PayloadAt<Sources<M>, Key>>
    | EventSubscription<PayloadAt<Sources<M>, Key>>
}
