// The public list of jobs.
export { type JobCase, type JobHarness, jobConformance, type TestTransaction } from './conformance.ts'
export type {
  AddedJob,
  Backoff,
  ClaimedJob,
  Deduplication,
  DriverReports,
  FlowStep,
  JobDriver,
  JobQueue,
  NewJob,
  QueueSample,
  Rate,
  RunningJob,
  Settlement,
  TakeJob,
} from './contract/contract.ts'
export { type JobErrorCode, jobErrors } from './contract/errors.ts'
export { type JobGuarantees, jobGuarantees } from './contract/guarantees.ts'
export { type JobRecord, jobChannel } from './job-channel.ts'
export type { AddOptions, FlowOf, ModuleJobs } from './module-jobs.ts'
export {
  type Job,
  type JobFacts,
  type JobHandler,
  type JobOptions,
  job,
  jobs,
} from './use-jobs.ts'
