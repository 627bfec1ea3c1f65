// All queries about comments.
import type { Database } from '@footing/core'
import { sql } from 'kysely'
import type { ContentTables } from './tables.generated.ts'

/** A comment with its author as the viewer sees them. */
export interface CommentRow {
  readonly id: string
  readonly body: string
  readonly created_at: Date
  readonly updated_at: Date
  readonly username: string
  readonly bio: string
  readonly image: string
  readonly following: boolean
}

/** Most comments that one answer holds: the newest. */
const largestThread = 500

export class CommentRepository {
  readonly #db: Database<ContentTables>
  constructor(db: Database<ContentTables>) {
    this.#db = db
  }

  /** The newest comments of an article, newest first. */
  newest(articleId: string, viewerId?: string): Promise<CommentRow[]> {
    return this.#dressed(viewerId)
      .where('comment.article_id', '=', articleId)
      .orderBy('comment.id', 'desc')
      .limit(largestThread)
      .execute()
  }

  /** Stores a comment and reads it back in one statement: an article may be deleted at any moment after it. */
  add(articleId: string, authorId: string, body: string): Promise<CommentRow> {
    return (
      this.#db
        .write()
        .with('added', (queries) =>
          queries
            .insertInto('comment')
            .values({ article_id: articleId, author_id: authorId, body })
            .returning(['id', 'author_id', 'body', 'created_at', 'updated_at']),
        )
        .selectFrom('added')
        .innerJoin('identity.profile_card as author', 'author.id', 'added.author_id')
        .select(['added.id', 'added.body', 'added.created_at', 'added.updated_at'])
        .select(['author.username', 'author.bio', 'author.image'])
        // Nobody follows themselves.
        .select(sql<boolean>`false`.as('following'))
        .executeTakeFirstOrThrow()
    )
  }

  /** Whose comment that is, if the article has it. */
  async authorOf(articleId: string, id: number): Promise<string | undefined> {
    const found = await this.#db
      .read()
      .selectFrom('comment')
      .select('author_id')
      .where('id', '=', String(id))
      .where('article_id', '=', articleId)
      .executeTakeFirst()
    return found?.author_id
  }

  async remove(id: number): Promise<void> {
    await this.#db.write().deleteFrom('comment').where('id', '=', String(id)).execute()
  }

  #dressed(viewerId: string | undefined) {
    return this.#db
      .read()
      .selectFrom('comment')
      .innerJoin('identity.profile_card as author', 'author.id', 'comment.author_id')
      .select(['comment.id', 'comment.body', 'comment.created_at', 'comment.updated_at'])
      .select(['author.username', 'author.bio', 'author.image'])
      .select(({ exists, selectFrom }) =>
        exists(
          selectFrom('identity.following')
            .select('author_id')
            .where('follower_id', '=', viewerId ?? null)
            .whereRef('author_id', '=', 'comment.author_id'),
        )
          .$castTo<boolean>()
          .as('following'),
      )
  }
}
