// The public list of the library: what every application uses. Each capability has an entry of its own.
export { type Clock, defineErrors, type ErrorIssue, FootingError, isFootingError } from '@footing/kernel'
export { type App, createApp, type RunningApp, type StartOptions } from './app/create-app.ts'
export { stopOnFaults } from './app/stop-on-faults.ts'
export { stopOnSignals } from './app/stop-on-signals.ts'
export type { Database, Queries, ReadQueries, Transaction } from './data/contract/contract.ts'
export { compiled } from './data/query/compiled-query.ts'
export type { HttpOptions } from './http/http-options.ts'
export { type AnyManifest, defineModule, type Manifest, type PortOf } from './module/define-module.ts'
export type { Emit, EventFacts } from './module/event-handler.ts'
export {
  type Authenticate,
  type Implementation,
  implement,
  type Kit,
  type ModuleImplementation,
} from './module/implement.ts'
export {
  defineEvents,
  type EventContract,
  type EventDefinition,
  event,
  type Operation,
  op,
} from './module/operation.ts'
export { type AnyRoute, respond, route } from './module/route.ts'
export { describedAs, type InputOf, type Schema } from './module/schema.ts'
export { type OptionalSetting, optionalSetting, type Setting, setting } from './module/setting.ts'
export type { Use } from './module/use.ts'
export { currentContext } from './work/call-context.ts'
export type { Context, User } from './work/context.ts'
export type { Duration } from './work/duration.ts'
export type { Log } from './work/log.ts'
