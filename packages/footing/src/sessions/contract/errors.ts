// Every coded error of sessions.
import { defineErrors } from '@footing/kernel'

/** The closed table of the sessions capability. */
export const sessionErrors = defineErrors({
  'session-from-elsewhere': {
    status: 403,
    retryable: false,
    what: 'The request was not answered: it comes from a page of another origin and shows a session.',
    why: 'A browser sends cookies along with what other pages ask it to, so such a request says nothing of what its user wants.',
    remedy: 'Send it from a page of this origin, or without the cookie and with a token of its own.',
  },
  'sessions-away': {
    status: 503,
    retryable: true,
    what: 'Nobody can tell at this moment whose session this is.',
    why: 'The store of sessions does not answer, and nobody is let in unseen.',
    remedy: 'Try again shortly; the session is kept.',
  },
  'session-declaration-invalid': {
    status: 500,
    retryable: false,
    what: 'The sessions of this module cannot be used: {fault}',
    why: 'A session that never ends, or ends at once, would only be noticed by its owner.',
    remedy: 'Correct it in `uses: [sessions({ … })]` of the manifest.',
  },
  'session-user-invalid': {
    status: 500,
    retryable: false,
    what: 'A session was to begin for {fault}.',
    why: 'Sessions are found and ended by the id of their user.',
    remedy: 'Give `begin` the id of the account: 1 to 200 characters of well-formed text.',
  },
})
