// Implementation of content.
import { type Implementation, implement, isFootingError } from '@footing/core'
import { fault } from '../realworld/fault.ts'
import type { Article } from './article.ts'
import type { ListSelection } from './article-list.ts'
import { type ArticleKey, ArticleRepository } from './article-repository.ts'
import { toArticle, toCard, toComment } from './article-view.ts'
import { CommentRepository } from './comment-repository.ts'
import { content } from './content.module.ts'
import { seedDemo } from './demo.ts'
import { eraseArticles, eraseFavorites } from './erasure.ts'
import { contentErrors } from './errors.ts'
import { contentRoutes } from './http.ts'
import type { ContentTables } from './tables.generated.ts'

export const contentModule = implement(
  content,
  ({ database, ports, self, config, profile, emit, locks }): Implementation<typeof content> => {
    const db = database<ContentTables>()
    const articles = new ArticleRepository(db, emit)
    const comments = new CommentRepository(db)

    /** @throws article-missing */
    async function keyOf(slug: string): Promise<ArticleKey> {
      return (await articles.key(slug)) ?? missing()
    }

    /** @throws article-missing, article-of-another */
    async function ownKeyOf(slug: string, authorId: string): Promise<ArticleKey> {
      const key = await keyOf(slug)
      if (key.author_id !== authorId) throw contentErrors('article-of-another', fault('article', 'forbidden'))
      return key
    }

    /** @throws article-missing */
    async function articleFor(slug: string, viewerId: string | undefined): Promise<Article> {
      const row = (await articles.bySlug(slug, viewerId)) ?? missing()
      return toArticle(row, row.supporters_only && !(await mayRead(row.author_id, viewerId)))
    }

    /** Billing knows who supports whom; it is asked only about articles that are not for everybody. */
    async function mayRead(authorId: string, viewerId: string | undefined): Promise<boolean> {
      if (viewerId === undefined) return false
      return viewerId === authorId || (await ports.billing.supports({ readerId: viewerId, authorId })).supports
    }

    async function pageOf(selection: ListSelection, page: { limit: number; offset: number }, viewerId?: string) {
      const [rows, articlesCount] = await Promise.all([
        articles.page(selection, page, viewerId),
        articles.count(selection),
      ])
      return { articles: rows.map(toCard), articlesCount }
    }

    return {
      port: {
        list: ({ limit, offset, viewerId, ...filter }) => pageOf({ kind: 'all', filter }, { limit, offset }, viewerId),

        feed: ({ limit, offset, readerId }) => pageOf({ kind: 'feed', readerId }, { limit, offset }, readerId),

        article: ({ slug, viewerId }) => articleFor(slug, viewerId),

        async publish({ authorId, article }) {
          const tagList = [...new Set(article.tagList)]
          const key = await articles.add({ ...article, tagList, authorId })
          return articleFor(key.slug, authorId)
        },

        async change({ slug, authorId, article }) {
          const before = await ownKeyOf(slug, authorId)
          const after = (await articles.change(before, article)) ?? missing()
          return articleFor(after.slug, authorId)
        },

        async withdraw({ slug, authorId }) {
          const key = await ownKeyOf(slug, authorId)
          await articles.remove(key.id)
        },

        async favorite({ slug, readerId }) {
          if (!(await articles.setFavorite(slug, readerId, true))) missing()
          return articleFor(slug, readerId)
        },

        async unfavorite({ slug, readerId }) {
          if (!(await articles.setFavorite(slug, readerId, false))) missing()
          return articleFor(slug, readerId)
        },

        async comments({ slug, viewerId }) {
          const key = await keyOf(slug)
          return (await comments.newest(key.id, viewerId)).map(toComment)
        },

        async addComment({ slug, authorId, comment }) {
          const key = await keyOf(slug)
          if (key.supporters_only && !(await mayRead(key.author_id, authorId))) {
            throw contentErrors('supporters-only', fault('article', 'is for supporters only'))
          }
          return toComment(await unlessDeleted(comments.add(key.id, authorId, comment.body)))
        },

        async removeComment({ slug, id, authorId }) {
          const key = await keyOf(slug)
          const writtenBy = await comments.authorOf(key.id, id)
          if (writtenBy === undefined) throw contentErrors('comment-missing', fault('comment', 'not found'))
          if (writtenBy !== authorId) throw contentErrors('comment-of-another', fault('comment', 'forbidden'))
          await comments.remove(id)
        },

        tags: () => articles.tags(),
      },

      routes: contentRoutes,

      personal: { article: eraseArticles, favorite: eraseFavorites },

      async start() {
        if (profile !== 'development' || config.DEMO_DATA === false) return
        // Of several processes that start on an empty database one does it, and the others find it done.
        await locks.run('demo data', () => seedDemo(ports.identity, ports.billing, self), { wait: '30s' })
      },
    }
  },
)

/** An article that is deleted between a look at it and a write to it is missing, not a fault. */
async function unlessDeleted<T>(write: Promise<T>): Promise<T> {
  try {
    return await write
  } catch (error) {
    if (isFootingError(error, 'data-constraint-violation')) missing()
    throw error
  }
}

function missing(): never {
  throw contentErrors('article-missing', fault('article', 'not found'))
}
