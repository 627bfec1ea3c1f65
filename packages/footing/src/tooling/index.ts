// What the command line needs of the library and an application does not: migrations, records, servers, all error tables.
export type { App, RunningApp } from '../app/create-app.ts'
export { type DescribedCapability, type DescribedProcess, describeProcess } from '../app/describe-process.ts'
export { provisionDatabase } from '../app/provision-database.ts'
export { type CronAdmin, openCronAdmin, type ScheduleStatus, type TickStatus } from '../cron/admin.ts'
export type {
  DataSource,
  EmbeddedServer,
  MigrationSource,
  MigrationStatus,
  Migrator,
} from '../data/contract/contract.ts'
export { dataErrors } from '../data/contract/errors.ts'
export { openDataSource } from '../data/data-source.ts'
export {
  type DeferredChoice,
  type DeferredEvent,
  type EventsAdmin,
  openEventsAdmin,
  type ReplayChoice,
  type SubscriberStatus,
} from '../events/admin.ts'
export { type JobsAdminOptions, openJobsAdmin } from '../jobs/admin.ts'
export {
  type JobCounts,
  type JobListRequest,
  type JobSelection,
  type JobState,
  type JobsAdmin,
  jobStates,
  type ListedJob,
  type SelectionResult,
  type ShownJob,
} from '../jobs/contract/admin.ts'
export * from '../migrations/index.ts'
export * from '../records/index.ts'
export * from '../servers/index.ts'
export { errorTables } from './error-tables.ts'
