// What each operation of the specification answers with, as TypeScript reads it; openapi.yml checks it at run time.
import type { ArticleCard, Article as OwnArticle, Comment as OwnComment } from '../content/article.ts'
import type { Profile } from '../identity/account.ts'

export interface UserAnswer {
  readonly user: {
    readonly email: string
    readonly token: string
    readonly username: string
    readonly bio: string
    readonly image: string
  }
}
export interface ProfileAnswer {
  readonly profile: Profile
}
export interface ArticleAnswer {
  readonly article: OwnArticle
}
export interface ArticlesAnswer {
  readonly articles: readonly ArticleCard[]
  readonly articlesCount: number
}
export interface CommentAnswer {
  readonly comment: OwnComment
}

/** Operation → body of its answer when all is well. */
export interface Answers {
  readonly Login: UserAnswer
  readonly CreateUser: UserAnswer
  readonly GetCurrentUser: UserAnswer
  readonly UpdateCurrentUser: UserAnswer
  readonly GetProfileByUsername: ProfileAnswer
  readonly FollowUserByUsername: ProfileAnswer
  readonly UnfollowUserByUsername: ProfileAnswer
  readonly GetArticlesFeed: ArticlesAnswer
  readonly GetArticles: ArticlesAnswer
  readonly CreateArticle: ArticleAnswer
  readonly GetArticle: ArticleAnswer
  readonly UpdateArticle: ArticleAnswer
  readonly DeleteArticle: undefined
  readonly GetArticleComments: { readonly comments: readonly CommentAnswer['comment'][] }
  readonly CreateArticleComment: CommentAnswer
  readonly DeleteArticleComment: undefined
  readonly CreateArticleFavorite: ArticleAnswer
  readonly DeleteArticleFavorite: ArticleAnswer
  readonly GetTags: { readonly tags: readonly string[] }
}

export type OperationId = keyof Answers

/** The body of every error. */
export interface ErrorAnswer {
  readonly errors: Readonly<Record<string, readonly string[]>>
  readonly code: string
}
