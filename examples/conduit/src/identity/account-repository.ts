// All queries about accounts.

import { type Database, isFootingError } from '@footing/core'
import { sql } from 'kysely'
import { fault } from '../realworld/fault.ts'
import type { Account } from './account.ts'
import { identityErrors } from './errors.ts'
import { foldedEmail } from './sign-in-limit.ts'
import type { IdentityTables } from './tables.generated.ts'

const columns = ['id', 'username', 'email', 'bio', 'image'] as const

/** An account before it is stored. */
export interface NewAccountRow {
  readonly username: string
  readonly email: string
  readonly passwordHash: string
}

/** What of an account can change. */
export type AccountChanges = {
  readonly [Key in 'username' | 'email' | 'bio' | 'image' | 'passwordHash']?: string | undefined
}

export class AccountRepository {
  readonly #db: Database<IdentityTables>
  constructor(db: Database<IdentityTables>) {
    this.#db = db
  }

  /** @throws account-taken when name or address belong to somebody */
  async add({ username, email, passwordHash }: NewAccountRow): Promise<Account> {
    return refuseTaken(() =>
      this.#db
        .write()
        .insertInto('account')
        .values({ username, email, password_hash: passwordHash })
        .returning(columns)
        .executeTakeFirstOrThrow(),
    )
  }

  /** @throws account-taken when the new name or address belong to somebody */
  async change(id: string, { passwordHash, ...changes }: AccountChanges): Promise<Account | undefined> {
    return refuseTaken(() =>
      this.#db
        .write()
        .updateTable('account')
        .set({
          ...changes,
          ...(passwordHash === undefined ? {} : { password_hash: passwordHash }),
          updated_at: sql`now()`,
        })
        .where('id', '=', id)
        .returning(columns)
        .executeTakeFirst(),
    )
  }

  byId(id: string): Promise<Account | undefined> {
    return this.#db.read().selectFrom('account').select(columns).where('id', '=', id).executeTakeFirst()
  }

  withPassword(email: string): Promise<(Account & { password_hash: string }) | undefined> {
    return (
      this.#db
        .read()
        .selectFrom('account')
        .select([...columns, 'password_hash'])
        // Folded as the limit of attempts folds it, so that no other spelling finds the row and another counter.
        .where(sql`lower(email)`, '=', foldedEmail(email))
        .executeTakeFirst()
    )
  }

  byIds(ids: readonly string[]): Promise<Account[]> {
    return this.#db.read().selectFrom('account').select(columns).where('id', 'in', ids).execute()
  }
}

/** Two that register one name at once are told apart by the unique index, never by looking first. */
async function refuseTaken<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    if (!isFootingError(error, 'data-unique-violation')) throw error
    const field = error.details.constraint === 'account_email_key' ? 'email' : 'username'
    throw identityErrors('account-taken', fault(field, 'has already been taken'))
  }
}
