// All queries about articles: pages of them, one of them, their tags and who likes them.
import { type Database, type Emit, isFootingError, type Transaction } from '@footing/core'
import { sql } from 'kysely'
import {
  type ArticleRow,
  articleBySlugQuery,
  articleCountQuery,
  articlePageQuery,
  type ListSelection,
} from './article-list.ts'
import type { content } from './content.module.ts'
import { slugCandidates } from './slug.ts'
import type { ContentTables } from './tables.generated.ts'
import { countArticle } from './tally.ts'

/** An article before it is stored. */
export interface NewArticleRow {
  readonly authorId: string
  readonly title: string
  readonly description: string
  readonly body: string
  readonly tagList: readonly string[]
  readonly supportersOnly: boolean
}

/** What of an article can change. */
export type ArticleChanges = {
  readonly [Key in 'title' | 'description' | 'body']?: string | undefined
} & { readonly supportersOnly?: boolean | undefined }

/** How an article is named and whose it is. */
export interface ArticleKey {
  readonly id: string
  readonly slug: string
  readonly title: string
  readonly author_id: string
  readonly supporters_only: boolean
}

/** How often a free slug is looked for: each attempt after the first draws one of two billion suffixes. */
const slugAttempts = 8

export class ArticleRepository {
  readonly #db: Database<ContentTables>
  readonly #emit: Emit<typeof content>
  constructor(db: Database<ContentTables>, emit: Emit<typeof content>) {
    this.#db = db
    this.#emit = emit
  }

