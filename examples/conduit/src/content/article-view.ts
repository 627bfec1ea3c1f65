// Turns rows into what callers see.
import type { Article, ArticleCard, Comment } from './article.ts'
import type { ArticleRow } from './article-list.ts'
import type { CommentRow } from './comment-repository.ts'

export function toCard(row: ArticleRow): ArticleCard {
  return {
    slug: row.slug,
    title: row.title,
    description: row.description,
    tagList: row.tag_list.toSorted(),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    favorited: row.favorited,
    favoritesCount: row.favorites_count,
    supportersOnly: row.supporters_only,
    author: authorOf(row),
  }
}

/** The whole article; a locked one has a notice in place of its text, which then never leaves the module. */
export function toArticle(row: ArticleRow & { readonly body: string }, locked: boolean): Article {
  const body = locked ? `This article is for supporters of ${row.username}.` : row.body
  return { ...toCard(row), body, locked }
}

export function toComment(row: CommentRow): Comment {
  return {
    id: Number(row.id),
    body: row.body,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    author: authorOf(row),
  }
}

interface AuthorColumns {
  readonly username: string
  readonly bio: string
  readonly image: string
  readonly following: boolean
}

function authorOf({ username, bio, image, following }: AuthorColumns) {
  return { username, bio, image, following }
}
