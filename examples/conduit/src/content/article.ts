// What an article and a comment are, for callers of the module.
import { z } from 'zod'
import { profile } from '../identity/identity.module.ts'
import { oneFieldOf, rowId, text, visibleText } from '../realworld/text.ts'

const title = visibleText({ max: 300 })
const description = visibleText({ max: 2000 })
const body = visibleText({ max: 200_000 })
const tag = visibleText({ max: 64 })

export const newArticle = z.object({
  title,
  description,
  body,
  tagList: z.array(tag).max(20, 'is too long (maximum is 20 tags)').default([]),
  supportersOnly: z.boolean().default(false),
})

export const articleChanges = oneFieldOf(
  z
    .object({ title, description, body, supportersOnly: z.boolean() })
    .partial()
    .refine((changes) => Object.keys(changes).length > 0, 'must change at least one field'),
)

/** An article in a list: everything but its text. */
export const articleCard = z.object({
  slug: z.string(),
  title: z.string(),
  description: z.string(),
  tagList: z.array(z.string()),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  favorited: z.boolean(),
  favoritesCount: z.int(),
  supportersOnly: z.boolean(),
  author: profile,
})
export type ArticleCard = z.infer<typeof articleCard>

/** An article with its text; `locked` when the text is for supporters and the viewer is none: it is then a notice. */
export const article = articleCard.extend({ body: z.string(), locked: z.boolean() })
export type Article = z.infer<typeof article>

/** Which articles a list shows. */
export const articleFilter = z.object({
  tag: text({ max: 64 }).optional(),
  author: text({ max: 64 }).optional(),
  favorited: text({ max: 64 }).optional(),
})
export type ArticleFilter = z.infer<typeof articleFilter>

export const articlePage = z.object({ articles: z.array(articleCard), articlesCount: z.int() })

export const newComment = z.object({ body: visibleText({ max: 10_000 }) })

export const comment = z.object({
  id: z.int(),
  body: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  author: profile,
})
export type Comment = z.infer<typeof comment>

/** Who looks; undefined for a stranger. */
export const viewerId = rowId.optional()
