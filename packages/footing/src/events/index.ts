// The public list of events: the driver's contract, the driver that needs nothing, and the cases that every driver passes.
export { appliesTo, type EventCase, type EventHarness, eventConformance } from './conformance.ts'
export {
  type Delivery,
  type DeliveryFault,
  type DriverGuarantees,
  type EventDriver,
  type EventEnvelope,
  type EventGuarantee,
  eventGuarantees,
  type Subscriber,
  type SubscriberLag,
} from './contract/contract.ts'
export { eventErrors } from './contract/errors.ts'
export { type InProcessEventsOptions, inProcessEvents } from './drivers/in-process.ts'
export { EventBus, type EventRecord, eventChannel } from './event-bus.ts'
export { type EventLogOptions, eventLog } from './log/event-log.ts'
