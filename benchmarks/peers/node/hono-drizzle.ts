// Hono on node-server, zod on the input, Drizzle on pg. Anonymous reads only.
import { serve } from '@hono/node-server'
import { zValidator } from '@hono/zod-validator'
import { desc, eq, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { bigint, boolean, integer, pgSchema, text, timestamp } from 'drizzle-orm/pg-core'
import { Hono } from 'hono'
import pg from 'pg'
import { z } from 'zod'

const content = pgSchema('content')
const identity = pgSchema('identity')
const article = content.table('article', {
  id: bigint({ mode: 'bigint' }).primaryKey(),
  slug: text().notNull(),
  title: text().notNull(),
  description: text().notNull(),
  body: text().notNull(),
  tagList: text('tag_list').array().notNull(),
  authorId: bigint('author_id', { mode: 'bigint' }).notNull(),
  supportersOnly: boolean('supporters_only').notNull(),
  favoritesCount: integer('favorites_count').notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
})
const author = identity.table('profile_card', {
  id: bigint({ mode: 'bigint' }),
  username: text().notNull(),
  bio: text().notNull(),
  image: text().notNull(),
})
const tally = content.table('tally', {
  kind: text().notNull(),
  subject: text().notNull(),
  articles: bigint({ mode: 'number' }).notNull(),
})
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 })
const db = drizzle(pool)

const columns = {
  slug: article.slug,
  title: article.title,
  description: article.description,
  tagList: article.tagList,
  createdAt: article.createdAt,
  updatedAt: article.updatedAt,
  supportersOnly: article.supportersOnly,
  favoritesCount: article.favoritesCount,
  username: author.username,
  bio: author.bio,
  image: author.image,
  favorited: sql<boolean>`exists (select article_id from content.favorite where reader_id = ${null}::bigint and article_id = ${article.id})`,
  following: sql<boolean>`exists (select author_id from identity.following where follower_id = ${null}::bigint and author_id = ${article.authorId})`,
}
// biome-ignore lint: rows of a benchmark
const card = (row: any) => ({
  slug: row.slug,
  title: row.title,
  description: row.description,
  tagList: row.tagList.toSorted(),
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
  favorited: row.favorited,
  favoritesCount: row.favoritesCount,
  supportersOnly: row.supportersOnly,
  author: { username: row.username, bio: row.bio, image: row.image, following: row.following },
})
const app = new Hono()
const page = z.object({
  limit: z.coerce.number().int().min(1).default(20),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
})
app.get('/api/articles', zValidator('query', page), async (c) => {
  const { limit, offset } = c.req.valid('query')
  const [rows, [count]] = await Promise.all([
    db
      .select(columns)
      .from(article)
      .innerJoin(author, eq(author.id, article.authorId))
      .orderBy(desc(article.id))
      .limit(Math.min(limit, 100))
      .offset(offset),
    db
      .select({ total: sql<string>`coalesce(sum(${tally.articles}), 0)` })
      .from(tally)
      .where(eq(tally.kind, 'all')),
  ])
  return c.json({ articles: rows.map(card), articlesCount: Number(count?.total) })
})
app.get('/api/articles/:slug', zValidator('param', z.object({ slug: z.string().max(300) })), async (c) => {
  const [row] = await db
    .select({ ...columns, body: article.body })
    .from(article)
    .innerJoin(author, eq(author.id, article.authorId))
    .where(eq(article.slug, c.req.valid('param').slug))
  if (row === undefined) return c.json({}, 404)
  return c.json({
    article: {
      ...card(row),
      body: row.supportersOnly ? `This article is for supporters of ${row.username}.` : row.body,
      locked: row.supportersOnly,
    },
  })
})
serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' })
