import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OperationId } from './answers.ts'
import { type Newcomer, type RunningConduit, startConduit } from './running-conduit.ts'
import type { CallInput } from './specification-client.ts'

let conduit: RunningConduit
let author: Newcomer
let reader: Newcomer

beforeAll(async () => {
  conduit = await startConduit()
  author = await conduit.newcomer('author')
  reader = await conduit.newcomer('reader')
})

afterAll(() => conduit?.stop())

/** Documented answers that nothing can bring about: these operations take no input that could be wrong. */
const unreachable = ['GetCurrentUser 422', 'GetTags 422']

async function publish(title: string, more: object = {}, token = author.token) {
  const article = { title, description: `About ${title}`, body: `All about ${title}.`, ...more }
  return (await conduit.api.call('CreateArticle', { token, body: { article } })).data.article
}

describe('users', () => {
  test('register, log in, read and change the own account', async () => {
    const user = { username: 'Jacob', email: 'jake@jake.jake', password: 'jakejake' }
    const registered = await conduit.api.call('CreateUser', { body: { user } })
    expect(registered.status).toBe(201)
    expect(registered.data.user).toMatchObject({ username: 'Jacob', email: 'jake@jake.jake', bio: '', image: '' })

    const { email, password } = user
    const loggedIn = await conduit.api.call('Login', { body: { user: { email: email.toUpperCase(), password } } })
    const { token } = loggedIn.data.user
    expect((await conduit.api.call('GetCurrentUser', { token })).data.user).toEqual({ ...registered.data.user, token })

    const changes = {
      username: 'Jake',
      email: 'jake@example.com',
      bio: 'I work',
      image: 'https://example.com/j.png',
      password: 'jake2jake2',
    }
    const changed = await conduit.api.call('UpdateCurrentUser', { token, body: { user: changes } })
    expect(changed.data.user).toMatchObject({
      username: 'Jake',
      email: 'jake@example.com',
      bio: 'I work',
      image: changes.image,
    })
    expect((await conduit.api.call('Login', { body: { user: { email, password } } })).status).toBe(401)
    const again = { email: changes.email, password: changes.password }
    expect((await conduit.api.call('Login', { body: { user: again } })).data.user.bio).toBe('I work')
  })

  test('a name or address that somebody has is refused, whatever its letter case', async () => {
    const user = { username: author.username.toUpperCase(), email: 'new@example.com', password: 'correct horse' }
    const taken = await conduit.api.call('CreateUser', { body: { user } })
    expect(taken.status).toBe(422)
    expect(taken.error).toEqual({
      errors: { body: ['username has already been taken'], username: ['has already been taken'] },
      code: 'account-taken',
    })
    const email = await conduit.api.call('UpdateCurrentUser', {
      token: reader.token,
      body: { user: { email: author.email.toUpperCase() } },
    })
    expect([email.status, email.error.errors.email]).toEqual([422, ['has already been taken']])
  })

  test('a wrong password and an unknown address get the same answer', async () => {
    const wrong = await conduit.api.call('Login', { body: { user: { email: author.email, password: 'wrong' } } })
    const unknown = await conduit.api.call('Login', { body: { user: { email: 'no@example.com', password: 'wrong' } } })
    expect([wrong.status, unknown.status]).toEqual([401, 401])
    expect(unknown.error).toEqual(wrong.error)
    expect(wrong.error.errors.credentials).toEqual(['invalid'])
  })

  test.each([
    [{ username: '', email: 'a@b.c', password: 'long enough' }, 'username', "can't be blank"],
    [{ username: '   ', email: 'a@b.c', password: 'long enough' }, 'username', "can't be blank"],
    [{ username: 'ok', email: 'not an address', password: 'long enough' }, 'email', 'is not an e-mail address'],
    [{ username: 'ok', email: 'a@b.c', password: 'short' }, 'password', 'is too short (minimum is 8 characters)'],
    [{ username: 'ok', email: 'a@b.c' }, 'password', "can't be missing"],
    [{ username: 7, email: 'a@b.c', password: 'long enough' }, 'username', 'must be text'],
    [
      { username: 'a/b', email: 'a@b.c', password: 'long enough' },
      'username',
      'must not contain blanks, / or control characters',
    ],
  ])('registering %j is refused with the reason at %s', async (user, field, reason) => {
    const refused = await conduit.api.call('CreateUser', { body: { user } })
    expect(refused.status).toBe(422)
    expect(refused.error.errors[field]).toEqual([reason])
    expect(refused.error.errors.body).toContain(`${field} ${reason}`)
  })
})

