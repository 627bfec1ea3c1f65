// Joins the modules of a process with the driver of events: checks what is announced, runs what hears it.
import { channel } from 'node:diagnostics_channel'
import type { FootingError } from '@footing/kernel'
import { transactionBrand } from '../data/contract/contract.ts'
import type { AnyTransaction } from '../data/contract/transaction-end.ts'
import { coded } from '../module/checked-value.ts'
import type { AnyManifest } from '../module/define-module.ts'
import { moduleErrors } from '../module/errors.ts'
import type { Emit, EventFacts, EventHandler, EventSubscription } from '../module/event-handler.ts'
import type { EventDefinition } from '../module/operation.ts'
import { findUnportable, freezeDeep } from '../module/portable.ts'
import { type Schema, validate } from '../module/schema.ts'
import { CallContext, currentContext, newOrigin } from '../work/call-context.ts'
import { milliseconds } from '../work/duration.ts'
import { createLog } from '../work/log.ts'
import { type CallEnvironment, cancelledError, runWork } from '../work/run-work.ts'
import { randomHex } from '../work/trace-ids.ts'
import type {
  Delivery,
  DeliveryFault,
  EventDriver,
  EventEnvelope,
  Subscriber,
  SubscriberLag,
} from './contract/contract.ts'
import { eventErrors } from './contract/errors.ts'

/** Published on `footing:event` when a handler has ended. */
export interface EventRecord {
  /** `billing.paid`. */
  readonly event: string
  readonly subscriber: string
  /** How long the handler ran. */
  readonly durationMs: number
  /** How long the event had waited since it was announced. */
  readonly waitedMs: number
  /** Code of the error that the handler ended with. */
  readonly code: string | undefined
  readonly requestId: string
  readonly traceId: string
}

/** Where delivered events are published. */
export const eventChannel = channel('footing:event')

/** What a module subscribes to, as its implementation says it. */
export type Subscriptions = Readonly<Record<string, EventHandler | EventSubscription | undefined>>

const defaultDeadline = '5s'

/** The events of one process. */
export class EventBus {
  readonly #driver: EventDriver
  readonly #environment: CallEnvironment
  readonly #log = createLog('events', currentContext)

  constructor(driver: EventDriver, environment: CallEnvironment) {
    this.#driver = driver
    this.#environment = environment
  }

  /** How many events wait or are being handled in this process. */
  get waiting(): number {
    return this.#driver.waiting
  }

  /** How far the subscribers of this process are behind, where the driver can tell. */
  get lags(): readonly SubscriberLag[] {
    return this.#driver.lags ?? []
  }

  /**
   * Takes the handlers of a module. `here` are the modules of this process.
   * @throws `event-unknown`, `event-elsewhere`, TypeError for a deadline that is no duration
   */
  subscribe(manifest: AnyManifest, handlers: Subscriptions, here: readonly AnyManifest[]): void {
    for (const [key, given] of Object.entries(handlers)) {
      if (given === undefined) continue
      const one = heard(manifest, key)
      const { emitter } = one.source
      if (!here.some(({ name }) => name === emitter) && !this.#driver.guarantees['across-processes']) {
        throw eventErrors('event-elsewhere', { details: { module: manifest.name, event: key, emitter } })
      }
      this.#driver.subscribe(this.#subscriber(manifest.name, one, given))
    }
  }

  /** Makes the `emit` of a module. */
  emitOf({ name: module, events }: AnyManifest): Emit<AnyManifest> {
    const take = async (tx: AnyTransaction | undefined, name: string, payload: unknown) => {
      const event = `${module}.${name}`
      const definition = Object.hasOwn(events, name) ? events[name] : undefined
      if (definition === undefined) throw eventErrors('event-missing', { details: { module, event: name } })
      const context = currentContext()
      const envelope: EventEnvelope = Object.freeze({
        id: randomHex(16),
        module,
        event: name,
        ...(await this.#sealed(definition, payload, event)),
        at: this.#environment.clock.now(),
        requestId: context?.requestId ?? randomHex(16),
        traceId: context?.traceId ?? randomHex(16),
      })
      await this.#driver.take(envelope, tx, context?.remainingMs() ?? Number.POSITIVE_INFINITY)
    }
    const emit = async (name: string, payload: unknown) => take(undefined, name, payload)
    return Object.assign(emit, {
      in: async (tx: unknown, name: string, payload: unknown) => take(transactionOf(tx), name, payload),
    })
  }

  /** Begins to deliver; called when every module has started. */
  start(): Promise<void> {
    return this.#driver.start()
  }

  /** Delivers what would be lost and gives back what would not; the log says how much was left after `deadlineMs`. */
  async drain(deadlineMs: number): Promise<void> {
    const left = await this.#driver.drain(deadlineMs)
    if (left === 0) return
    if (this.#driver.guarantees.durable) this.#log.warn('handlers still ran when the process stopped', { left })
    else this.#log.error('events were not delivered before the process stopped', { left })
  }

  /**
   * The payload as it travels: checked by the schema, JSON, and nobody else's object. It stays what was announced, because the
   * schema of a later version may read it.
   */
  async #sealed(
    { payload: schema, key }: EventDefinition,
    payload: unknown,
    event: string,
  ): Promise<Pick<EventEnvelope, 'payload' | 'key'>> {
    refuseUnportable(payload, event)
    // Whoever announces may go on with its own object, before and after the commit.
    const given: unknown = freezeDeep(structuredClone(payload))
    const value = await readPayload(schema, given, event)
    return { payload: given, key: keyIn(value, key, event) }
  }

  #subscriber(module: string, { source, event }: Heard, given: EventHandler | EventSubscription): Subscriber {
    const subscription: EventSubscription = typeof given === 'function' ? { handle: given } : given
    const { handle, deadline, from, attempts } = subscription
    const deadlineMs = milliseconds(deadline ?? defaultDeadline)
    const reaction: Reaction = { module, handle, deadlineMs, schema: source.payload }
    return {
      module,
      emitter: source.emitter,
      event,
      from,
      attempts,
      deadlineMs,
      deliver: (envelope, delivery) => this.#deliver(reaction, envelope, delivery),
    }
  }

