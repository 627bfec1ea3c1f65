// The public list of schedules.
export {
  type CatchUp,
  cronGuarantees,
  type Overlap,
  type Schedule,
  type Tick,
  type TickHandler,
  type TickKind,
  type TickState,
} from './contract/contract.ts'
export { cronErrors } from './contract/errors.ts'
export type { ModuleCron } from './module-cron.ts'
export { type TickRecord, tickChannel } from './running-ticks.ts'
export { type CronPart, cron, type ScheduleOptions, type Schedules, schedule } from './use-cron.ts'
