// All queries about profiles and who follows them.
import type { Database } from '@footing/core'
import { sql } from 'kysely'
import type { Profile } from './account.ts'
import type { IdentityTables } from './tables.generated.ts'

export class FollowRepository {
  readonly #db: Database<IdentityTables>
  constructor(db: Database<IdentityTables>) {
    this.#db = db
  }

  /** The profile of that name as the viewer sees it, with its identifier; one query. */
  profile(username: string, viewerId: string | undefined): Promise<(Profile & { id: string }) | undefined> {
    return this.#db
      .read()
      .selectFrom('account')
      .select(['id', 'username', 'bio', 'image'])
      .select(({ exists, selectFrom }) =>
        exists(
          selectFrom('follow')
            .select('author_id')
            .where('follower_id', '=', viewerId ?? null)
            .whereRef('author_id', '=', 'account.id'),
        ).as('following'),
      )
      .where(sql`lower(username)`, '=', sql`lower(${username})`)
      .executeTakeFirst() as Promise<(Profile & { id: string }) | undefined> // exists() is boolean; Kysely says SqlBool
  }

  /** Following twice is following once. */
  async follow(followerId: string, authorId: string): Promise<void> {
    await this.#db
      .write()
      .insertInto('follow')
      .values({ follower_id: followerId, author_id: authorId })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }

  async unfollow(followerId: string, authorId: string): Promise<void> {
    await this.#db
      .write()
      .deleteFrom('follow')
      .where('follower_id', '=', followerId)
      .where('author_id', '=', authorId)
      .execute()
  }
}
