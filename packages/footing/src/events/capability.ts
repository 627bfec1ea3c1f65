// Events as a capability: announced by modules, carried by a driver, heard by modules.
import { defineCapability } from '../capability/capability.ts'
import { eventGuarantees } from './contract/contract.ts'
import { inProcessEvents, inProcessGuarantees } from './drivers/in-process.ts'
import { EventBus, type Subscriptions } from './event-bus.ts'

/** Events between modules; `kit.emit` and `on` of an implementation. */
export const eventsCapability = defineCapability<Readonly<Record<never, never>>, EventBus>({
  name: 'events',
  summary: 'what a module announces and others hear',
  settings: {},
  guarantees: eventGuarantees,
  wanted: () => true,
  driver: () => ({ driver: 'in-process', from: undefined, guarantees: { ...inProcessGuarantees } }),
  open: (_values, { clock, network }) => new EventBus(inProcessEvents({ clock }), network.environment),
  kit: (bus, { manifest }) => ({ emit: bus?.emitOf(manifest) }),
  join(bus, { manifest, implementation }, { places }) {
    // Typed by the manifest; the bus checks each key once more.
    bus.subscribe(manifest, (implementation.on ?? {}) as Subscriptions, places.local)
    return undefined
  },
  start: (bus) => bus.start(),
  gauges: (bus) => [
    { name: 'footing_events_waiting', help: 'Events that wait or are being handled.', value: bus.waiting },
  ],
  drain: (bus, deadlineMs) => bus.drain(deadlineMs),
})
