// The public list of telemetry.
export { type QueryEvent, queryChannel } from '../data/work-scope.ts'
export { type EventRecord, eventChannel } from '../events/event-bus.ts'
export { type RequestRecord, requestChannel } from '../http/mount-route.ts'
export { type Stall, stallChannel } from '../loop/guard/stall.ts'
export { type CallRecord, callChannel } from '../module/port-call.ts'
export { type LogRecord, logChannel } from '../work/log.ts'
export {
  type RepeatedStatement,
  type RepeatedStatementOptions,
  watchRepeatedStatements,
} from './repeated-statements.ts'
export { startTelemetry, type Telemetry, type TelemetryOptions } from './start-telemetry.ts'
export type { LogOptions } from './write-logs.ts'
