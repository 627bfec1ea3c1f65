// Events as the code of a module meets them: announcing its own, hearing those of the modules that it needs.
import type { Transaction, transactionBrand } from '../data/contract/contract.ts'
import type { Context } from '../work/context.ts'
import type { Duration } from '../work/duration.ts'
import type { AnyManifest } from './define-module.ts'
import type { EventDefinition } from './operation.ts'
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
}

/** Does what an event asks for; the payload is frozen. */
export type EventHandler<Payload = unknown> = (payload: Payload, context: Context, event: EventFacts) => Promise<void>

/** A handler with a deadline other than the usual five seconds. */
export interface EventSubscription<Payload = unknown> {
  readonly handle: EventHandler<Payload>
  readonly deadline?: Duration
}

/** `module.event` of every event of these modules. */
type KeysOf<M extends AnyManifest> = M extends AnyManifest ? `${M['name']}.${keyof M['events'] & string}` : never

type PayloadAt<M extends AnyManifest, Key extends string> = Key extends `${infer Module}.${infer Name}`
  ? Extract<M, { readonly name: Module }>['events'][Name] extends EventDefinition<infer Payload>
    ? OutputOf<Payload>
    : never
  : never

/** Handlers by `module.event`: of the modules that the manifest needs, and of the module itself. */
export type EventHandlers<M extends AnyManifest> = {
  readonly [Key in KeysOf<M['needs'][number] | M>]?:
    | EventHandler<PayloadAt<M['needs'][number] | M, Key>>
    | EventSubscription<PayloadAt<M['needs'][number] | M, Key>>
}
