// Every coded error of limits.
import { defineErrors } from '@footing/kernel'

/** The closed table of the limits capability. */
export const limitsErrors = defineErrors({
  'limit-exceeded': {
    status: 429,
    retryable: true,
    what: 'Too many attempts ({limit}); try again in {retryAfterMs} ms.',
    why: 'What is tried without end is guessing, or takes the place of everybody else.',
    remedy: 'Wait as long as the answer says.',
  },
  'limits-away': {
    status: 503,
    retryable: true,
    what: 'The attempt ({limit}) was not let through: nobody can count it at this moment.',
    why: 'The store of attempts does not answer, and the limit says that then nobody gets in.',
    remedy: 'Try again shortly. A limit with `whenAway: "per-process"` lets each process count by itself meanwhile.',
  },
  'limit-definition-invalid': {
    status: 500,
    retryable: false,
    what: 'The limit {limit} cannot be used: {fault}',
    why: 'A limit that lets everybody or nobody through would only be noticed under attack.',
    remedy: 'Correct it in `uses: [limits({ … })]` of the manifest.',
  },
  'limit-unknown': {
    status: 500,
    retryable: false,
    what: 'The module {module} takes an attempt of {limit}, which its manifest does not declare.',
    why: 'Limits are read from the manifest, so that their numbers stand in one place.',
    remedy: 'Declare it in `uses: [limits({ … })]`, or correct the name.',
  },
})
