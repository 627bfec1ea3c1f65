// Queries for pages of articles. Each is one walk along an index that already has the order of the list.
import type { ReadQueries } from '@footing/core'
import { type ExpressionBuilder, type Selectable, type SelectQueryBuilder, sql } from 'kysely'
import type { ArticleFilter } from './article.ts'
import type { ContentTables } from './tables.generated.ts'

type Queries = ReadQueries<ContentTables>
type Articles = SelectQueryBuilder<ContentTables, 'article', object>
type WholeArticles = SelectQueryBuilder<ContentTables, 'article', Selectable<ContentTables['article']>>

/** Whose list, and which. */
export type ListSelection =
  | { readonly kind: 'all'; readonly filter: ArticleFilter }
  | { readonly kind: 'feed'; readonly readerId: string }

/** What each article of an answer is made of; `locked` is decided later, `body` only where it is asked for. */
export interface ArticleRow {
  readonly id: string
  readonly slug: string
  readonly title: string
  readonly description: string
  readonly tag_list: string[]
  readonly author_id: string
  readonly supporters_only: boolean
  readonly favorites_count: number
  readonly created_at: Date
  readonly updated_at: Date
  readonly username: string
  readonly bio: string
  readonly image: string
  readonly favorited: boolean
  readonly following: boolean
}

/** One page, newest first: the page is cut out of the index first, then dressed with author and viewer's marks. */
export function articlePageQuery(
  queries: Queries,
  selection: ListSelection,
  page: { readonly limit: number; readonly offset: number },
  viewerId: string | undefined,
) {
  const cut = selected(queries, selection)
    .selectAll('article')
    .orderBy(orderOf(selection), 'desc')
    .limit(page.limit)
    .offset(page.offset)
  return dressed(queries, cut, viewerId).orderBy('article.id', 'desc')
}

/** One article by its slug, dressed like those of a page, with its text. */
export function articleBySlugQuery(queries: Queries, slug: string, viewerId: string | undefined) {
  const one = queries.selectFrom('article').selectAll('article').where('slug', '=', slug)
  return dressed(queries, one, viewerId).select('article.body')
}

/** How many articles the whole list has. Tallies answer where counting rows would grow with all that was ever written. */
export function articleCountQuery(queries: Queries, selection: ListSelection) {
  if (selection.kind === 'feed') {
    return queries
      .selectFrom('identity.following')
      .where('follower_id', '=', selection.readerId)
      .select(({ fn, selectFrom }) => {
        // A subquery for each author, not a join: it is looked up by index however many authors there are.
        const ofAuthor = selectFrom('tally')
          .select(({ fn }) => fn.sum<string>('articles').as('articles'))
          .where('kind', '=', 'author')
          .where('subject', '=', sql<string>`following.author_id::text`)
        return fn.coalesce(fn.sum<string>(ofAuthor), sql<string>`0`).as('total')
      })
  }
  const { tag, author, favorited } = selection.filter
  if (favorited !== undefined && tag === undefined && author === undefined) {
    const favorites = queries.selectFrom('favorite').where('reader_id', '=', idOf(queries, favorited))
    return favorites.select(({ fn }) => fn.countAll<string>().as('total'))
  }
  if (favorited !== undefined || (tag !== undefined && author !== undefined)) {
    return selected(queries, selection).select(({ fn }) => fn.countAll<string>().as('total'))
  }
  const tallies = queries.selectFrom('tally').select(total)
  if (tag !== undefined) return tallies.where('kind', '=', 'tag').where('subject', '=', tag)
  if (author === undefined) return tallies.where('kind', '=', 'all')
  return tallies.where('kind', '=', 'author').where('subject', '=', sql<string>`${idOf(queries, author)}::text`)
}

const total = ({ fn }: ExpressionBuilder<ContentTables, 'tally'>) =>
  fn.coalesce(fn.sum<string>('tally.articles'), sql<string>`0`).as('total')

function selected(queries: Queries, selection: ListSelection): Articles {
  const articles = queries.selectFrom('article')
  if (selection.kind === 'feed') {
    return articles.where('article.author_id', 'in', ({ selectFrom }) =>
      selectFrom('identity.following').select('author_id').where('follower_id', '=', selection.readerId),
    )
  }
  const { tag, author, favorited } = selection.filter
  let narrowed: Articles = articles
  if (tag !== undefined) {
    narrowed = narrowed
      .innerJoin('article_tag', 'article_tag.article_id', 'article.id')
      .where('article_tag.tag', '=', tag) as unknown as Articles // the joined table adds no column to the selection
  }
  if (favorited !== undefined) {
    narrowed = narrowed
      .innerJoin('favorite', 'favorite.article_id', 'article.id')
      .where('favorite.reader_id', '=', idOf(queries, favorited)) as unknown as Articles // as above
  }
  return author === undefined ? narrowed : narrowed.where('article.author_id', '=', idOf(queries, author))
}

/** The column whose index holds the list in its order: equal to the article's id in each case. */
function orderOf(selection: ListSelection) {
  if (selection.kind === 'feed') return sql`article.id`
  if (selection.filter.favorited !== undefined) return sql`favorite.article_id`
  return selection.filter.tag === undefined ? sql`article.id` : sql`article_tag.article_id`
}

/** The identifier behind a name, looked up once within the query. */
function idOf(queries: Queries, username: string) {
  return queries
    .selectFrom('identity.profile_card')
    .select('id')
    .where(sql`lower(username)`, '=', sql`lower(${username})`)
}

function dressed(queries: Queries, articles: WholeArticles, viewerId: string | undefined) {
  const viewer = viewerId ?? null
  return queries
    .selectFrom(articles.as('article'))
    .innerJoin('identity.profile_card as author', 'author.id', 'article.author_id')
    .select([
      'article.id',
      'article.slug',
      'article.title',
      'article.description',
      'article.tag_list',
      'article.author_id',
      'article.supporters_only',
      'article.favorites_count',
      'article.created_at',
      'article.updated_at',
      'author.username',
      'author.bio',
      'author.image',
    ])
    .select(({ exists, selectFrom }) => [
      exists(
        selectFrom('favorite')
          .select('article_id')
          .where('reader_id', '=', viewer)
          .whereRef('article_id', '=', 'article.id'),
      )
        .$castTo<boolean>()
        .as('favorited'),
      exists(
        selectFrom('identity.following')
          .select('author_id')
          .where('follower_id', '=', viewer)
          .whereRef('author_id', '=', 'article.author_id'),
      )
        .$castTo<boolean>()
        .as('following'),
    ])
}
