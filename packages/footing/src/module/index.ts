// Modules alone, for an application that has a server of its own: manifests, implementations and calls between them.
export type { Context, User } from './context.ts'
export { DeadlineWheel } from './deadline-wheel.ts'
export {
  type AnyManifest,
  type CallOptions,
  defineModule,
  type Manifest,
  type PortOf,
  type PortsOf,
} from './define-module.ts'
export { moduleErrors } from './errors.ts'
export { type Handlers, type Implementation, implement, type Kit, type ModuleImplementation } from './implement.ts'
export { type BoundPorts, ModuleNetwork } from './module-network.ts'
export { event, op } from './operation.ts'
export { orderByNeeds } from './order-by-needs.ts'
export { describedAs, type InputOf, jsonSchemaOf, type OutputOf, type Schema } from './schema.ts'
export { optionalSetting, type Setting, type Settled, setting } from './setting.ts'
