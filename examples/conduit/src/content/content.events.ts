// What content announces: a contract of its own, so that billing can hear it although content needs billing.
import { defineEvents, event } from '@footing/core'
import { z } from 'zod'
import { rowId } from '../realworld/text.ts'

const article = z.object({ articleId: rowId, authorId: rowId })
const access = article.extend({ supportersOnly: z.boolean() })
const ordered = { key: 'articleId' } as const

export const contentEvents = defineEvents('content', {
  published: event(access, { ...ordered, summary: 'an article is there' }),
  accessChanged: event(access, { ...ordered, summary: 'its text is for others than before' }),
  withdrawn: event(article, { ...ordered, summary: 'an article is gone' }),
})
