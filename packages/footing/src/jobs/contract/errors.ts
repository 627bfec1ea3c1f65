// Every coded error of jobs.
import { defineErrors, type FootingError } from '@footing/kernel'

/** The closed table of this capability. */
export const jobErrors = defineErrors({
  'job-declaration-invalid': {
    status: 500,
    retryable: false,
    what: 'The job {job} is declared wrongly: {reason}',
    why: 'Stores would understand it in different ways, or not at all.',
    remedy: "Correct the declaration; an example is job({ payload: Mail, attempts: 5, timeout: '30s' }).",
  },
  'job-unknown': {
    status: 500,
    retryable: false,
    what: 'The module {module} declares no job {job}.{hint}',
    why: 'Nobody would ever run it.',
    remedy: 'Declare it in uses: [jobs({ … })] of the manifest.',
  },
  'job-handler-missing': {
    status: 500,
    retryable: false,
    what: 'The module {module} declares the job {job}, and {missing}.',
    why: 'Jobs of that name would wait for ever.',
    remedy: 'Give a function of that name in `jobs` of the implementation, or name an operation of the port in `call`.',
  },
  'job-payload-invalid': {
    status: 400,
    retryable: false,
    what: 'The payload of the job {job} does not fit what the manifest declares.',
    why: 'A handler may rely on it. Nothing was added.',
    remedy: 'Correct the fields that the answer names.',
  },
  'job-too-large': {
    status: 413,
    retryable: false,
    what: 'The payload of the job {job} has {bytes} bytes; {limit} are allowed.',
    why: 'Large payloads slow the store down for all jobs, or do not fit into it. Nothing was added.',
    remedy: 'Keep the content in a table or an object and add the id of that.',
  },
  'job-option-invalid': {
    status: 500,
    retryable: false,
    what: 'An option of the job {job} cannot be used: {reason}',
    why: 'The job would run at another time, or another way, than was meant. Nothing was added.',
    remedy: 'Correct the option that the message names.',
  },
  'job-unsupported': {
    status: 500,
    retryable: false,
    what: 'The job {job} asks for "{guarantee}", which the driver {driver} does not offer.',
    why: 'Its guarantees say so, and pretending would show on a bad day.',
    remedy: 'Take another driver (JOBS_URL; PostgreSQL offers most), or leave out what asks for it.',
  },
  'job-queue-full': {
    status: 503,
    retryable: true,
    what: '{limit} jobs {job} wait already, which is the limit that the manifest declares.',
    why: 'More are added than done; a queue without an end fills the store. Nothing was added.',
    remedy: 'Try again later; when it stays, start more workers or look at why the handlers are slow.',
  },
  'job-upgrade-missing': {
    status: 500,
    retryable: false,
    what: 'A job {job} has a payload of version {found}; this process knows version {known}{reason}.',
    why: 'It was added by another version of the application. It is kept, and not tried with a payload that it does not fit.',
    remedy: 'Declare `upgrade` for older versions, or deploy the newer one; then footing jobs retry {job}.',
  },
  'job-timeout': {
    status: 504,
    retryable: true,
    what: 'The job {job} did not end within {ms} ms.',
    why: 'An attempt that has no end would hold its place for ever. Its signal was aborted; what it still does counts for nothing.',
    remedy: 'Look at its slowest step, let the handler heed context.signal, or allow it a longer `timeout`.',
  },
  'job-cancelled': {
    status: 499,
    retryable: false,
    what: 'The job {job} was cancelled.',
    why: 'Somebody took it back while it ran; its signal was aborted.',
    remedy: 'Nothing to do.',
  },
  'job-claim-lost': {
    status: 409,
    retryable: false,
    what: 'The job {job} is no longer held by this process.',
    why: 'It stood still or was cut off for longer than the store waits, so another attempt has begun; its signal was aborted and its end is not counted.',
    remedy:
      'Record effects with kit.effects.once, so that two attempts have them once; look at stalls of the event loop.',
  },
  'job-orphaned': {
    status: 500,
    retryable: true,
    what: 'The process that ran the job {job} went away without ending it.',
    why: 'It was killed, its machine failed, or it stood still. The attempt is counted.',
    remedy: 'When the same job does so each time, it may be what kills the process: look at it with footing jobs show.',
  },
  'job-drained': {
    status: 503,
    retryable: true,
    what: 'The job {job} was given back because this process stops.',
    why: 'Its time to end had passed. No attempt is counted; another process runs it.',
    remedy: 'Nothing to do; a longer DRAIN_MS lets more jobs end.',
  },
  'job-given-up': {
    status: 500,
    retryable: false,
    what: 'The handler of the job {job} gave up: {reason}',
    why: 'It said that another attempt is of no use.',
    remedy: 'Correct the cause, then footing jobs retry.',
  },
  'job-missing': {
    status: 404,
    retryable: false,
    what: 'There is no job {id}.',
    why: 'It never was, or it ended longer ago than the store keeps it.',
    remedy: 'Check the id; footing jobs list shows what there is.',
  },
  'job-outcome-unknown': {
    status: 500,
    retryable: true,
    what: 'Adding the job {job} was cut off; whether it is there is not known.',
    why: 'The connection to the store went away between the question and the answer.',
    remedy: 'Add it again with a key that deduplicates, or inside a transaction.',
  },
  'jobs-transaction-unsupported': {
    status: 500,
    retryable: false,
    what: 'The job {job} was added with a transaction, and the driver {driver} is not transactional.',
    why: 'The job would run although the change was rolled back, or be lost although it was committed.',
    remedy: 'Add it after the commit, or leave JOBS_URL out: jobs then are in the database of the application.',
  },
  'jobs-store-missing': {
    status: 500,
    retryable: false,
    what: 'The application declares jobs and has nowhere to keep them.',
    why: 'Jobs in memory would be lost with the process. There is no database in this process and JOBS_URL is not set.',
    remedy: 'Set DATABASE_URL, or JOBS_URL=redis://… or sqs://….',
  },
  'jobs-not-provisioned': {
    status: 500,
    retryable: false,
    what: 'The tables of jobs are {state} in this database.',
    why: 'They are put in place after the migrations of the modules, by the owner of the database.',
    remedy: 'Run footing migrate up with the direct URL, then start again.',
  },
  'jobs-url-invalid': {
    status: 500,
    retryable: false,
    what: 'JOBS_URL cannot be used: {reason}',
    why: 'It says where jobs are kept: redis://host:6379/0 or sqs://key:secret@host/prefix?region=….',
    remedy: 'Correct JOBS_URL, or leave it out to keep jobs in the database.',
  },
  'jobs-driver-missing': {
    status: 500,
    retryable: false,
    what: 'The package {package} is not installed.',
    why: 'It is optional: only JOBS_URL={scheme}://… needs it.',
    remedy: 'Run npm install {package}, or leave JOBS_URL out to keep jobs in the database.',
  },
  'jobs-store-unsafe': {
    status: 500,
    retryable: false,
    what: 'The store of jobs would lose some: {reason}',
    why: 'What is added would not be there after a bad day.',
    remedy: '{instead}',
  },
  'jobs-closed': {
    status: 503,
    retryable: true,
    what: 'This process takes no more jobs.',
    why: 'It is shutting down.',
    remedy: 'Send the request to another process.',
  },
  'jobs-store-failed': {
    status: 502,
    retryable: true,
    what: 'The store of jobs could not do {operation}: {reason}',
    why: 'It cannot be reached, or it answered with a fault that has no code of its own here.',
    remedy: 'Read the reason; check that the store runs, and JOBS_URL.',
  },
})

/** A code of the table. */
export type JobErrorCode = Parameters<typeof jobErrors>[0]

/** Makes an error of the table with the values that its sentences name. */
export function jobError(
  code: JobErrorCode,
  details: Readonly<Record<string, string | number>> = {},
  cause?: unknown,
): FootingError {
  return jobErrors(code, { details, ...(cause === undefined ? {} : { cause }) })
}
