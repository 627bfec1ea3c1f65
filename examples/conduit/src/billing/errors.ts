// Coded errors of billing.
import { defineErrors } from '@footing/core'

export const billingErrors = defineErrors({
  'plan-missing': {
    status: 404,
    retryable: false,
    what: 'This author does not take support.',
    why: 'Support has a price, which the author sets first.',
    remedy: 'The author sets it with PUT /api/plan.',
  },
  'pledge-exists': {
    status: 422,
    retryable: false,
    what: 'You support this author already.',
    why: 'A reader has one pledge for an author, so that nobody pays twice for one month.',
    remedy: 'Look at GET /api/pledges.',
  },
  'pledge-missing': {
    status: 404,
    retryable: false,
    what: 'You do not support this author.',
    why: 'There is no pledge that could be ended.',
    remedy: 'Look at GET /api/pledges.',
  },
  'self-support': {
    status: 422,
    retryable: false,
    what: 'Nobody can support themselves.',
    why: 'An invoice from oneself to oneself means nothing.',
    remedy: 'Choose another author.',
  },
  'invoice-missing': {
    status: 404,
    retryable: false,
    what: 'You have no such invoice.',
    why: 'It does not exist, or it is somebody else’s.',
    remedy: 'Look at GET /api/invoices.',
  },
})