  page(selection: ListSelection, page: { limit: number; offset: number }, viewerId?: string): Promise<ArticleRow[]> {
    return articlePageQuery(this.#db.read(), selection, page, viewerId).execute()
  }

  async count(selection: ListSelection): Promise<number> {
    const { total } = await articleCountQuery(this.#db.read(), selection).executeTakeFirstOrThrow()
    return Number(total)
  }

  bySlug(slug: string, viewerId?: string): Promise<(ArticleRow & { body: string }) | undefined> {
    return articleBySlugQuery(this.#db.read(), slug, viewerId).executeTakeFirst()
  }

  key(slug: string): Promise<ArticleKey | undefined> {
    return this.#db
      .read()
      .selectFrom('article')
      .select(['id', 'slug', 'title', 'author_id', 'supporters_only'])
      .where('slug', '=', slug)
      .executeTakeFirst()
  }

  /** Stores an article with its tags and totals, all or nothing, under the first free slug of its title. */
  add(article: NewArticleRow): Promise<ArticleKey> {
    return this.#db.transaction(async (tx) => {
      const stored = await this.#insert(tx, article)
      if (article.tagList.length > 0) {
        const tags = article.tagList.map((tag) => ({ tag, article_id: stored.id }))
        await tx.insertInto('article_tag').values(tags).execute()
      }
      await countArticle(tx, { ...stored, tag_list: article.tagList }, 1)
      await this.#emit.in(tx, 'published', accessOf(stored))
      return stored
    })
  }

  /** Changes an article; a new title brings a new slug. Undefined when it was deleted meanwhile. */
  async change(key: ArticleKey, changes: ArticleChanges): Promise<ArticleKey | undefined> {
    const { supportersOnly, title, ...texts } = changes
    const renamed = title !== undefined && title !== key.title
    for (const slug of renamed ? firstOf(slugCandidates(title)) : [key.slug]) {
      try {
        return await this.#db.transaction(async (tx) => {
          const changed = await tx
            .updateTable('article')
            .set({ ...texts, title, slug, supporters_only: supportersOnly, updated_at: sql`now()` })
            .where('id', '=', key.id)
            .returning(['id', 'slug', 'title', 'author_id', 'supporters_only'])
            .executeTakeFirst()
          // Announced whenever a request sets it, even to the value that it had: of two at once, the later commit is right.
          if (changed !== undefined && supportersOnly !== undefined)
            await this.#emit.in(tx, 'accessChanged', accessOf(changed))
          return changed
        })
      } catch (error) {
        if (!isFootingError(error, 'data-unique-violation')) throw error
      }
    }
    throw noFreeSlug()
  }

  remove(id: string): Promise<void> {
    return this.#db.transaction(async (tx) => {
      const removed = await tx
        .deleteFrom('article')
        .where('id', '=', id)
        .returning(['id', 'author_id', 'tag_list'])
        .executeTakeFirst()
      if (removed === undefined) return
      await countArticle(tx, removed, -1)
      await this.#emit.in(tx, 'withdrawn', { articleId: removed.id, authorId: removed.author_id })
    })
  }

  /**
   * Marks or unmarks a favourite; false when there is no such article. The article is locked first, as its deletion
   * locks it, so that the two wait for each other instead of meeting in a deadlock. Its count moves only if the mark did.
   */
  setFavorite(slug: string, readerId: string, favorite: boolean): Promise<boolean> {
    return this.#db.transaction(async (tx) => {
      const article = await tx
        .selectFrom('article')
        .select('id')
        .where('slug', '=', slug)
        .forNoKeyUpdate()
        .executeTakeFirst()
      if (article === undefined) return false
      if (!(await moveMark(tx, { article_id: article.id, reader_id: readerId }, favorite))) return true
      await tx
        .updateTable('article')
        .set({ favorites_count: sql`favorites_count + ${favorite ? 1 : -1}` })
        .where('id', '=', article.id)
        .execute()
      return true
    })
  }

  /** The most used tags, at most 1000. */
  async tags(): Promise<string[]> {
    const rows = await this.#db
      .read()
      .selectFrom('tally')
      .select('subject')
      .where('kind', '=', 'tag')
      .groupBy('subject')
      .having(({ fn }) => fn.sum('articles'), '>', 0)
      .orderBy(({ fn }) => fn.sum('articles'), 'desc')
      .orderBy('subject')
      .limit(1000)
      .execute()
    return rows.map(({ subject }) => subject)
  }

  /** Insertion decides whether a slug is free, not a look beforehand: two writers of one title both get through. */
  async #insert(tx: Transaction<ContentTables>, article: NewArticleRow): Promise<ArticleKey> {
    const { authorId, tagList, supportersOnly, ...texts } = article
    for (const slug of firstOf(slugCandidates(article.title))) {
      const stored = await tx
        .insertInto('article')
        .values({ ...texts, slug, tag_list: [...tagList], author_id: authorId, supporters_only: supportersOnly })
        .onConflict((conflict) => conflict.column('slug').doNothing())
        .returning(['id', 'slug', 'title', 'author_id', 'supporters_only'])
        .executeTakeFirst()
      if (stored !== undefined) return stored
    }
    throw noFreeSlug()
  }
}

/** What others hear of an article. */
function accessOf({ id, author_id, supporters_only }: ArticleKey) {
  return { articleId: id, authorId: author_id, supportersOnly: supporters_only }
}

/** True when the mark was not as it should be, and now is. */
async function moveMark(
  tx: Transaction<ContentTables>,
  mark: { readonly article_id: string; readonly reader_id: string },
  favorite: boolean,
): Promise<boolean> {
  if (!favorite) {
    const { article_id, reader_id } = mark
    const deletion = tx.deleteFrom('favorite').where('article_id', '=', article_id).where('reader_id', '=', reader_id)
    return (await deletion.executeTakeFirst()).numDeletedRows > 0n
  }
  const insertion = tx
    .insertInto('favorite')
    .values(mark)
    .onConflict((conflict) => conflict.doNothing())
  return ((await insertion.executeTakeFirst()).numInsertedOrUpdatedRows ?? 0n) > 0n
}

function* firstOf(candidates: Generator<string>): Generator<string> {
  for (let attempt = 0; attempt < slugAttempts; attempt++) yield candidates.next().value
}

function noFreeSlug(): Error {
  return new Error(`no free slug in ${slugAttempts} attempts: the random source repeats itself`)
}