  async #deliver(
    { module, handle, deadlineMs, schema }: Reaction,
    envelope: EventEnvelope,
    delivery: Delivery,
  ): Promise<DeliveryFault | undefined> {
    const { clock } = this.#environment
    const name = `${envelope.module}.${envelope.event}`
    const origin = newOrigin()
    origin.requestId = envelope.requestId
    origin.traceId = envelope.traceId
    const started = clock.monotonic()
    const waitedMs = clock.now() - envelope.at
    const context = new CallContext(clock, undefined, origin, module, `on ${name}`, started, started + deadlineMs)
    const { attempt, repeats, signal, settle } = delivery
    const facts = Object.freeze({ id: envelope.id, name, at: envelope.at, attempt, once: onceIn(settle) })
    const end = () => context.end(cancelledError(context, signal?.reason))
    let fault: FootingError | undefined
    try {
      signal?.addEventListener('abort', end)
      const payload = await readPayload(schema, envelope.payload, name)
      // An async function, so that a handler that throws at once is caught like any other.
      await runWork(this.#environment, context, async (given, here) => handle(given, here, facts), payload)
    } catch (error) {
      fault = coded(error, `${module} on ${name}`)
      const log = createLog(module, () => context)
      const what = { event: name, eventId: envelope.id, code: fault.code, attempt }
      if (repeats) log.warn('an event was not handled; it is tried again', what, error)
      else log.error('an event was not handled; it is not repeated', what, error)
    } finally {
      signal?.removeEventListener('abort', end)
    }
    const code = fault?.code
    if (eventChannel.hasSubscribers) {
      const durationMs = clock.monotonic() - started
      const { requestId, traceId } = envelope
      const record: EventRecord = { event: name, subscriber: module, durationMs, waitedMs, code, requestId, traceId }
      eventChannel.publish(record)
    }
    return fault === undefined ? undefined : { code: fault.code, message: causeOf(fault) }
  }
}

/** What a module does about an event. */
interface Reaction {
  readonly module: string
  readonly handle: EventHandler
  readonly deadlineMs: number
  readonly schema: Schema
}

/** An event that a module may hear. */
interface Heard {
  readonly event: string
  readonly source: { readonly emitter: string; readonly payload: Schema }
}

/** Runs the work that has the effects, unless an earlier delivery has committed them. */
function onceIn(settle: Delivery['settle']): EventFacts['once'] {
  return async (tx, work) => {
    if (!(await settle(transactionOf(tx)))) return false
    await work()
    return true
  }
}

/** What a person wants to read who looks at a parked event. */
function causeOf(fault: FootingError): string {
  return fault.cause instanceof Error ? fault.cause.message : fault.message
}

/** The payload as a handler sees it. */
async function readPayload(schema: Schema, given: unknown, event: string): Promise<unknown> {
  const validation = await validate(schema, structuredClone(given))
  if ('issues' in validation) throw eventErrors('invalid-event', { details: { event }, issues: validation.issues })
  refuseUnportable(validation.value, event)
  return freezeDeep(validation.value)
}

function keyIn(payload: unknown, field: string | undefined, event: string): string | undefined {
  if (field === undefined) return undefined
  const key: unknown = typeof payload === 'object' && payload !== null ? Reflect.get(payload, field) : undefined
  if (typeof key === 'string' || typeof key === 'number') return String(key)
  const issues = [{ pointer: `/${field}`, message: 'is the key of the event, so it has to be a text or a number' }]
  throw eventErrors('invalid-event', { details: { event }, issues })
}

/** Which event a key means, if the module may hear it. */
function heard(manifest: AnyManifest, key: string): Heard {
  const unknown = (reason: string) =>
    eventErrors('event-unknown', { details: { module: manifest.name, event: key, reason } })
  const dot = key.indexOf('.')
  const emitter = dot < 0 ? key : key.slice(0, dot)
  const event = key.slice(dot + 1)
  const { events } =
    [manifest, ...manifest.needs].find(({ name }) => name === emitter) ??
    manifest.hears.find(({ module }) => module === emitter) ??
    {}
  if (events === undefined) throw unknown(`it neither needs nor hears a module ${emitter}`)
  const definition = Object.hasOwn(events, event) ? events[event] : undefined
  if (definition === undefined) throw unknown(`${emitter} declares no such event`)
  return { event, source: { emitter, payload: definition.payload } }
}

/** An event that was to wait for a commit must not leave at once because somebody passed the wrong handle. */
function transactionOf(given: unknown): AnyTransaction {
  if (typeof given === 'object' && given !== null && transactionBrand in given) return given as AnyTransaction // branded
  throw new TypeError('emit.in(…) takes the handle that database.transaction(…) gives; emit(…) delivers at once.')
}

/** In production too: an event may outlive the process that announced it. */
function refuseUnportable(payload: unknown, event: string): void {
  const fault = findUnportable(payload)
  if (fault === undefined) return
  const details = { operation: event, direction: 'payload', found: fault.found, place: fault.pointer || 'the top' }
  throw moduleErrors(fault.transaction ? 'transaction-across-port' : 'not-portable', { details })
}
