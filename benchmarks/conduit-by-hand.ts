// The example's hot routes as one would write them without Footing: bare Fastify, zod, Kysely on a pg pool. The SQL,
// the password hash, the token and the answers are the example's own, so that only the way there differs.
import Fastify from 'fastify'
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import pg from 'pg'
import { z } from 'zod'
import { article, articleFilter, articlePage, newArticle } from '../examples/conduit/src/content/article.ts'
import {
  articleBySlugQuery,
  articleCountQuery,
  articlePageQuery,
} from '../examples/conduit/src/content/article-list.ts'
import { toArticle, toCard } from '../examples/conduit/src/content/article-view.ts'
import { slugCandidates } from '../examples/conduit/src/content/slug.ts'
import type { ContentTables } from '../examples/conduit/src/content/tables.generated.ts'
import { credentials } from '../examples/conduit/src/identity/account.ts'
import { passwordMatches } from '../examples/conduit/src/identity/password.ts'
import type { IdentityTables } from '../examples/conduit/src/identity/tables.generated.ts'
import { createTokens } from '../examples/conduit/src/identity/token.ts'

/** How the server by hand is started. */
export interface ByHandOptions {
  /** True when every statement has a name, so that the server plans it once for each connection. */
  readonly prepared?: boolean
  readonly port?: number
}

/** Serves the four routes; resolves with the port. */
export async function startByHand(
  databaseUrl: string,
  secret: string,
  { prepared = false, port = 0 }: ByHandOptions = {},
): Promise<number> {
  const Client = prepared ? PreparingClient : pg.Client
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10, Client })
  const kysely = new Kysely<ContentTables & IdentityTables>({ dialect: new PostgresDialect({ pool }) })
  const content = kysely.withSchema('content')
  const identity = kysely.withSchema('identity')
  const tokens = createTokens({ secret, lifetimeSeconds: 3600, now: Date.now })
  const server = Fastify({ logger: false })

  const viewerOf = async (authorization: string | undefined) =>
    authorization?.startsWith('Token ') ? tokens.read(authorization.slice(6)) : undefined

  const listQuery = articleFilter.extend({
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .default(20)
      .transform((limit) => Math.min(limit, 100)),
    offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
  })
  server.get('/api/articles', { schema: answer(200, articlePage) }, async (request) => {
    const { limit, offset, ...filter } = listQuery.parse(request.query)
    const viewer = await viewerOf(request.headers.authorization)
    const selection = { kind: 'all', filter } as const
    const [rows, { total }] = await Promise.all([
      articlePageQuery(content, selection, { limit, offset }, viewer).execute(),
      articleCountQuery(content, selection).executeTakeFirstOrThrow(),
    ])
    return { articles: rows.map(toCard), articlesCount: Number(total) }
  })

  const params = z.object({ slug: z.string().max(300) })
  server.get('/api/articles/:slug', { schema: answer(200, z.object({ article })) }, async (request, reply) => {
    const { slug } = params.parse(request.params)
    const viewer = await viewerOf(request.headers.authorization)
    const row = await articleBySlugQuery(content, slug, viewer).executeTakeFirst()
    if (row === undefined) return reply.code(404).send({ errors: { article: ['not found'] } })
    return { article: toArticle(row, false) }
  })

  const login = z.object({ user: credentials })
  server.post('/api/users/login', { schema: answer(200, userAnswer) }, async (request, reply) => {
    const { email, password } = login.parse(request.body).user
    const found = await identity
      .selectFrom('account')
      .select(['id', 'username', 'email', 'bio', 'image', 'password_hash'])
      .where(sql`lower(email)`, '=', sql`lower(${email})`)
      .executeTakeFirst()
    if (!(await passwordMatches(password, found?.password_hash)) || found === undefined) {
      return reply.code(401).send({ errors: { credentials: ['invalid'] } })
    }
    const { id, password_hash: _hash, ...user } = found
    return { user: { ...user, token: tokens.issue(id) } }
  })

  const creation = z.object({ article: newArticle })
  server.post('/api/articles', { schema: answer(201, z.object({ article })) }, async (request, reply) => {
    const author = await viewerOf(request.headers.authorization)
    if (author === undefined) return reply.code(401).send({ errors: { token: ['is missing'] } })
    const { supportersOnly, tagList, ...texts } = creation.parse(request.body).article
    const slug = await content.transaction().execute(async (tx) => {
      const stored = await insert(tx, {
        ...texts,
        tag_list: tagList,
        author_id: author,
        supporters_only: supportersOnly,
      })
      const tags = tagList.map((tag) => ({ tag, article_id: stored.id }))
      if (tags.length > 0) await tx.insertInto('article_tag').values(tags).execute()
      const slot = Number(BigInt(stored.id) % 16n)
      const tally = (kind: 'all' | 'author' | 'tag', subject: string) => ({ kind, subject, slot, articles: 1 })
      await tx
        .insertInto('tally')
        .values([tally('all', ''), tally('author', author), ...tagList.toSorted().map((tag) => tally('tag', tag))])
        .onConflict((conflict) =>
          conflict
            .columns(['kind', 'subject', 'slot'])
            .doUpdateSet({ articles: sql`tally.articles + excluded.articles` }),
        )
        .execute()
      return stored.slug
    })
    const row = await articleBySlugQuery(content, slug, author).executeTakeFirstOrThrow()
    return reply.code(201).send({ article: toArticle(row, false) })
  })

  await server.listen({ port, host: '127.0.0.1' })
  const address = server.server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const names = new Map<string, string>()

// Kysely hands a text and its values to the driver; the same text gets the same name on every connection.
class PreparingClient extends pg.Client {
  // The driver has many forms of this one; Kysely uses only the first.
  override query(...args: unknown[]): never {
    const [text, values] = args
    if (typeof text !== 'string' || !Array.isArray(values)) return Reflect.apply(super.query, this, args) as never
    const name = names.get(text) ?? `statement_${names.size}`
    names.set(text, name)
    return Reflect.apply(super.query, this, [{ name, text, values }]) as never
  }
}

interface NewRow {
  readonly title: string
  readonly description: string
  readonly body: string
  readonly tag_list: string[]
  readonly author_id: string
  readonly supporters_only: boolean
}

async function insert(tx: Transaction<ContentTables & IdentityTables>, row: NewRow) {
  for (const slug of slugCandidates(row.title)) {
    const stored = await tx
      .insertInto('article')
      .values({ ...row, slug })
      .onConflict((conflict) => conflict.column('slug').doNothing())
      .returning(['id', 'slug', 'title', 'author_id', 'supporters_only'])
      .executeTakeFirst()
    if (stored !== undefined) return stored
  }
  throw new Error('unreachable: candidates do not end')
}

const userAnswer = z.object({
  user: z.object({ email: z.string(), token: z.string(), username: z.string(), bio: z.string(), image: z.string() }),
})

function answer(status: number, schema: z.ZodType) {
  return { response: { [status]: z.toJSONSchema(schema, { target: 'draft-7' }) } }
}
