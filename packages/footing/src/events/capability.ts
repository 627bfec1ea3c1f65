// Events as a capability: announced by modules, carried by a driver, heard by modules.
import type { ProcessFacts } from '../capability/capability.ts'
import { defineCapability } from '../capability/capability.ts'
import { dataCapability } from '../data/capability.ts'
import { withDirectClient } from '../data/connection/direct-session.ts'
import { migrateOwnTables } from '../migrations/apply/migrate-own-tables.ts'
import type { AnyManifest } from '../module/define-module.ts'
import { optionalSetting, setting } from '../module/setting.ts'
import { urlWith, wholeNumber } from '../module/text-schema.ts'
import { eventGuarantees } from './contract/contract.ts'
import { eventErrors } from './contract/errors.ts'
import { inProcessEvents, inProcessGuarantees } from './drivers/in-process.ts'
import { EventBus, type Subscriptions } from './event-bus.ts'
import { postgresDoorbell } from './log/doorbell.ts'
import { eventLog, eventLogGuarantees } from './log/event-log.ts'

const settings = {
  EVENTS_KEEP_SECONDS: setting({
    schema: wholeNumber(10, 30 * 86_400),
    default: 3600,
    summary: 'how long an event can at least be read again',
  }),
  EVENTS_FORGET_SECONDS: setting({
    schema: wholeNumber(60, 365 * 86_400),
    default: 7 * 86_400,
    summary: 'after how long a subscriber is forgotten that no process of the application has any more',
  }),
  DATABASE_DIRECT_URL: optionalSetting({
    schema: urlWith('postgres', 'postgresql'),
    secret: true,
    summary: 'PostgreSQL itself where DATABASE_URL is a pooler: for migrations, and to hear of events sooner',
  }),
} as const

const channel = 'footing_events'

/** Events between modules; `kit.emit` and `on` of an implementation. */
export const eventsCapability = defineCapability<typeof settings, EventBus>({
  name: 'events',
  summary: 'what a module announces and others hear',
  settings,
  guarantees: eventGuarantees,
  wanted: () => true,
  needs: (facts) => (isLogged(facts) ? ['data'] : []),
  driver({ EVENTS_KEEP_SECONDS }, facts) {
    if (!isLogged(facts)) return { driver: 'in-process', from: undefined, guarantees: { ...inProcessGuarantees } }
    const guarantees = { ...eventLogGuarantees(EVENTS_KEEP_SECONDS * 1000) }
    return { driver: 'postgresql', from: 'DATABASE_URL', guarantees }
  },
  open(values, process) {
    const { app, clock, network, role, log, places } = process
    refuseOtherContracts(places.local, app.modules)
    const data = isLogged(process) ? process.opened(dataCapability) : undefined
    if (data === undefined) return new EventBus(inProcessEvents({ clock }), network.environment)
    const { DATABASE_DIRECT_URL: directUrl } = values
    const driver = eventLog({
      data,
      app: app.name,
      delivers: role !== 'web',
      keepMs: values.EVENTS_KEEP_SECONDS * 1000,
      forgetMs: values.EVENTS_FORGET_SECONDS * 1000,
      doorbell:
        directUrl === undefined
          ? undefined
          : postgresDoorbell({
              clock,
              notify: () => data.forModule('footing_events').query(`notify ${channel}`),
              listen: (hear, signal) => listenDirectly(directUrl, hear, signal),
            }),
      onTrouble: (what, error) => log.warn('the log of events could not be used; it is tried again', { what }, error),
      onAdopted: () =>
        log.warn('the log of events was restored from another database server; what is kept is delivered again'),
      onForgotten: (names) => log.warn('subscribers were forgotten that nobody declares', { names: names.join(', ') }),
    })
    return new EventBus(driver, network.environment)
  },
  kit: (bus, { manifest }) => ({ emit: bus?.emitOf(manifest) }),
  join(bus, { manifest, implementation }, { places }) {
    // Typed by the manifest; the bus checks each key once more.
    bus.subscribe(manifest, (implementation.on ?? {}) as Subscriptions, places.local)
    return undefined
  },
  start: (bus) => bus.start(),
  gauges: (bus) => [
    {
      name: 'footing_events_waiting',
      help: 'Events that wait in this process or are being handled.',
      value: bus.waiting,
    },
    ...bus.lags.flatMap(({ subscriber, waiting, oldestSeconds, parked }) => [
      {
        name: 'footing_event_lag',
        help: 'Events a subscriber has not passed.',
        value: waiting,
        labels: { subscriber },
      },
      {
        name: 'footing_event_oldest_seconds',
        help: 'Age of the oldest event that a subscriber has not passed.',
        value: oldestSeconds,
        labels: { subscriber },
      },
      {
        name: 'footing_events_parked',
        help: 'Events set aside after their attempts.',
        value: parked,
        labels: { subscriber },
      },
    ]),
  ],
  schema: 'footing_events',
  async provision(directUrl, modules) {
    if (!hasDatabase(modules) || !hasEvents(modules)) return
    await migrateOwnTables(directUrl, 'footing_events', new URL('./log/migrations/', import.meta.url))
  },
  drain: (bus, deadlineMs) => bus.drain(deadlineMs),
})

/** An application that has a database keeps its events there, whichever of its modules are in this process. */
function isLogged({ app, places, options }: Pick<ProcessFacts, 'app' | 'places' | 'options'>): boolean {
  const given = Reflect.get(options, 'opened')
  const hasData = hasDatabase(app.modules) || (typeof given === 'object' && given !== null && 'data' in given)
  const demands = places.local.some(({ guarantees }) => (guarantees.events ?? []).length > 0)
  return hasData && (demands || places.local.some((module) => concerns(module)))
}

function hasDatabase(modules: readonly AnyManifest[]): boolean {
  return modules.some(({ tables, migrations }) => tables.length > 0 || migrations !== undefined)
}

function hasEvents(modules: readonly AnyManifest[]): boolean {
  return modules.some((module) => concerns(module))
}

/** A module that announces, or could hear. */
function concerns({ events, needs, hears }: AnyManifest): boolean {
  return [{ events }, ...needs, ...hears].some((source) => Object.keys(source.events).length > 0)
}

/** Who hears a module without needing it has only the contract in common with it. */
function refuseOtherContracts(local: readonly AnyManifest[], all: readonly AnyManifest[]): void {
  for (const { name: module, hears } of local) {
    for (const { module: emitter, events } of hears) {
      const source = all.find(({ name }) => name === emitter)
      for (const [event, definition] of Object.entries(events)) {
        const details = {
          module,
          event: `${emitter}.${event}`,
          emitter,
          reason: `this application has no module ${emitter}`,
        }
        if (source === undefined) throw eventErrors('event-unknown', { details })
        if (source.events[event] !== definition) throw eventErrors('event-contract-differs', { details })
      }
    }
  }
}

function listenDirectly(url: string, hear: () => void, signal: AbortSignal): Promise<void> {
  return withDirectClient(url, async (client) => {
    const ended = Promise.withResolvers<void>()
    client.on('end', () => ended.resolve())
    client.on('notification', hear)
    signal.addEventListener('abort', () => ended.resolve(), { once: true })
    // footing: allow data/session-state -- a connection of its own on the direct URL, never through a pooler
    await client.query(`listen ${channel}`)
    if (!signal.aborted) await ended.promise
  })
}