describe('profiles', () => {
  test('follow and unfollow, twice each, as seen by the follower and by a stranger', async () => {
    const params = { username: author.username }
    const seen = async (token?: string) =>
      (await conduit.api.call('GetProfileByUsername', { params, ...(token === undefined ? {} : { token }) })).data
        .profile
    expect(await seen(reader.token)).toMatchObject({ username: author.username, following: false })
    for (const _twice of [1, 2]) {
      const followed = await conduit.api.call('FollowUserByUsername', { params, token: reader.token })
      expect(followed.data.profile.following).toBe(true)
    }
    expect((await seen(reader.token)).following).toBe(true)
    expect((await seen()).following).toBe(false)
    for (const _twice of [1, 2]) {
      const left = await conduit.api.call('UnfollowUserByUsername', { params, token: reader.token })
      expect(left.data.profile.following).toBe(false)
    }
    expect((await seen(reader.token)).following).toBe(false)
  })

  test('nobody follows themselves', async () => {
    const params = { username: author.username }
    const refused = await conduit.api.call('FollowUserByUsername', { params, token: author.token })
    expect([refused.status, refused.error.code]).toEqual([422, 'self-follow'])
  })
})

describe('articles', () => {
  test('publish, read, change and delete', async () => {
    const created = await publish('How to train your dragon', { tagList: ['training', 'dragons', 'training'] })
    expect(created).toMatchObject({
      slug: 'how-to-train-your-dragon',
      tagList: ['dragons', 'training'],
      favorited: false,
      favoritesCount: 0,
      author: { username: author.username, following: false },
    })
    const { slug } = created
    expect((await conduit.api.call('GetArticle', { params: { slug } })).data.article).toEqual(created)

    const changes = { title: 'Did you train your dragon?' }
    const changed = await conduit.api.call('UpdateArticle', {
      params: { slug },
      token: author.token,
      body: { article: changes },
    })
    expect(changed.data.article).toMatchObject({
      ...changes,
      slug: 'did-you-train-your-dragon',
      body: created.body,
      tagList: created.tagList,
    })
    expect(Date.parse(changed.data.article.updatedAt)).toBeGreaterThan(Date.parse(created.updatedAt))
    expect(changed.data.article.createdAt).toBe(created.createdAt)
    expect((await conduit.api.call('GetArticle', { params: { slug } })).status).toBe(404)

    const params = { slug: changed.data.article.slug }
    expect((await conduit.api.call('DeleteArticle', { params, token: author.token })).status).toBe(204)
    expect((await conduit.api.call('DeleteArticle', { params, token: author.token })).status).toBe(404)
  })

  test('one title written by many at once gives each a slug of its own that begins alike', async () => {
    const slugs = await Promise.all(Array.from({ length: 12 }, async () => (await publish('The same title')).slug))
    expect(new Set(slugs).size).toBe(12)
    expect(slugs).toContain('the-same-title')
    for (const slug of slugs) expect(slug).toMatch(/^the-same-title(-[a-z0-9]{6})?$/)
  })

  test('an article called Feed does not hide the feed, and keeps its slug when only its body changes', async () => {
    const feed = await publish('Feed')
    expect(feed.slug).toMatch(/^feed-[a-z0-9]{6}$/)
    expect((await conduit.api.call('GetArticlesFeed', { token: reader.token })).data.articles).toEqual([])
    const changed = await conduit.api.call('UpdateArticle', {
      params: { slug: feed.slug },
      token: author.token,
      body: { article: { body: 'New body', title: 'Feed' } },
    })
    expect(changed.data.article).toMatchObject({ slug: feed.slug, body: 'New body' })
  })

  test('lists: newest first, twenty by default, without bodies, by tag, author and favourite, with totals', async () => {
    const writer = await conduit.newcomer('writer')
    for (let number = 1; number <= 23; number++) {
      await publish(`Numbered ${number}`, { tagList: [number % 2 === 0 ? 'even' : 'odd'] }, writer.token)
    }
    const byWriter = await conduit.api.call('GetArticles', { query: { author: writer.username } })
    expect(byWriter.data.articlesCount).toBe(23)
    expect(byWriter.data.articles.map(({ slug }) => slug)).toEqual(
      Array.from({ length: 20 }, (_, index) => `numbered-${23 - index}`),
    )
    for (const listed of byWriter.data.articles) expect(listed).not.toHaveProperty('body')

    const even = await conduit.api.call('GetArticles', { query: { tag: 'even', limit: 5, offset: 2 } })
    expect(even.data.articlesCount).toBe(11)
    expect(even.data.articles.map(({ slug }) => slug)).toEqual(
      [18, 16, 14, 12, 10].map((number) => `numbered-${number}`),
    )

    const params = { slug: 'numbered-7' }
    for (const _twice of [1, 2]) {
      const favorited = await conduit.api.call('CreateArticleFavorite', { params, token: reader.token })
      expect(favorited.data.article).toMatchObject({ favorited: true, favoritesCount: 1 })
    }
    const query = { favorited: reader.username }
    const favorites = await conduit.api.call('GetArticles', { query, token: reader.token })
    expect(favorites.data).toMatchObject({
      articlesCount: 1,
      articles: [{ slug: 'numbered-7', favorited: true, favoritesCount: 1 }],
    })
    expect((await conduit.api.call('GetArticles', { query })).data.articles[0]?.favorited).toBe(false)
    for (const _twice of [1, 2]) {
      const left = await conduit.api.call('DeleteArticleFavorite', { params, token: reader.token })
      expect(left.data.article).toMatchObject({ favorited: false, favoritesCount: 0 })
    }
    const both = await conduit.api.call('GetArticles', { query: { tag: 'odd', author: writer.username, limit: 1000 } })
    expect([both.data.articlesCount, both.data.articles.length]).toEqual([12, 12])
    expect((await conduit.api.call('GetArticles', { query: { author: 'nobody' } })).data).toEqual({
      articles: [],
      articlesCount: 0,
    })
  })

  test('the feed holds the articles of those one follows, and its total follows deletions', async () => {
    const fan = await conduit.newcomer('fan')
    const writer = await conduit.newcomer('writer')
    await publish('Fed one', {}, writer.token)
    const { slug } = await publish('Fed two', {}, writer.token)
    expect((await conduit.api.call('GetArticlesFeed', { token: fan.token })).data).toEqual({
      articles: [],
      articlesCount: 0,
    })
    await conduit.api.call('FollowUserByUsername', { params: { username: writer.username }, token: fan.token })
    const feed = await conduit.api.call('GetArticlesFeed', { token: fan.token, query: { limit: 1 } })
    expect(feed.data).toMatchObject({ articlesCount: 2, articles: [{ slug: 'fed-two', author: { following: true } }] })
    await conduit.api.call('DeleteArticle', { params: { slug }, token: writer.token })
    expect((await conduit.api.call('GetArticlesFeed', { token: fan.token })).data.articlesCount).toBe(1)
  })

  test('tags: each once, and gone with its last article', async () => {
    const { slug } = await publish('Tagged', { tagList: ['once', 'often'] })
    await publish('Tagged too', { tagList: ['often'] })
    const { tags } = (await conduit.api.call('GetTags')).data
    expect(tags.filter((tag) => tag === 'often')).toHaveLength(1)
    expect(tags.indexOf('often')).toBeLessThan(tags.indexOf('once'))
    await conduit.api.call('DeleteArticle', { params: { slug }, token: author.token })
    expect((await conduit.api.call('GetTags')).data.tags).not.toContain('once')
  })

  test("nobody changes or deletes another's article", async () => {
    const { slug } = await publish('Mine')
    const input = { params: { slug }, token: reader.token }
    const changed = await conduit.api.call('UpdateArticle', { ...input, body: { article: { body: 'Yours' } } })
    const deleted = await conduit.api.call('DeleteArticle', input)
    for (const refused of [changed, deleted]) {
      expect([refused.status, refused.error.code]).toEqual([403, 'article-of-another'])
      expect(refused.error.errors.article).toEqual(['forbidden'])
    }
    expect((await conduit.api.call('GetArticle', { params: { slug } })).data.article.body).toBe('All about Mine.')
  })
})

