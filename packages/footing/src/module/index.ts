// Modules alone, for an application that has a server of its own: manifests, implementations and calls between them.
export { type CallContext, currentContext } from '../work/call-context.ts'
export type { Context, User } from '../work/context.ts'
export { DeadlineWheel } from '../work/deadline-wheel.ts'
export type { Duration } from '../work/duration.ts'
export type { Log, LogFields, LogLevel } from '../work/log.ts'
export type { Profile } from '../work/profile.ts'
export {
  type AnyManifest,
  type CallOptions,
  defineModule,
  type Manifest,
  type PortOf,
  type PortsOf,
} from './define-module.ts'
export { moduleErrors } from './errors.ts'
export type {
  Emit,
  EventFacts,
  EventHandler,
  EventHandlers,
  EventSubscription,
} from './event-handler.ts'
export {
  type Authenticate,
  type Credentials,
  type Handlers,
  type Implementation,
  implement,
  type Kit,
  type ModuleImplementation,
  type SchemeAuthentication,
} from './implement.ts'
export { type BoundPorts, ModuleNetwork } from './module-network.ts'
export {
  defineEvents,
  type EventContract,
  type EventDefinition,
  event,
  type Operation,
  op,
} from './operation.ts'
export type { OperationStats } from './operation-stats.ts'
export { orderByNeeds } from './order-by-needs.ts'
export { columns } from './personal-columns.ts'
export type { PersonalDeclaration } from './personal-declaration.ts'
export type { Portable } from './portable.ts'
export { describedAs, type InputOf, jsonSchemaOf, type OutputOf, type Schema } from './schema.ts'
export { type OptionalSetting, optionalSetting, type Setting, type Settled, setting } from './setting.ts'
