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
      'Give the column { replace: "…{random}" } in the manifest, or let the module erase the table by a function of its own.',
  },
  'personal-data-subject-unlike': {
    status: 400,
    retryable: false,
    what: 'The person {subject} is written as {own} in the database.',
    why: 'Tokens and fences go by the exact text, so an erasure under another spelling would not end the access.',
    remedy: 'Use the identifier exactly as it is stored: {own}.',
  },
  'personal-data-absent': {
    status: 500,
    retryable: false,
    what: 'The manifest declares personal data in {place}, which is not in the database.',
    why: 'What is declared and not there is a name that was changed, or a migration that has not run.',
    remedy: 'Apply the migration that adds it, correct the name in personal of the manifest, or take it out there.',
  },
  'personal-data-unfenced': {
    status: 500,
    retryable: false,
    what: 'The trigger that keeps erased people out of {table} is missing or switched off.',
    why: 'Rows about somebody who was erased could be written again, and the proof of the erasure would not be true.',
    remedy: 'Run footing migrate up with a user that owns the tables; it puts the trigger there and switches it on.',
  },
  'personal-data-access-ended': {
    status: 401,
    retryable: false,
    what: 'The account of this login was erased.',
    why: 'A token or a session may outlive its account; a person who was erased is let in by none of them.',
    remedy: 'Log out. Somebody who comes back opens a new account.',
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
    why: 'A request that was under way would bring data back that had to go.',
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