describe('comments', () => {
  test('write, read and delete; not those of others', async () => {
    const { slug } = await publish('Talk')
    const params = { slug }
    const first = await conduit.api.call('CreateArticleComment', {
      params,
      token: reader.token,
      body: { comment: { body: 'First' } },
    })
    const second = await conduit.api.call('CreateArticleComment', {
      params,
      token: author.token,
      body: { comment: { body: 'Second' } },
    })
    expect(first.status).toBe(200)
    expect(first.data.comment).toMatchObject({ body: 'First', author: { username: reader.username } })
    const listed = await conduit.api.call('GetArticleComments', { params })
    expect(listed.data.comments).toEqual([second.data.comment, first.data.comment])

    const { id } = first.data.comment
    const refused = await conduit.api.call('DeleteArticleComment', { params: { slug, id }, token: author.token })
    expect([refused.status, refused.error.code]).toEqual([403, 'comment-of-another'])
    const other = await publish('Another talk')
    const elsewhere = await conduit.api.call('DeleteArticleComment', {
      params: { slug: other.slug, id },
      token: reader.token,
    })
    expect([elsewhere.status, elsewhere.error.code]).toEqual([404, 'comment-missing'])
    expect((await conduit.api.call('DeleteArticleComment', { params: { slug, id }, token: reader.token })).status).toBe(
      204,
    )
    expect((await conduit.api.call('GetArticleComments', { params })).data.comments).toHaveLength(1)
  })
})

