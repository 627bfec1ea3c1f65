// The public list of the runtime library. Telemetry and testing have entries of their own.
export {
  type Clock,
  defineErrors,
  type ErrorIssue,
  FootingError,
  isFootingError,
  manualClock,
  systemClock,
} from '@footing/kernel'
export { analyticsErrors } from './analytics/errors.ts'
export {
  type App,
  type AppOptions,
  createApp,
  type Role,
  type RunningApp,
  type StartOptions,
} from './app/create-app.ts'
export { appErrors } from './app/errors.ts'
export type { ErasedTable, ErasureProof, PersonalData } from './app/personal-data.ts'
export { stopOnSignals } from './app/stop-on-signals.ts'
export { archiveErrors } from './archive/errors.ts'
export * from './cpu/index.ts'
export * from './data/index.ts'
export * from './event-loop/index.ts'
export * from './events/index.ts'
export * from './fan-out/index.ts'
export { httpErrors } from './http/errors.ts'
export type { CorsOptions, FailedRequest, HttpOptions, MountedRoute, ProblemAnswer } from './http/http-options.ts'
export type { Context, User } from './module/context.ts'
export {
  type AnyManifest,
  type CallOptions,
  defineModule,
  type Manifest,
  type PortOf,
  type PortsOf,
} from './module/define-module.ts'
export type { Duration } from './module/duration.ts'
export { moduleErrors } from './module/errors.ts'
export type {
  Emit,
  EmitThrough,
  EventFacts,
  EventHandler,
  EventHandlers,
  EventSubscription,
} from './module/event-handler.ts'
export {
  type Authenticate,
  type Credentials,
  type Handlers,
  type Implementation,
  implement,
  type Kit,
  type ModuleImplementation,
} from './module/implement.ts'
export type { Log, LogFields, LogLevel } from './module/log.ts'
export { type EventDefinition, event, type Operation, op } from './module/operation.ts'
export type { OperationStats } from './module/operation-stats.ts'
export type { JsonObject, JsonValue, Portable } from './module/portable.ts'
export type { Profile } from './module/profile.ts'
export { type AnyRoute, respond, route } from './module/route.ts'
export { describedAs, type InputOf, type OutputOf, type Schema } from './module/schema.ts'
export { type OptionalSetting, optionalSetting, type Setting, type Settled, setting } from './module/setting.ts'
export { placementErrors } from './placement/errors.ts'
export * from './redis/index.ts'
export { storageErrors } from './storage/errors.ts'
