import { once } from 'node:events'
import { SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ErrorAnswer } from './answers.ts'
import { openSocket, sendRaw } from './raw-request.ts'
import { type Newcomer, type RunningConduit, startConduit, testSecret } from './running-conduit.ts'

let conduit: RunningConduit
let author: Newcomer

beforeAll(async () => {
  conduit = await startConduit()
  author = await conduit.newcomer('author')
})

afterAll(() => conduit?.stop())

// Whatever a test did: the process lives and answers the next request as if nothing had been.
afterEach(async () => {
  expect((await conduit.api.call('GetArticles')).status).toBe(200)
})

/** Sends whatever it is given, and checks what every error must be: coded, in shape, without a trace of our inside. */
async function refused(path: string, init: RequestInit = {}): Promise<{ status: number; error: ErrorAnswer }> {
  const response = await fetch(`${conduit.url}${path}`, init)
  const text = await response.text()
  return { status: response.status, error: checkedError(text) }
}

function checkedError(text: string): ErrorAnswer {
  expect(text).not.toMatch(/\.ts:\d|node_modules|\bat \w+.*\(|select |insert |postgres/i)
  const error = JSON.parse(text) as ErrorAnswer // each part is checked in the next lines
  expect(error.code).toMatch(/^[a-z]+(-[a-z]+)*$/)
  expect(error.errors.body?.length).toBeGreaterThan(0)
  for (const messages of Object.values(error.errors)) {
    for (const message of messages) expect(typeof message).toBe('string')
  }
  return error
}

const asAuthor = () => ({ authorization: `Token ${author.token}`, 'content-type': 'application/json' })
const post = (body: string | Buffer) => ({ method: 'POST', headers: asAuthor(), body })

describe('bodies', () => {
  test.each([
    '{"article": {"title": "x"',
    '{"article": }',
    "{'article': {}}",
    '\u0000',
    'null{',
    '{"__proto__": {"admin": true}, "article": {}}',
    '{"article": {"constructor": {"prototype": {"admin": true}}}}',
    Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
  ])('malformed or poisoned JSON %j is refused with 422', async (body) => {
    const { status, error } = await refused('/articles', post(body))
    expect(status).toBe(422)
    expect(['malformed-json', 'malformed-request', 'invalid-input']).toContain(error.code)
  })

  test.each([
    'null',
    '7',
    '"text"',
    '[]',
    '{}',
    '{"article": null}',
    '{"article": []}',
    '{"article": "text"}',
    '[{"article": {}}]',
  ])('a body of the wrong form, %s, is refused with 422', async (body) => {
    const { status, error } = await refused('/articles', post(body))
    expect([status, error.code]).toEqual([422, 'invalid-input'])
  })

  const right = { title: 'Title', description: 'Description', body: 'Body', tagList: ['tag'] }
  test.each([
    ['title', 7],
    ['title', null],
    ['title', { toString: 'x' }],
    ['title', ['x']],
    ['title', 'x'.repeat(301)],
    ['title', 'nul \0'],
    ['title', 'half a pair \ud800'],
    ['description', true],
    ['body', {}],
    ['tagList', 'tag'],
    ['tagList', { length: 1 }],
    ['tagList', [7]],
    ['tagList', [null]],
    ['tagList', Array.from({ length: 21 }, (_, index) => `tag ${index}`)],
    ['supportersOnly', 'yes'],
  ])('an article whose %s is %j is refused with the reason there', async (field, value) => {
    const { status, error } = await refused(
      '/articles',
      post(JSON.stringify({ article: { ...right, [field]: value } })),
    )
    expect([status, error.code]).toEqual([422, 'invalid-input'])
    expect(error.errors[field]?.length).toBeGreaterThan(0)
  })

  test('a JSON document that is nested a hundred thousand times is refused', async () => {
    const { status } = await refused('/articles', post(`{"article": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`))
    expect(status).toBe(422)
  })

  test('another content type is refused with 415', async () => {
    const headers = { ...asAuthor(), 'content-type': 'application/xml' }
    const { status, error } = await refused('/articles', { method: 'POST', headers, body: '<article/>' })
    expect([status, error.code]).toEqual([415, 'media-type-unsupported'])
  })

  test('ten megabytes are refused with 413 before they have been read, announced or not', async () => {
    const head = 'POST /api/users HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n'
    const megabyte = Buffer.alloc(1024 * 1024, 0x20)
    const announced = await sendRaw(conduit.url, [
      `${head}content-length: ${10 * megabyte.length}\r\n\r\n`,
      ...Array<Buffer>(10).fill(megabyte),
    ])
    const chunked = await sendRaw(conduit.url, [
      `${head}transfer-encoding: chunked\r\n\r\n`,
      ...Array<Buffer>(10).fill(Buffer.concat([Buffer.from('100000\r\n'), megabyte, Buffer.from('\r\n')])),
      '0\r\n\r\n',
    ])
    for (const { status, body } of [announced, chunked]) {
      expect(status).toBe(413)
      expect(checkedError(body).code).toBe('body-too-large')
    }
  })
})

const metacharacters = [
  `'; drop table content.article; --`,
  `" or "1"="1`,
  `') or 1=1 --`,
  `\\'; select pg_sleep(10); --`,
  `%_%`,
  `$1 $2 $$ ?`,
  `/* */ */ --`,
  `\${1+1} {{7*7}} <script>alert(1)</script>`,
]

describe('SQL and other metacharacters are text like any other', () => {
  test.each(metacharacters)('%s comes back as it was sent, in articles, tags and comments', async (text) => {
    const article = { title: text, description: text, body: text, tagList: [text] }
    const created = (await conduit.api.call('CreateArticle', { token: author.token, body: { article } })).data.article
    expect(created).toMatchObject(article)
    const tagged = await conduit.api.call('GetArticles', { query: { tag: text } })
    expect(tagged.data.articles.map(({ slug }) => slug)).toEqual([created.slug])
    const params = { slug: created.slug }
    await conduit.api.call('CreateArticleComment', { params, token: author.token, body: { comment: { body: text } } })
    expect((await conduit.api.call('GetArticleComments', { params })).data.comments[0]?.body).toBe(text)
    expect((await conduit.api.call('GetTags')).data.tags).toContain(text)
  })

  test.each(metacharacters)('%s finds nobody and nothing by name', async (text) => {
    for (const query of [{ author: text }, { favorited: text }]) {
      expect((await conduit.api.call('GetArticles', { query })).data.articlesCount).toBe(0)
    }
    expect((await conduit.api.call('GetProfileByUsername', { params: { username: text } })).status).toBe(404)
    expect((await conduit.api.call('GetArticle', { params: { slug: text } })).status).toBe(404)
    const user = { email: text, password: text }
    expect((await conduit.api.call('Login', { body: { user } })).status).toBe(401)
  })
})

describe('addresses', () => {
  test.each([
    '/articles?limit=0',
    '/articles?limit=-1',
    '/articles?limit=many',
    '/articles?limit=1.5',
    '/articles?limit=1&limit=2',
    '/articles?limit=99999999999999999999',
    '/articles?offset=1e99',
    '/articles?tag=a&tag=b',
    '/articles?tag[]=a&author[x]=y&tag=%00',
    '/articles/%00',
    '/profiles/%00',
    `/profiles/${'x'.repeat(201)}`,
    `/articles/${'x'.repeat(301)}`,
  ])('%s is refused with 422', async (path) => {
    const { status, error } = await refused(path)
    expect([status, error.code]).toEqual([422, 'invalid-input'])
  })

  test.each(['/articles/%', '/articles/%ff', '/profiles/%c3%28'])('%s is badly encoded: 422', async (path) => {
    const { status, error } = await refused(path)
    expect([status, error.code]).toEqual([422, 'malformed-request'])
  })

  test.each(['/nothing', '/users/login/x', '/Articles', '/articles/a/b/c', '/%2e%2e/%2e%2e/etc/passwd', '/../livez2'])(
    '%s is no route: 404',
    async (path) => {
      const { status, error } = await refused(path)
      expect([status, error.code]).toEqual([404, 'route-missing'])
    },
  )

  test.each([
    ['DELETE', '/articles'],
    ['PATCH', '/user'],
    ['GET', '/users/login'],
    ['PUT', '/tags'],
  ])('%s %s is no method of that path: 405 with those that are', async (method, path) => {
    const { status, error } = await refused(path, { method })
    expect([status, error.code]).toEqual([405, 'method-not-allowed'])
  })

  test('what is not HTTP, and headers without end, are answered and closed', async () => {
    const noise = await sendRaw(conduit.url, 'SSH-2.0-OpenSSH_9.2\r\n\r\n')
    expect([noise.status, checkedError(noise.body).code]).toEqual([422, 'malformed-request'])
    const huge = await sendRaw(conduit.url, `GET /api/tags HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`)
    expect([huge.status, checkedError(huge.body).code]).toEqual([431, 'headers-too-large'])
  })
})

describe('tokens', () => {
  const bytes = (text: string) => new TextEncoder().encode(text)
  const inAnHour = () => Math.floor(Date.now() / 1000) + 3600
  const claims = (exp: number) =>
    new SignJWT().setSubject('1').setIssuer('conduit').setIssuedAt().setExpirationTime(exp)

  test('forged, foreign and expired tokens open nothing', async () => {
    const [header, , signature] = author.token.split('.')
    const otherPayload = Buffer.from(JSON.stringify({ sub: '2', iss: 'conduit', exp: inAnHour() })).toString(
      'base64url',
    )
    const tokens = {
      'algorithm none': new UnsecuredJWT().setSubject('1').setIssuer('conduit').setExpirationTime(inAnHour()).encode(),
      'another key': await claims(inAnHour())
        .setProtectedHeader({ alg: 'HS256' })
        .sign(bytes('x'.repeat(40))),
      'another algorithm': await claims(inAnHour()).setProtectedHeader({ alg: 'HS384' }).sign(bytes(testSecret)),
      expired: await claims(1).setProtectedHeader({ alg: 'HS256' }).sign(bytes(testSecret)),
      'payload of another': `${header}.${otherPayload}.${signature}`,
      'no signature': `${header}.${otherPayload}.`,
      'a word': 'admin',
      'ten thousand characters': 'x'.repeat(10_000),
    }
    for (const [name, token] of Object.entries(tokens)) {
      const answer = await conduit.api.call('GetCurrentUser', { token })
      expect([name, answer.status, answer.error.code]).toEqual([name, 401, 'token-refused'])
    }
    const right = await claims(inAnHour()).setProtectedHeader({ alg: 'HS256' }).sign(bytes(testSecret))
    expect((await conduit.api.call('GetCurrentUser', { token: right })).status).toBe(200)
  })

  test('a token of an account that does not exist is refused where the account is needed', async () => {
    const token = await claims(inAnHour())
      .setSubject('999999')
      .setProtectedHeader({ alg: 'HS256' })
      .sign(bytes(testSecret))
    const answer = await conduit.api.call('GetCurrentUser', { token })
    expect([answer.status, answer.error.code]).toEqual([401, 'account-missing'])
  })

  test.each(['Bearer x', 'Token', 'Basic dXNlcjpwYXNz', '', 'Token a b c'])(
    'the header %j is no login',
    async (authorization) => {
      const { status } = await refused('/user', { headers: { authorization } })
      expect(status).toBe(401)
    },
  )
})

describe('many at once', () => {
  test('one name registered by ten at once: one has it, nine are told', async () => {
    const attempts = Array.from({ length: 10 }, (_, index) => {
      const user = { username: 'Wanted', email: `wanted-${index}@example.com`, password: 'correct horse' }
      return conduit.api.call('CreateUser', { body: { user } })
    })
    const answers = await Promise.all(attempts)
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    for (const { error } of answers.filter(({ status }) => status === 422)) {
      expect(error).toMatchObject({ code: 'account-taken', errors: { username: ['has already been taken'] } })
    }
  })

  test('one article marked by ten readers at once, each twice, counts ten', async () => {
    const readers = await Promise.all(Array.from({ length: 10 }, () => conduit.newcomer('fan')))
    const article = { title: 'Liked', description: 'd', body: 'b' }
    const { slug } = (await conduit.api.call('CreateArticle', { token: author.token, body: { article } })).data.article
    const marks = [...readers, ...readers].map(({ token }) =>
      conduit.api.call('CreateArticleFavorite', { params: { slug }, token }),
    )
    await Promise.all(marks)
    expect((await conduit.api.call('GetArticle', { params: { slug } })).data.article.favoritesCount).toBe(10)
  })
})

test('an article that is deleted while others mark it and comment on it: each is told, nobody gets a fault', async () => {
  const fan = await conduit.newcomer('fan')
  for (let round = 0; round < 10; round++) {
    const article = { title: `Doomed ${round}`, description: 'd', body: 'b', tagList: ['doomed'] }
    const { slug } = (await conduit.api.call('CreateArticle', { token: author.token, body: { article } })).data.article
    const params = { slug }
    const answers = await Promise.all([
      conduit.api.call('CreateArticleFavorite', { params, token: fan.token }),
      conduit.api.call('CreateArticleComment', {
        params,
        token: fan.token,
        body: { comment: { body: 'Still there?' } },
      }),
      conduit.api.call('DeleteArticle', { params, token: author.token }),
      conduit.api.call('DeleteArticleFavorite', { params, token: fan.token }),
      conduit.api.call('UpdateArticle', { params, token: author.token, body: { article: { body: 'New' } } }),
    ])
    expect(answers[2].status).toBe(204)
    for (const { status } of answers) expect([200, 204, 404]).toContain(status)
  }
  expect((await conduit.api.call('GetArticles', { query: { tag: 'doomed' } })).data.articlesCount).toBe(0)
})

describe('clients that hang up', () => {
  test('in the middle of a body, twenty times', async () => {
    const head = `POST /api/articles HTTP/1.1\r\nhost: x\r\nauthorization: Token ${author.token}\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n`
    const before = (await conduit.api.call('GetArticles')).data.articlesCount
    for (let attempt = 0; attempt < 20; attempt++) {
      const socket = await openSocket(conduit.url)
      socket.write(`${head}{"article": {"title": "half`)
      socket.destroy()
      await once(socket, 'close')
    }
    expect((await conduit.api.call('GetArticles')).data.articlesCount).toBe(before)
  })

  test('before the answer and in the middle of it, twenty times each', async () => {
    const body = 'x'.repeat(190_000)
    const article = { title: 'Long', description: 'd', body }
    const { slug } = (await conduit.api.call('CreateArticle', { token: author.token, body: { article } })).data.article
    for (let attempt = 0; attempt < 20; attempt++) {
      for (const hangUpAt of ['request', 'answer'] as const) {
        const socket = await openSocket(conduit.url)
        socket.write(`GET /api/articles/${slug} HTTP/1.1\r\nhost: x\r\n\r\n`)
        if (hangUpAt === 'answer') await once(socket, 'data')
        socket.resetAndDestroy()
        await once(socket, 'close')
      }
    }
    expect((await conduit.api.call('GetArticle', { params: { slug } })).data.article.body).toBe(body)
  })
})
