// Coded errors of identity.
import { defineErrors } from '@footing/core'

export const identityErrors = defineErrors({
  'credentials-wrong': {
    status: 401,
    retryable: false,
    what: 'The e-mail address or the password is wrong.',
    why: 'The answer does not say which, so that nobody learns who has an account.',
    remedy: 'Check both and try again, or register.',
  },
  'sign-in-limited': {
    status: 429,
    retryable: true,
    what: 'The password was wrong too often; try again in {retryAfterMs} ms.',
    why: 'Whoever may guess without end finds every password in the end.',
    remedy: 'Wait as long as the answer says, then try again.',
  },
  'token-refused': {
    status: 401,
    retryable: false,
    what: 'The token is not valid, or no longer.',
    why: 'It has expired, or it was not issued here.',
    remedy: 'Log in again with POST /api/users/login and send "Authorization: Token <token>".',
  },
  'account-missing': {
    status: 401,
    retryable: false,
    what: 'The account of this token is gone.',
    why: 'A token outlives its account until it expires.',
    remedy: 'Register again.',
  },
  'account-taken': {
    status: 422,
    retryable: false,
    what: 'Another account has this {field} already.',
    why: 'Names stand in addresses and e-mail addresses are used to log in; both belong to one account.',
    remedy: 'Choose another one, or log in.',
  },
  'profile-missing': {
    status: 404,
    retryable: false,
    what: 'Nobody is called that.',
    why: 'The name was never taken, or its owner changed it.',
    remedy: 'Check the name in the address.',
  },
  'self-follow': {
    status: 422,
    retryable: false,
    what: 'Nobody can follow themselves.',
    why: 'A feed shows what others write.',
    remedy: 'Choose another profile.',
  },
})
