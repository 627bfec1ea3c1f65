// The limit on Node: bare Fastify, zod on the input, the answer by JSON schema, statements prepared under names. Anonymous only.
import Fastify from 'fastify'
import pg from 'pg'
import { z } from 'zod'
import { bySlugSql, card, pageSql, tagsSql, totalSql, whole } from './sql.ts'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 })
const server = Fastify({ logger: false })
const profile = z.object({ username: z.string(), bio: z.string(), image: z.string(), following: z.boolean() })
const articleCard = z.object({
  slug: z.string(),
  title: z.string(),
  description: z.string(),
  tagList: z.array(z.string()),
  createdAt: z.string(),
  updatedAt: z.string(),
  favorited: z.boolean(),
  favoritesCount: z.int(),
  supportersOnly: z.boolean(),
  author: profile,
})
const article = articleCard.extend({ body: z.string(), locked: z.boolean() })
const answer = (schema: z.ZodType) => ({ response: { 200: z.toJSONSchema(schema, { target: 'draft-7' }) } })
const page = z.object({
  limit: z.coerce.number().int().min(1).default(20),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
})
server.get(
  '/api/articles',
  { schema: answer(z.object({ articles: z.array(articleCard), articlesCount: z.int() })) },
  async (request) => {
    const { limit, offset } = page.parse(request.query)
    const [rows, total] = await Promise.all([
      pool.query({ name: 'page', text: pageSql, values: [null, Math.min(limit, 100), offset] }),
      pool.query({ name: 'total', text: totalSql, values: ['all'] }),
    ])
    return { articles: rows.rows.map(card), articlesCount: Number(total.rows[0].total) }
  },
)
const params = z.object({ slug: z.string().max(300) })
server.get('/api/articles/:slug', { schema: answer(z.object({ article })) }, async (request, reply) => {
  const { slug } = params.parse(request.params)
  const { rows } = await pool.query({ name: 'slug', text: bySlugSql, values: [null, slug] })
  return rows[0] === undefined ? reply.code(404).send({}) : { article: whole(rows[0]) }
})
server.get('/api/tags', { schema: answer(z.object({ tags: z.array(z.string()) })) }, async () => {
  const { rows } = await pool.query({ name: 'tags', text: tagsSql, values: ['tag'] })
  return { tags: rows.map((row) => row.subject) }
})
await server.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
