// The public list of analytics.
export { analyticsOn } from './analytics.ts'
export { type AnalyticsFact, analyticsChannel } from './analytics-fact.ts'
export type { AnalyticsLimits } from './analytics-limits.ts'
export { type AnalyticsCase, type AnalyticsHarness, analyticsConformance } from './conformance.ts'
export type {
  Aggregate,
  Analytics,
  AnalyticsDriver,
  AnalyticsGuarantees,
  AnalyticsQuery,
  AnalyticsStats,
  AnswerRow,
  AnyTransaction,
  Batch,
  BucketUnit,
  DimensionType,
  DimensionValue,
  DriverAggregate,
  DriverFilter,
  DriverQuery,
  DriverRow,
  EventRow,
  EventType,
  MaintenanceReport,
  MeasureType,
  Occurrence,
  PartPlan,
  Refusal,
  Track,
  TrackOutcome,
  UserEvent,
  UserPage,
  UserRow,
} from './contract/contract.ts'
export { type AnalyticsErrorCode, analyticsErrors } from './contract/errors.ts'
export type { PartUnit } from './contract/part-period.ts'
export { defineEvent } from './define-event.ts'
export type { ModuleAnalytics, ModuleEvent, TrackOne } from './module-analytics.ts'
export { type AnalyticsOptions, openAnalytics } from './open-analytics.ts'
export { type AnalyticsEvents, analytics } from './use-analytics.ts'
