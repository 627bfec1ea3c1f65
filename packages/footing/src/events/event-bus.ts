// Joins the modules of a process with the driver of events: checks what is announced, runs what hears it.
import { channel } from 'node:diagnostics_channel'
import { transactionBrand } from '../data/contract/contract.ts'
import type { AnyTransaction } from '../data/contract/transaction-end.ts'
import { coded } from '../module/checked-value.ts'
import type { AnyManifest } from '../module/define-module.ts'
import { moduleErrors } from '../module/errors.ts'
import type { Emit, EventHandler, EventSubscription } from '../module/event-handler.ts'
import type { EventDefinition } from '../module/operation.ts'
import { findUnportable, freezeDeep } from '../module/portable.ts'
import { validate } from '../module/schema.ts'
import { CallContext, currentContext, newOrigin } from '../work/call-context.ts'
import { milliseconds } from '../work/duration.ts'
import { createLog } from '../work/log.ts'
import { type CallEnvironment, runWork } from '../work/run-work.ts'
import { randomHex } from '../work/trace-ids.ts'
import type { EventDriver, EventEnvelope, Subscriber } from './contract/contract.ts'
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

  /** How many events wait or are being handled. */
  get waiting(): number {
    return this.#driver.waiting
  }

  /**
   * Takes the handlers of a module. `here` are the modules of this process.
   * @throws `event-unknown`, `event-elsewhere`, TypeError for a deadline that is no duration
   */
  subscribe(manifest: AnyManifest, handlers: Subscriptions, here: readonly AnyManifest[]): void {
    for (const [key, given] of Object.entries(handlers)) {
      if (given === undefined) continue
      const { emitter, event } = heard(manifest, key)
      if (!here.some(({ name }) => name === emitter) && !this.#driver.guarantees['across-processes']) {
        throw eventErrors('event-elsewhere', { details: { module: manifest.name, event: key, emitter } })
      }
      this.#driver.subscribe(this.#subscriber(manifest.name, emitter, event, given))
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
        payload: await this.#sealed(definition, payload, event),
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

  /** Delivers what is taken and takes nothing more; what is left after `deadlineMs` is lost, and the log says how much. */
  async drain(deadlineMs: number): Promise<void> {
    const left = await this.#driver.drain(deadlineMs)
    if (left > 0) this.#log.error('events were not delivered before the process stopped', { left })
  }

  /** The payload as every subscriber sees it: checked by the schema, JSON, frozen, and nobody else's object. */
  async #sealed({ payload: schema }: EventDefinition, payload: unknown, event: string): Promise<unknown> {
    refuseUnportable(payload, event)
    // The check works on a copy: whoever announces may go on with its own object, before and after the commit.
    const validation = await validate(schema, structuredClone(payload))
    if ('issues' in validation) throw eventErrors('invalid-event', { details: { event }, issues: validation.issues })
    refuseUnportable(validation.value, event)
    return freezeDeep(validation.value)
  }

  #subscriber(module: string, emitter: string, event: string, given: EventHandler | EventSubscription): Subscriber {
    const { handle, deadline } = typeof given === 'function' ? { handle: given, deadline: undefined } : given
    const deadlineMs = milliseconds(deadline ?? defaultDeadline)
    return { module, emitter, event, deliver: (envelope) => this.#deliver(module, handle, deadlineMs, envelope) }
  }

  async #deliver(module: string, handle: EventHandler, deadlineMs: number, envelope: EventEnvelope): Promise<boolean> {
    const { clock } = this.#environment
    const name = `${envelope.module}.${envelope.event}`
    const origin = newOrigin()
    origin.requestId = envelope.requestId
    origin.traceId = envelope.traceId
    const started = clock.monotonic()
    const waitedMs = clock.now() - envelope.at
    const context = new CallContext(clock, undefined, origin, module, `on ${name}`, started, started + deadlineMs)
    const facts = Object.freeze({ id: envelope.id, name, at: envelope.at })
    let code: string | undefined
    try {
      // An async function, so that a handler that throws at once is caught like any other.
      await runWork(
        this.#environment,
        context,
        async (payload, given) => handle(payload, given, facts),
        envelope.payload,
      )
    } catch (error) {
      const fault = coded(error, `${module} on ${name}`)
      code = fault.code
      const log = createLog(module, () => context)
      log.error('an event was not handled; it is not repeated', { event: name, eventId: envelope.id, code }, error)
    }
    if (eventChannel.hasSubscribers) {
      const durationMs = clock.monotonic() - started
      const { requestId, traceId } = envelope
      const record: EventRecord = { event: name, subscriber: module, durationMs, waitedMs, code, requestId, traceId }
      eventChannel.publish(record)
    }
    return code === undefined
  }
}

/** Which event a key means, if the module may hear it. */
function heard(manifest: AnyManifest, key: string): { readonly emitter: string; readonly event: string } {
  const unknown = (reason: string) =>
    eventErrors('event-unknown', { details: { module: manifest.name, event: key, reason } })
  const dot = key.indexOf('.')
  const emitter = dot < 0 ? key : key.slice(0, dot)
  const event = key.slice(dot + 1)
  const source = [manifest, ...manifest.needs].find(({ name }) => name === emitter)
  if (source === undefined) throw unknown(`it does not need a module ${emitter}`)
  if (!Object.hasOwn(source.events, event)) throw unknown(`${emitter} declares no such event`)
  return { emitter, event }
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
