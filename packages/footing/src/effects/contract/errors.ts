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
  'idempotency-key-missing': {
    status: 400,
    retryable: false,
    what: 'The request has no Idempotency-Key that can be used.',
    why: 'Without one, a repetition after a lost answer would do it twice.',
    remedy:
      'Send the header Idempotency-Key with 16 to 200 visible characters, new for each request and the same in its repetitions, such as a UUID.',
  },
  'idempotency-key-reused': {
    status: 422,
    retryable: false,
    what: 'The Idempotency-Key belongs to another request.',
    why: 'A key names one request; what this one asks for is something else, so nothing was done.',
    remedy: 'Send it under a new key.',
  },
  'idempotency-under-way': {
    status: 409,
    retryable: true,
    what: 'The first request with this Idempotency-Key is still under way.',
    why: 'Only its end tells whether there is anything left to do.',
    remedy: 'Send the same request again shortly: it is answered as the first one is.',
  },
  'effect-declaration-invalid': {
    status: 500,
    retryable: false,
    what: 'effects(…) has a wrong option: {reason}',
    why: 'What is forgotten too early is done twice.',
    remedy: "Write the time as in effects({ keep: '720h' }), longer than anything is repeated.",
  },
})
