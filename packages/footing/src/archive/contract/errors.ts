// Every coded error of the archive.
import { defineErrors, type FootingError } from '@footing/kernel'

/** The closed table of this capability. */
export const archiveErrors = defineErrors({
  'archive-table-unknown': {
    status: 500,
    retryable: false,
    what: 'The archive knows no table {table}.',
    why: 'It was not configured, or does not exist in the database.',
    remedy:
      'Name it in the tables of the archive, with module, table, timeColumn and olderThanDays, and run the migrations.',
  },
  'archive-table-unsafe': {
    status: 500,
    retryable: false,
    what: 'The table {table} cannot be archived: {reason}',
    why: 'Moving its rows could lose some, or change others.',
    remedy: '{instead}',
  },
  'archive-configuration-invalid': {
    status: 500,
    retryable: false,
    what: 'The archive of {table} is not configured rightly: {reason}',
    why: 'What is old must be clear before anything is deleted.',
    remedy: 'Correct the entry in the tables of the archive.',
  },
  'archive-lease-lost': {
    status: 503,
    retryable: true,
    what: 'Another process took over the archive of {table}.',
    why: 'This one showed no sign of life for longer than its lease, so it must not go on. Nothing is lost.',
    remedy: 'Nothing to do: the other process finishes the work. Raise leaseMs when batches take longer than that.',
  },
  'archive-busy': {
    status: 503,
    retryable: true,
    what: 'The archive of {table} was not free: another process works on it.',
    why: 'Two at once would exchange the same files. Nothing was changed.',
    remedy: 'Call it again; a run that is under way ends with its batch, a dead one loses the table after two minutes.',
  },
  'archive-file-wrong': {
    status: 500,
    retryable: true,
    what: 'The archive file {object} does not hold what was read from the table: {reason}',
    why: 'It was damaged on its way or in the store. No row that it should hold was deleted because of it.',
    remedy: 'Run it again, which writes a new file. For a file whose rows are deleted already, restore it from a copy.',
  },
  'archive-query-invalid': {
    status: 400,
    retryable: false,
    what: 'The archive cannot answer the query: {reason}',
    why: 'An answer that leaves something out in silence would be worse than none.',
    remedy: 'Correct the part that the message names.',
  },
  'archive-restore-columns': {
    status: 409,
    retryable: false,
    what: 'The rows of {object} have columns that {table} has no more: {columns}.',
    why: 'Restoring would drop their values.',
    remedy: 'Add the columns again, or name them in withoutColumns when their values are not needed.',
  },
  'archive-parquet-missing': {
    status: 500,
    retryable: false,
    what: 'The packages that write and read Parquet files are not installed.',
    why: 'They are optional, because only applications with an archive need them (1.5 MB, no native code).',
    remedy: 'Run npm install hyparquet hyparquet-writer.',
  },
})

/** A code of the table. */
export type ArchiveErrorCode = Parameters<typeof archiveErrors>[0]

/** Makes an error of the table with the values that its sentences name. They end up in messages: never a row's content. */
export function archiveError(
  code: ArchiveErrorCode,
  details: Readonly<Record<string, string | number>> = {},
  cause?: unknown,
): FootingError {
  return archiveErrors(code, { details, ...(cause === undefined ? {} : { cause }) })
}
