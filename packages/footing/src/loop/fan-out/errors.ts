// Every coded error of many calls at once.
import { defineErrors } from '@footing/kernel'

/** The closed table of the fan-out capability. */
export const fanOutErrors = defineErrors({
  'fan-out-late': {
    status: 504,
    retryable: true,
    what: 'One of many calls had no answer within {ms} ms.',
    why: 'They share one deadline, and this one had begun too late or took too long.',
    remedy: 'Take the answers that are there with partial: true, allow more time, or raise the concurrency.',
  },
  'fan-out-cancelled': {
    status: 499,
    retryable: false,
    what: 'One of many calls was given up.',
    why: 'Another one failed or the caller went away, so that its answer is not wanted any more.',
    remedy: 'Nothing to do; the reason stands with the first failure.',
  },
})
