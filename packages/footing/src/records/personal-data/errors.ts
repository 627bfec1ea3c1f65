// Every coded error of personal data.
import { defineErrors } from '@footing/kernel'

/** The closed table of personal data. */
export const personalDataErrors = defineErrors({
  'personal-data-unclassified': {
    status: 500,
    retryable: false,
    what: 'The personal data of this application are not wholly declared:\n{faults}\n',
    why: 'A column that nobody has thought about would be missing from an export and survive an erasure.',
    remedy:
      'Add it to personal in the manifest of its module: erase, secret, keep, other or { replace }, or none with the reason.',
  },
  'personal-data-invalid': {
    status: 500,
    retryable: false,
    what: 'The personal data of {table} cannot be handled: {reason}',
    why: 'Erasing has to leave a row that its table accepts.',
    remedy:
      'Give the column { replace: "…{key}" } in the manifest, or let the module erase the table by a function of its own.',
  },
  'personal-data-missing': {
    status: 500,
    retryable: false,
    what: 'Nothing to keep account of erasures is installed in this database.',
    why: 'An erasure that is interrupted goes on where it stopped, and ends with a proof; both are kept in tables.',
    remedy: 'Run footing migrate up; it installs what the manifests ask for.',
  },
  'personal-data-erased': {
    status: 410,
    retryable: false,
    what: 'This person was erased; nothing new is stored about them.',
    why: 'A request that was under way, or a token that is still valid, would bring data back that had to go.',
    remedy: 'Log the session out. Somebody who comes back opens a new account.',
  },
  'personal-data-busy': {
    status: 503,
    retryable: true,
    what: 'The erasure could not begin: transactions that write about this person did not end.',
    why: 'It waits for them, so that nothing is written behind its back, and does not hold up everybody else meanwhile.',
    remedy: 'Try again; look for long transactions in pg_stat_activity when it does not help.',
  },
})
