// Every coded error of the effect ledger.
import { defineErrors } from '@footing/kernel'

/** The closed table of this capability. */
export const effectErrors = defineErrors({
  'effect-key-invalid': {
    status: 500,
    retryable: false,
    what: 'The key of an effect cannot be used: {reason}',
    why: 'The key is all by which a repetition is known; one that is empty or cut off would take two effects for one.',
    remedy:
      'Give a text of 1 to 200 characters that is the same in every repetition, such as the id of the job or the event.',
  },
  'effect-result-invalid': {
    status: 500,
    retryable: false,
    what: 'The result of the effect {key} cannot be kept: {reason}',
    why: 'A repetition is answered with the first result, so it has to be small and come back from JSON as it went in. Nothing was done.',
    remedy: 'Return an id or a small record, or nothing.',
  },
  'effect-declaration-invalid': {
    status: 500,
    retryable: false,
    what: 'effects(…) has a wrong option: {reason}',
    why: 'What is forgotten too early is done twice.',
    remedy: "Write the time as in effects({ keep: '720h' }), longer than anything is repeated.",
  },
})
