// Manifest of content: articles, comments, tags, favourites and the feed.
import { defineModule, op, optionalSetting } from '@footing/core'
import { locks } from '@footing/core/locks'
import { z } from 'zod'
import { billing } from '../billing/billing.module.ts'
import { identity } from '../identity/identity.module.ts'
import { page, rowId, text } from '../realworld/text.ts'
import {
  article,
  articleChanges,
  articleFilter,
  articlePage,
  comment,
  newArticle,
  newComment,
  viewerId,
} from './article.ts'
import { contentEvents } from './content.events.ts'
import { personal } from './personal.ts'

const slug = text({ max: 300 })
const commentId = z.number('must be a number').int('must be whole').min(1, 'must be at least 1')
const read = { idempotent: true, deadline: '2s' } as const

export const content = defineModule('content', {
  owner: '@conduit/publishing',
  needs: [identity, billing],
  settings: {
    DEMO_DATA: optionalSetting({
      schema: z.stringbool(),
      summary: 'false keeps a new development database empty; other profiles never get demo data',
    }),
  },
  port: {
    list: op({ ...read, in: articleFilter.extend({ ...page, viewerId }), out: articlePage }),
    feed: op({ ...read, in: z.object({ ...page, readerId: rowId }), out: articlePage }),
    article: op({ ...read, in: z.object({ slug, viewerId }), out: article }),
    publish: op({ in: z.object({ authorId: rowId, article: newArticle }), out: article, deadline: '5s' }),
    change: op({ in: z.object({ slug, authorId: rowId, article: articleChanges }), out: article, deadline: '5s' }),
    withdraw: op({ in: z.object({ slug, authorId: rowId }), deadline: '5s' }),
    favorite: op({ ...read, in: z.object({ slug, readerId: rowId }), out: article }),
    unfavorite: op({ ...read, in: z.object({ slug, readerId: rowId }), out: article }),
    comments: op({ ...read, in: z.object({ slug, viewerId }), out: z.array(comment) }),
    addComment: op({ in: z.object({ slug, authorId: rowId, comment: newComment }), out: comment }),
    removeComment: op({ in: z.object({ slug, id: commentId, authorId: rowId }) }),
    tags: op({ ...read, out: z.array(z.string()) }),
  },
  events: contentEvents,
  uses: [locks()],
  tables: ['article', 'article_tag', 'favorite', 'comment', 'tally'],
  personal,
  // A list needs the author of each article, and a feed needs to know who is followed: joined in one query.
  reads: { identity: ['profile_card', 'following'] },
  migrations: new URL('./migrations/', import.meta.url),
})
