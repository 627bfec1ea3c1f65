// Every coded error of analytics.
import { defineErrors, type FootingError } from '@footing/kernel'

/** The closed table of this capability. */
export const analyticsErrors = defineErrors({
  'analytics-event-invalid': {
    status: 500,
    retryable: false,
    what: 'The event {event} cannot be declared: {reason}',
    why: 'Names become tables and columns, which every store has to be able to hold.',
    remedy: 'Use 1 to 40 lower-case letters, digits and _, a letter first; 50 dimensions and measures at most.',
  },
  'analytics-value-invalid': {
    status: 400,
    retryable: false,
    what: 'An event {event} cannot be stored: {reason}',
    why: 'Stores would keep something else than what was meant. Nothing was stored.',
    remedy: 'Correct the value that the message names, or leave it out.',
  },
  'analytics-query-invalid': {
    status: 400,
    retryable: false,
    what: 'A question to analytics cannot be answered: {reason}',
    why: 'Its answer would be wrong, or cost more than it may.',
    remedy: 'Correct what the message names.',
  },
  'analytics-groups-exceeded': {
    status: 422,
    retryable: false,
    what: 'The answer has more than {limit} rows.',
    why: 'A part of an answer looks like all of it, so none is given.',
    remedy: 'Filter more, group by fewer dimensions, ask for longer buckets, or raise limit (10,000 at most).',
  },
  'analytics-flush-late': {
    status: 504,
    retryable: true,
    what: 'After {timeoutMs} ms {waiting} events are not stored yet. The last failure was: {reason}',
    why: 'The store is away or slow. The events stay in the buffer and are tried again.',
    remedy: 'Check the store; raise timeoutMs where it is only slow.',
  },
  'analytics-url-invalid': {
    status: 500,
    retryable: false,
    what: 'The analytics URL cannot be used: {reason}',
    why: 'It says where events are kept: empty, postgres://…, or clickhouse://user:secret@host:8123/database.',
    remedy: 'Correct ANALYTICS_URL; characters such as / and + in a secret are written percent-encoded.',
  },
  'analytics-option-invalid': {
    status: 500,
    retryable: false,
    what: 'Analytics cannot be opened: {reason}',
    why: 'With this option events would be lost or memory unbounded.',
    remedy: 'Correct the option that the message names.',
  },
  'analytics-event-twice': {
    status: 500,
    retryable: false,
    what: 'The modules {first} and {second} both declare the event {event}.',
    why: 'An event has one table by its name, so that the numbers of one would hold those of the other.',
    remedy: 'Give one of the two another name; an event of a module reads well with its name in front: content_viewed.',
  },
  'analytics-unsupported': {
    status: 500,
    retryable: false,
    what: 'This store cannot take events as a part of a transaction.',
    why: 'It is another server than the database, so that one of the two could have what the other has not.',
    remedy: 'Use track(…) without the transaction, or leave ANALYTICS_URL empty for PostgreSQL.',
  },
  'analytics-schema-differs': {
    status: 500,
    retryable: false,
    what: 'The table of the event {event} is not as declared: {reason}',
    why: 'Events would be stored as something else, or not at all.',
    remedy: 'Declare it as before, or give the changed event or column a new name.',
  },
  'analytics-timeout': {
    status: 504,
    retryable: true,
    what: 'The analytics store did not finish {operation} within {timeoutMs} ms.',
    why: 'Waiting longer would hold the caller for something that may never come.',
    remedy: 'Ask for less time, filter more, or raise timeoutMs.',
  },
  'analytics-unreachable': {
    status: 503,
    retryable: true,
    what: 'The analytics store cannot be reached: {reason}',
    why: 'The connection failed, or the store is overloaded.',
    remedy: 'Check that it runs, and host and port in ANALYTICS_URL.',
  },
  'analytics-access-refused': {
    status: 500,
    retryable: false,
    what: 'The analytics store refused the access: {reason}',
    why: 'User or password are wrong, or a right is missing.',
    remedy: 'Check the credentials of ANALYTICS_URL and what they may do in the database.',
  },
  'analytics-failed': {
    status: 502,
    retryable: false,
    what: 'The analytics store could not do {operation}: {reason}',
    why: 'It answered with a fault that has no code of its own here.',
    remedy: 'Read the reason; the log of the store says more.',
  },
  'analytics-closed': {
    status: 503,
    retryable: true,
    what: 'Analytics is closed.',
    why: 'This process is shutting down.',
    remedy: 'Send the request to another process; in a test, close it after its last use.',
  },
})

/** A code of the table. */
export type AnalyticsErrorCode = Parameters<typeof analyticsErrors>[0]

/** Makes an error of the table with the values that its sentences name. They end up in messages: never a secret. */
export function analyticsError(
  code: AnalyticsErrorCode,
  details: Readonly<Record<string, string | number>> = {},
  cause?: unknown,
): FootingError {
  return analyticsErrors(code, { details, ...(cause === undefined ? {} : { cause }) })
}
