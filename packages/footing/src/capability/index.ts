// A capability of your own: the shape, what a manifest says of it, and the cases that every capability passes.
export { declaredBy, declares, type HandlesOf, type Use, use } from '../module/use.ts'
export {
  type AnyCapability,
  type AppProcess,
  type Capability,
  type DriverFacts,
  defineCapability,
  type Gauge,
  type ModuleInKit,
  type ModulePlaces,
  type ProcessFacts,
  type StartedModule,
  type StartedProcess,
  type UnsoundDefault,
} from './capability.ts'
export { type CapabilityCase, type CapabilityUnderTest, capabilityConformance } from './conformance.ts'
export { elsewhere } from './elsewhere.ts'
export { capabilityErrors } from './errors.ts'
export type { PersonalStore, StoreErasure } from './personal-store.ts'
