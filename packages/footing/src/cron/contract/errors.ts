// Every coded error of schedules.
import { defineErrors } from '@footing/kernel'

/** The closed table of the cron capability. */
export const cronErrors = defineErrors({
  'cron-pattern-invalid': {
    status: 500,
    retryable: false,
    what: 'The schedule {schedule} has the pattern {pattern}: {reason}.',
    why: 'A pattern has five fields, minute hour day month weekday, or six with the second in front.',
    remedy: "Correct `at`, for example '0 3 * * *' for every day at three.",
  },
  'cron-pattern-never': {
    status: 500,
    retryable: false,
    what: 'The schedule {schedule} never fires: no day matches {pattern}.',
    why: 'A schedule that waits for ever looks like one that works.',
    remedy: 'Correct the day or the month of `at`.',
  },
  'cron-zone-unknown': {
    status: 500,
    retryable: false,
    what: 'The schedule {schedule} has the time zone {zone}, which does not exist.',
    why: 'This Node knows the zones of the tz database {version}; without the zone nobody knows when three o’clock is.',
    remedy: "Write a name of the tz database, such as 'Europe/Berlin' or 'UTC'.",
  },
  'cron-declaration-invalid': {
    status: 500,
    retryable: false,
    what: 'The schedule {schedule} is not declared well: {reason}.',
    why: 'What is declared decides when code runs without anybody watching.',
    remedy: 'Correct it in the manifest of the module; docs/schedules.md lists every choice.',
  },
  'cron-handler-missing': {
    status: 500,
    retryable: false,
    what: 'Nothing runs for the schedule {schedule}.',
    why: 'The manifest declares it, and the implementation gives no function of that name under `cron`.',
    remedy: 'Add the function, or write schedule({ call: … }) with an operation of the module.',
  },
  'cron-call-impossible': {
    status: 500,
    retryable: false,
    what: 'The schedule {schedule} calls {operation}, which it cannot: {reason}.',
    why: 'A tick has no input of its own, so it calls an operation that takes none.',
    remedy: 'Name an operation of the module that takes no input, or write a function under `cron`.',
  },
  'cron-tables-missing': {
    status: 503,
    retryable: true,
    what: 'The database has no tables for schedules.',
    why: 'Ticks are recorded in the schema footing_cron, and without it every replica would fire.',
    remedy: 'Run footing migrate up, as for every new version.',
  },
  'cron-schedule-unknown': {
    status: 404,
    retryable: false,
    what: 'There is no schedule {schedule}.{hint}',
    why: 'Known are: {known}.',
    remedy: 'Correct the name: module.schedule. A new one is known when a process with it has started once.',
  },
  'cron-tick-unknown': {
    status: 404,
    retryable: false,
    what: 'The schedule {schedule} has no ended tick {tick}.',
    why: 'Only a tick that has ended can run again, and old ones are forgotten after a while.',
    remedy: 'Look at footing cron show {schedule}.',
  },
  'cron-lease-lost': {
    status: 503,
    retryable: true,
    what: 'The tick {tick} of {schedule} is no longer this process’s.',
    why: 'The process stood still or did not reach the database for longer than the lease, and another one may run the tick now.',
    remedy: 'Nothing, if it is rare. Otherwise find what holds the event loop, or the way to the database.',
  },
  'cron-process-lost': {
    status: 500,
    retryable: false,
    what: 'The tick {tick} of {schedule} was begun {attempts} times, and no process lived to its end.',
    why: 'What ends a process each time would do so again.',
    remedy: 'Find in the logs how these processes ended, then run footing cron retry {schedule} {tick}.',
  },
  'cron-cancelled': {
    status: 503,
    retryable: false,
    what: 'The tick {tick} of {schedule} was cancelled: {reason}.',
    why: 'Somebody asked for it, or the schedule says that a new tick ends the old one.',
    remedy: 'Nothing; footing cron retry {schedule} {tick} runs it again.',
  },
  'cron-given-back': {
    status: 503,
    retryable: true,
    what: 'The tick {tick} of {schedule} was given back: the process is stopping.',
    why: 'It did not end within the time for draining.',
    remedy: 'Nothing; another process runs it. A handler that hears context.signal ends sooner.',
  },
})