test('a browser on another site may ask, with a token', async () => {
  const asked = await fetch(`${conduit.url}/articles`, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://front.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  })
  expect(asked.status).toBe(204)
  expect(asked.headers.get('access-control-allow-origin')).toBe('*')
  expect(asked.headers.get('access-control-allow-methods')).toContain('POST')
  expect(asked.headers.get('access-control-allow-headers')).toContain('authorization')
  const answered = await fetch(`${conduit.url}/tags`, { headers: { origin: 'https://front.example' } })
  expect(answered.headers.get('access-control-allow-origin')).toBe('*')
})

const unstorable = 'nul-\0-character'
const anything = { slug: 'whatever', username: 'whoever', id: 1 }
const blank = { user: { email: '', username: '' }, article: { title: '' }, comment: { body: '' } }

/** For each operation: input that must be refused with 422, sent by somebody logged in. */
const invalid: Partial<Record<OperationId, CallInput>> = {
  Login: { body: blank },
  CreateUser: { body: blank },
  UpdateCurrentUser: { body: { user: {} } },
  GetProfileByUsername: { params: { username: unstorable } },
  FollowUserByUsername: { params: { username: unstorable } },
  UnfollowUserByUsername: { params: { username: unstorable } },
  GetArticlesFeed: { query: { limit: 0 } },
  GetArticles: { query: { offset: -1 } },
  CreateArticle: { body: blank },
  GetArticle: { params: { slug: unstorable } },
  UpdateArticle: { params: anything, body: blank },
  DeleteArticle: { params: { slug: unstorable } },
  GetArticleComments: { params: { slug: unstorable } },
  CreateArticleComment: { params: anything, body: blank },
  DeleteArticleComment: { params: { slug: 'whatever', id: 'one' } },
  CreateArticleFavorite: { params: { slug: unstorable } },
  DeleteArticleFavorite: { params: { slug: unstorable } },
}

describe('every operation', () => {
  test.each(Object.entries(invalid) as [OperationId, CallInput][])(
    '%s refuses invalid input with 422',
    async (id, input) => {
      const refused = await conduit.api.call(id, { ...input, token: reader.token })
      expect([refused.status, refused.error.code]).toEqual([422, 'invalid-input'])
    },
  )

  const protectedOperations: OperationId[] = [
    'GetCurrentUser',
    'UpdateCurrentUser',
    'FollowUserByUsername',
    'UnfollowUserByUsername',
    'GetArticlesFeed',
    'CreateArticle',
    'UpdateArticle',
    'DeleteArticle',
    'CreateArticleComment',
    'DeleteArticleComment',
    'CreateArticleFavorite',
    'DeleteArticleFavorite',
  ]
  test.each(protectedOperations)('%s refuses strangers with 401, before it looks at the input', async (id) => {
    for (const body of id.startsWith('Get') || id.startsWith('Delete') ? [undefined] : [{}, blank]) {
      const refused = await conduit.api.call(id, { params: anything, ...(body === undefined ? {} : { body }) })
      expect([refused.status, refused.error.code]).toEqual([401, 'unauthenticated'])
      expect(refused.error.errors.token).toEqual(['is missing'])
    }
  })

  test.each(['GetProfileByUsername', 'GetArticles', 'GetArticleComments', 'GetArticle'] as const)(
    '%s is open to strangers, but a token that is shown must be good',
    async (id) => {
      const refused = await conduit.api.call(id, { params: anything, token: 'forged' })
      expect([refused.status, refused.error.code]).toEqual([401, 'token-refused'])
    },
  )

  test.each([
    ['GetProfileByUsername', {}],
    ['FollowUserByUsername', {}],
    ['UnfollowUserByUsername', {}],
    ['GetArticle', {}],
    ['UpdateArticle', { body: { article: { body: 'x' } } }],
    ['DeleteArticle', {}],
    ['GetArticleComments', {}],
    ['CreateArticleComment', { body: { comment: { body: 'x' } } }],
    ['DeleteArticleComment', {}],
    ['CreateArticleFavorite', {}],
    ['DeleteArticleFavorite', {}],
  ] as const)('%s of what does not exist is 404', async (id, input) => {
    const missing = await conduit.api.call(id, { ...input, params: anything, token: reader.token })
    expect(missing.status).toBe(404)
    expect(missing.error.errors[id.includes('User') || id.includes('Profile') ? 'profile' : 'article']).toEqual([
      'not found',
    ])
  })

  test('every documented answer was seen', () => {
    const missed = conduit.api.documented.filter((answer) => !conduit.api.seen.has(answer))
    expect(missed).toEqual(unreachable)
  })
})
