// How often a password may be guessed: for one account from one address, for one account from everywhere, from one address.
import { type Clock, isFootingError } from '@footing/core'
import { RateLimit } from '@footing/core/loop'
import { fault } from '../realworld/fault.ts'
import { identityErrors } from './errors.ts'

/** Where an attempt comes from and what for. */
export interface Attempt {
  readonly email: string
  /** Of the client; undefined for a caller inside of the application. */
  readonly address: string | undefined
}

/** Counts attempts in this process. Many processes let through as many times as much; none of them lets through endlessly. */
export class SignInLimit {
  readonly #pair: RateLimit
  readonly #account: RateLimit
  readonly #address: RateLimit

  constructor(clock: Clock) {
    this.#pair = new RateLimit(clock, { burst: 5, everyMs: 30_000 })
    // Others cannot lock somebody out from one address: it runs out of attempts long before.
    this.#account = new RateLimit(clock, { burst: 50, everyMs: 20_000 })
    this.#address = new RateLimit(clock, { burst: 50, everyMs: 5_000 })
  }

  /**
   * Takes an attempt before the password is looked at; the result is called when it was right, and gives it back.
   * @throws sign-in-limited
   */
  take({ email, address = '' }: Attempt): () => void {
    // An account that does not exist is counted like any other, so that the answer does not tell.
    const account = foldedEmail(email)
    const taken: (readonly [RateLimit, string])[] = []
    const giveBack = () => {
      for (const [limit, key] of taken) limit.giveBack(key)
    }
    const wanted = [
      [this.#pair, `${account} ${address}`],
      [this.#address, address],
      [this.#account, account],
    ] as const
    for (const [limit, key] of wanted) {
      try {
        limit.take(key)
        taken.push([limit, key])
      } catch (error) {
        giveBack()
        if (!isFootingError(error, 'rate-exceeded')) throw error
        const { details, issues } = fault('credentials', 'were tried too often, try again later')
        throw identityErrors('sign-in-limited', { details: { ...details, ...error.details }, issues })
      }
    }
    return giveBack
  }
}

/** One spelling for all of an address. */
export function foldedEmail(email: string): string {
  return email.normalize('NFKC').toLowerCase()
}
