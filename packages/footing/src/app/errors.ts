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
  'port-taken': {
    status: 500,
    retryable: false,
    what: 'Port {port} on {host} is taken.',
    why: 'Another process listens there, perhaps an earlier start of this one.',
    remedy: 'Stop that process, or set PORT to another number; PORT=0 takes a free one.',
  },
  'listen-failed': {
    status: 500,
    retryable: false,
    what: 'The server cannot listen on {host}:{port}: {reason}',
    why: 'The operating system refused the address.',
    remedy: 'Check HOST and PORT; ports below 1024 need a right that a server should not have.',
  },
  'authentication-missing': {
    status: 500,
    retryable: false,
    what: 'The route {route} asks who is calling, but no module can tell.',
    why: 'A route is closed to strangers unless it says otherwise, and this one would be closed to everybody.',
    remedy: "Return `authenticate` from the implementation that knows the users, or give the route auth: 'none'.",
  },
  'authentication-twice': {
    status: 500,
    retryable: false,
    what: 'Both {first} and {second} say who is calling.',
    why: 'One request would have two answers to the same question.',
    remedy: 'Return `authenticate` from one implementation only.',
  },
  'module-start-failed': {
    status: 500,
    retryable: false,
    what: 'The module {module} could not start: {reason}',
    why: 'What it needs had started; its own start threw an error, which is the cause of this one.',
    remedy: 'Read the cause, correct it and start again; what had started was stopped.',
  },
  'shutting-down': {
    status: 503,
    retryable: true,
    what: 'The process is shutting down and gave this work up.',
    why: 'It had waited for it as long as it may wait.',
    remedy: 'Send the request again; another process answers it.',
  },
})
