// Every coded error of locks.
import { defineErrors } from '@footing/kernel'

/** The closed table of the locks capability. */
export const lockErrors = defineErrors({
  'lock-taken': {
    status: 409,
    retryable: true,
    what: 'The work on {key} was not started: somebody else is at it.',
    why: 'The lock is held by another piece of work, and it was not given back in the time that this one could wait.',
    remedy: 'Try again later, or give `wait` a longer time.',
  },
  'lock-lost': {
    status: 503,
    retryable: true,
    what: 'The work on {key} ended after its lock was lost.',
    why: 'The lock could not be extended in time, so somebody else may have done the same work beside it.',
    remedy:
      'Check what the work left behind, or guard its writes with `locks.fenced(tx, key, token)`, which refuses them in this case.',
  },
  'lock-stale': {
    status: 409,
    retryable: true,
    what: 'A write under the lock of {key} was refused: a later holder has written already.',
    why: 'This holder stood still for longer than its lock lived, and somebody else took over.',
    remedy: 'Do the work again from the start; what is there now is newer.',
  },
  'lock-key-invalid': {
    status: 500,
    retryable: false,
    what: 'The key of a lock cannot be used: {fault}',
    why: 'A key that is cut or changed on its way would lock something else.',
    remedy: 'Use 1 to 200 bytes of well-formed text without control characters, such as `invoice 7`.',
  },
  'locks-away': {
    status: 503,
    retryable: true,
    what: 'The work on {key} was not started: the store of locks does not answer.',
    why: 'Without it nobody can tell whether somebody else is at it.',
    remedy: 'Try again shortly.',
  },
})
