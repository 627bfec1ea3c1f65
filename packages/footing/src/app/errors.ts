// Every coded error of starting and stopping an application.
import { defineErrors } from '@footing/kernel'

/** The closed table of the app capability. */
export const appErrors = defineErrors({
  'settings-invalid': {
    status: 500,
    retryable: false,
    what: 'The environment has {count} fault(s):\n{faults}\n',
    why: 'An application that starts with wrong settings fails later, and where it is harder to see.',
    remedy: 'Correct all of them and start again; a secret may also be given as NAME_FILE with the path of a file.',
  },
  'module-start-failed': {
    status: 500,
    retryable: false,
    what: 'The module {module} could not start: {reason}',
    why: 'What it needs had started; its own start threw an error, which is the cause of this one.',
    remedy: 'Read the cause, correct it and start again; what had started was stopped.',
  },
})
