// Every coded error of bounded work.
import { defineErrors } from '@footing/kernel'

/** The closed table of bounded work. */
export const limitErrors = defineErrors({
  'work-refused': {
    status: 503,
    retryable: true,
    what: 'There is more of {name} to do than this process can do in time; try again in {retryAfterMs} ms.',
    why: 'A longer queue would only be answered after its callers have gone.',
    remedy: 'Try again later; if it lasts, do less of it or give it more processes.',
  },
})
