// Every coded error of the access log.
import { defineErrors } from '@footing/kernel'

/** The closed table of the access log. */
export const accessLogErrors = defineErrors({
  'access-log-missing': {
    status: 500,
    retryable: false,
    what: 'The access log of {table} is not installed in this database.',
    why: 'The manifest promises that nobody changes a record of it unseen; without its trigger nothing would be recorded.',
    remedy: 'Run footing migrate up with a user that owns the tables; it installs the log.',
  },
  'access-log-invalid': {
    status: 500,
    retryable: false,
    what: 'The access log of {table} cannot be installed: {reason}',
    why: 'Each entry names its record by the key columns, and is written by a trigger of the table.',
    remedy: 'Correct access in the manifest of the module, or apply its migrations first.',
  },
  'access-log-unsealed': {
    status: 409,
    retryable: true,
    what: 'The month {month} has entries that no seal covers yet.',
    why: 'Once they are dropped nobody could tell whether they were complete.',
    remedy: 'Run footing access-log seal, wait for open transactions of that month to end, then try again.',
  },
  'access-log-restored': {
    status: 500,
    retryable: false,
    what: 'The transaction numbers of this server are behind those of the last seal.',
    why: 'The log was copied into a new server with dump and restore, so new entries would fall into ranges that are sealed.',
    remedy:
      'Rename the schema footing_access to keep the old log, then run footing migrate up, which begins a new one.',
  },
})
