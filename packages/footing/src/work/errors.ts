// Every coded error of work that ends before its time.
import { defineErrors } from '@footing/kernel'

/** The closed table of work under way. */
export const workErrors = defineErrors({
  'deadline-exceeded': {
    status: 504,
    retryable: true,
    what: '{operation} did not answer within {ms} ms.',
    why: 'The nearest deadline of the callers had passed, so nobody would have used the answer.',
    remedy: 'Try again later; if it happens often, look at the slowest step of the operation or allow it more time.',
  },
  cancelled: {
    status: 499,
    retryable: false,
    what: '{operation} was cancelled.',
    why: 'The caller went away or withdrew the call before the answer was there.',
    remedy: 'Nothing to do; repeat the call when the answer is still wanted.',
  },
})
