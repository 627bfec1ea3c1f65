// How often a password may be guessed: for one account from one address, for one account from everywhere, from one address.
import { isFootingError } from '@footing/core'
import { clientNetwork, limits, type ModuleLimits, type Taken } from '@footing/core/limits'
import { fault } from '../realworld/fault.ts'
import { identityErrors } from './errors.ts'

/** Where an attempt comes from and what for. */
export interface Attempt {
  readonly email: string
  /** Of the client; undefined for a caller inside of the application. */
  readonly address: string | undefined
}

/** Counted over all processes. Others cannot lock somebody out from one address: it runs out of attempts long before. */
export const signInLimits = limits({
  pair: { burst: 5, every: '30s' },
  account: { burst: 50, every: '20s' },
  address: { burst: 50, every: '5s' },
})

/**
 * Takes an attempt before the password is looked at; one that was right gives it back.
 * @throws sign-in-limited
 */
export async function takeSignIn(
  limit: ModuleLimits<'pair' | 'account' | 'address'>,
  { email, address = '' }: Attempt,
): Promise<Taken> {
  // An account that does not exist is counted like any other, so that the answer does not tell.
  const account = foldedEmail(email)
  const network = clientNetwork(address)
  try {
    return await limit.take({ pair: `${account} ${network}`, address: network, account })
  } catch (error) {
    if (!isFootingError(error, 'limit-exceeded')) throw error
    const { retryAfterMs = 0 } = error.details
    const { details, issues } = fault('credentials', 'were tried too often, try again later')
    throw identityErrors('sign-in-limited', { details: { ...details, retryAfterMs }, issues })
  }
}

/** One spelling for all of an address. */
export function foldedEmail(email: string): string {
  return email.normalize('NFKC').toLowerCase()
}
