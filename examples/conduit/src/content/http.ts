// The routes of content: /articles, their comments and favourites, and /tags.
import { type PortOf, route } from '@footing/core'
import { z } from 'zod'
import { largestPage, pageQuery, text } from '../realworld/text.ts'
import { article, articleChanges, articleFilter, articlePage, comment, newArticle, newComment } from './article.ts'
import type { content } from './content.module.ts'

type Self = PortOf<typeof content>

const slugParam = z.object({ slug: text({ max: 300 }) })
const commentParams = slugParam.extend({
  id: z.coerce.number('must be a number').int('must be whole').min(1, 'must be at least 1'),
})
const articleAnswer = z.object({ article })
const commentAnswer = z.object({ comment })

export function contentRoutes(self: Self) {
  return [...listRoutes(self), ...articleRoutes(self), ...favoriteRoutes(self), ...commentRoutes(self)]
}

function listRoutes(self: Self) {
  return [
    route({
      method: 'GET',
      path: '/articles',
      operationId: 'GetArticles',
      summary: 'Articles, newest first',
      tags: ['Articles'],
      auth: 'optional',
      query: articleFilter.extend(pageQuery.shape),
      out: articlePage,
      handle: ({ query, user }) => self.list({ ...query, limit: bounded(query.limit), viewerId: user?.id }),
    }),
    route({
      method: 'GET',
      path: '/articles/feed',
      operationId: 'GetArticlesFeed',
      summary: 'Articles of the authors that the user follows, newest first',
      tags: ['Articles'],
      query: pageQuery,
      out: articlePage,
      handle: ({ query, user }) => self.feed({ ...query, limit: bounded(query.limit), readerId: user.id }),
    }),
    route({
      method: 'GET',
      path: '/tags',
      operationId: 'GetTags',
      summary: 'Tags, most used first',
      tags: ['Tags'],
      auth: 'none',
      out: z.object({ tags: z.array(z.string()) }),
      handle: async () => ({ tags: await self.tags() }),
    }),
  ]
}

function articleRoutes(self: Self) {
  return [
    route({
      method: 'POST',
      path: '/articles',
      operationId: 'CreateArticle',
      summary: 'Publish an article',
      tags: ['Articles'],
      body: z.object({ article: newArticle }),
      out: articleAnswer,
      status: 201,
      bodyLimit: '1mb',
      handle: async ({ body, user }) => ({
        article: await self.publish({ authorId: user.id, article: body.article }),
      }),
    }),
    route({
      method: 'GET',
      path: '/articles/:slug',
      operationId: 'GetArticle',
      summary: 'An article',
      tags: ['Articles'],
      auth: 'optional',
      params: slugParam,
      out: articleAnswer,
      handle: async ({ params, user }) => ({ article: await self.article({ slug: params.slug, viewerId: user?.id }) }),
    }),
    route({
      method: 'PUT',
      path: '/articles/:slug',
      operationId: 'UpdateArticle',
      summary: 'Change an article; a new title changes its address',
      tags: ['Articles'],
      params: slugParam,
      body: z.object({ article: articleChanges }),
      out: articleAnswer,
      bodyLimit: '1mb',
      handle: async ({ params, body, user }) => ({
        article: await self.change({ slug: params.slug, authorId: user.id, changes: body.article }),
      }),
    }),
    route({
      method: 'DELETE',
      path: '/articles/:slug',
      operationId: 'DeleteArticle',
      summary: 'Delete an article',
      tags: ['Articles'],
      params: slugParam,
      handle: ({ params, user }) => self.withdraw({ slug: params.slug, authorId: user.id }),
    }),
  ]
}

function favoriteRoutes(self: Self) {
  return [
    route({
      method: 'POST',
      path: '/articles/:slug/favorite',
      operationId: 'CreateArticleFavorite',
      summary: 'Mark an article as favourite',
      tags: ['Favorites'],
      params: slugParam,
      out: articleAnswer,
      status: 200,
      handle: async ({ params, user }) => ({ article: await self.favorite({ slug: params.slug, readerId: user.id }) }),
    }),
    route({
      method: 'DELETE',
      path: '/articles/:slug/favorite',
      operationId: 'DeleteArticleFavorite',
      summary: 'Take the mark back',
      tags: ['Favorites'],
      params: slugParam,
      out: articleAnswer,
      handle: async ({ params, user }) => ({
        article: await self.unfavorite({ slug: params.slug, readerId: user.id }),
      }),
    }),
  ]
}

function commentRoutes(self: Self) {
  return [
    route({
      method: 'GET',
      path: '/articles/:slug/comments',
      operationId: 'GetArticleComments',
      summary: 'The newest comments of an article',
      tags: ['Comments'],
      auth: 'optional',
      params: slugParam,
      out: z.object({ comments: z.array(comment) }),
      handle: async ({ params, user }) => ({
        comments: await self.comments({ slug: params.slug, viewerId: user?.id }),
      }),
    }),
    route({
      method: 'POST',
      path: '/articles/:slug/comments',
      operationId: 'CreateArticleComment',
      summary: 'Comment on an article',
      tags: ['Comments'],
      params: slugParam,
      body: z.object({ comment: newComment }),
      out: commentAnswer,
      status: 200,
      handle: async ({ params, body, user }) => ({
        comment: await self.addComment({ slug: params.slug, authorId: user.id, comment: body.comment }),
      }),
    }),
    route({
      method: 'DELETE',
      path: '/articles/:slug/comments/:id',
      operationId: 'DeleteArticleComment',
      summary: 'Delete a comment of your own',
      tags: ['Comments'],
      params: commentParams,
      handle: ({ params, user }) => self.removeComment({ slug: params.slug, id: params.id, authorId: user.id }),
    }),
  ]
}

/** A wish for more than one answer holds is cut, not refused: the specification sets no upper bound. */
function bounded(limit: number): number {
  return Math.min(limit, largestPage)
}
