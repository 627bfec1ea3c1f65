// Sessions over HTTP, in PostgreSQL behind a pooler and in Redis: the cases of ASVS 5, chapter 7, and what races do to them.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { systemClock } from '@footing/kernel'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createApp, type RunningApp } from '../app/create-app.ts'
import { provisionDatabase } from '../app/provision-database.ts'
import { capabilityConformance } from '../capability/conformance.ts'
import { openDataSource } from '../data/data-source.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { respond, route } from '../module/route.ts'
import { openRedis } from '../redis/open-redis.ts'
import { type RedisProcess, startRedisProcess } from '../redis/redis-servers.fixture.ts'
import { openChaosProxy } from '../testing/chaos-proxy.ts'
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts'
import type { NewSession, SessionStore } from './contract/contract.ts'
import { postgresqlSessions, sessionsSchema } from './drivers/postgresql.ts'
import { redisSessions } from './drivers/redis.ts'
import { digestOf } from './session-cookie.ts'
import { type SessionsDeclaration, sessions } from './use-sessions.ts'

let database: TestDatabase
let redis: RedisProcess
const closing: (() => Promise<void>)[] = []

/** An application that signs in whoever says a name, and shows what it knows. */
function desk(declared: SessionsDeclaration = {}, guarantees: readonly string[] = []) {
  const manifest = defineModule('desk', {
    owner: '@a',
    uses: [sessions(declared)],
    guarantees: { sessions: guarantees },
  })
  const made = implement(manifest, ({ sessions: kept }) => ({
    authenticate: kept.authenticate,
    routes: [
      route({
        method: 'POST',
        path: '/session',
        auth: 'none',
        body: z.object({ name: z.string() }),
        out: z.object({ id: z.string() }),
        status: 201,
        handle: async ({ body, headers }) => {
          const { cookie, session } = await kept.begin(body.name, { headers, about: String(headers['user-agent']) })
          return respond(201, { id: session.id }, { 'set-cookie': cookie })
        },
      }),
      route({
        method: 'DELETE',
        path: '/session',
        handle: async ({ headers }) => respond(204, undefined, { 'set-cookie': await kept.end(headers) }),
      }),
      route({
        method: 'GET',
        path: '/me',
        out: z.object({ id: z.string() }),
        handle: async ({ user }) => ({ id: user.id }),
      }),
      route({ method: 'POST', path: '/me', handle: async () => respond(204) }),
      route({
        method: 'POST',
        path: '/rotation',
        out: z.object({ rotated: z.boolean() }),
        handle: async ({ headers }) => {
          const next = await kept.rotate(headers)
          return respond(200, { rotated: next !== undefined }, next === undefined ? {} : { 'set-cookie': next.cookie })
        },
      }),
      route({
        method: 'GET',
        path: '/sessions',
        out: z.array(z.object({ id: z.string(), about: z.string(), current: z.boolean() })),
        handle: async ({ user, headers }) => {
          const current = await kept.current(headers)
          return (await kept.list(user.id)).map(({ id, about }) => ({ id, about, current: id === current?.id }))
        },
      }),
      route({
        method: 'DELETE',
        path: '/sessions/:id',
        params: z.object({ id: z.string() }),
        out: z.object({ revoked: z.boolean() }),
        handle: async ({ user, params }) => ({ revoked: await kept.revoke(user.id, params.id) }),
      }),
      route({
        method: 'POST',
        path: '/password',
        out: z.object({ ended: z.number() }),
        handle: async ({ user, headers }) => ({ ended: await kept.revokeAll(user.id, { except: headers }) }),
      }),
    ],
  }))
  return createApp({ name: 'desk', modules: [made] })
}

beforeAll(async () => {
  database = await createTestDatabase()
  redis = await startRedisProcess()
  await provisionDatabase(database.directUrl, desk())
})
afterAll(async () => {
  for (const close of closing.toReversed()) await close()
  await redis?.stop()
  await database?.drop()
})

const env = {
  postgresql: () => ({ DATABASE_URL: database.url, DRAIN_DELAY_MS: '0' }),
  redis: () => ({ SESSIONS_STORE: 'redis', REDIS_URL: `redis://127.0.0.1:${redis.port}`, DRAIN_DELAY_MS: '0' }),
}
const stores: Readonly<Record<keyof typeof env, () => Promise<SessionStore>>> = {
  postgresql: async () => {
    const data = openDataSource({ url: database.url, poolSize: 4 })
    closing.push(() => data.close())
    return postgresqlSessions(data.forModule(sessionsSchema))
  },
  redis: async () => {
    const one = await openRedis({ url: `redis://127.0.0.1:${redis.port}`, application: 'desk', timeoutMs: 5000 })
    closing.push(() => one.close())
    return redisSessions(one)
  },
}

async function start(kind: keyof typeof env, declared?: SessionsDeclaration): Promise<RunningApp> {
  const running = await desk(declared).start({ profile: 'test', host: '127.0.0.1', port: 0, env: env[kind]() })
  closing.push(() => running.stop())
  return running as unknown as RunningApp
}

interface Asked {
  readonly cookie?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

async function ask(running: RunningApp, method: string, path: string, { cookie, body, headers = {} }: Asked = {}) {
  const answer = await fetch(`${running.url}/v1${path}`, {
    method,
    headers: {
      ...(cookie === undefined ? {} : { cookie }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  const set = answer.headers.get('set-cookie')
  return {
    status: answer.status,
    body: text === '' ? undefined : JSON.parse(text),
    set,
    cookie: set?.split(';')[0],
  }
}

async function signIn(running: RunningApp, name: string, asked: Asked = {}): Promise<string> {
  const { status, cookie } = await ask(running, 'POST', '/session', { body: { name }, ...asked })
  expect(status).toBe(201)
  return cookie as string
}

describe.each(['postgresql', 'redis'] as const)('%s', (kind) => {
  let one: RunningApp
  let other: RunningApp
  beforeAll(async () => {
    one = await start(kind)
    other = await start(kind)
  })

  test.each(capabilityConformance)('$name', async (rule) =>
    rule.run({
      name: 'sessions',
      env: env[kind](),
      start: (settings, guarantees) => desk({}, guarantees).start({ profile: 'test', role: 'worker', env: settings }),
      wrong: { name: 'SESSIONS_STORE', value: 'memory' },
    }),
  )

  test('7.2.1, 7.2.2, 7.2.3: an opaque token of 256 random bits, checked by the server, in a cookie that scripts cannot read', async () => {
    const user = `ada ${kind}`
    const cookies = await Promise.all(Array.from({ length: 20 }, () => signIn(one, user)))
    expect(new Set(cookies).size).toBe(20)
    for (const cookie of cookies) expect(cookie).toMatch(/^__Host-session=[A-Za-z0-9_-]{43}$/)
    const { set } = await ask(one, 'POST', '/session', { body: { name: user } })
    expect(set).toMatch(/; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=(86400|86399)$/)
    expect(set).not.toContain('Domain')
    // Any process knows it; nothing else is known by any.
    expect(await ask(other, 'GET', '/me', { cookie: cookies[0] as string })).toMatchObject({ body: { id: user } })
    const forged = [
      '',
      'x',
      '__Host-session=',
      `__Host-session=${'A'.repeat(43)}`,
      `__Host-session=${'A'.repeat(9000)}`,
    ]
    const planted = `${cookies[0]}; __Host-session=${'B'.repeat(43)}`
    for (const cookie of [...forged, planted, `session=${cookies[0]}`, `__Host-session='; drop`]) {
      expect((await ask(one, 'GET', '/me', { cookie })).status).toBe(401)
    }
  })

  test('the store holds digests only', async () => {
    const cookie = await signIn(one, `digest ${kind}`)
    const token = cookie.split('=')[1] as string
    const held =
      kind === 'postgresql'
        ? JSON.stringify(await database.query('select * from footing_sessions.session'))
        : String(await redis.ask('keys', '*'))
    expect(held).not.toContain(token)
    expect(held).toContain(digestOf(token))
  })

  test('7.2.4: every sign-in has a new token, and the one that was shown is ended', async () => {
    const planted = await signIn(one, `mallory ${kind}`)
    const fresh = await signIn(other, `victim ${kind}`, { cookie: planted })
    expect(fresh).not.toBe(planted)
    expect((await ask(one, 'GET', '/me', { cookie: planted })).status).toBe(401)
    expect(await ask(one, 'GET', '/me', { cookie: fresh })).toMatchObject({ body: { id: `victim ${kind}` } })
  })

  test('7.4.1: signing out ends it in every process at once, and no write that comes late brings it back', async () => {
    const cookie = await signIn(one, `out ${kind}`)
    // Uses, rotations and the end at once, from two processes.
    const uses = Array.from({ length: 20 }, (_, index) =>
      index % 5 === 4
        ? ask(other, 'POST', '/rotation', { cookie })
        : ask(index % 2 ? one : other, 'GET', '/me', { cookie }),
    )
    const out = await ask(one, 'DELETE', '/session', { cookie })
    expect(out.set).toMatch(/^__Host-session=; .*Max-Age=0$/)
    const answers = await Promise.all(uses)
    const tokens = [cookie, ...answers.flatMap((answer) => answer.cookie ?? [])]
    // A token that a rotation has given out in the same moment is ended by the next sign-out at the latest; the one that was
    // shown is dead now.
    expect((await ask(other, 'GET', '/me', { cookie })).status).toBe(401)
    expect((await ask(one, 'DELETE', '/session', { cookie })).status).toBe(401)
    for (const token of tokens.slice(1)) await ask(one, 'DELETE', '/session', { cookie: token })
    for (const token of tokens) expect((await ask(other, 'GET', '/me', { cookie: token })).status).toBe(401)
  })

  test('7.4.3, 7.5.2: their owner sees all sessions, ends one of them, and a new password ends the others', async () => {
    const user = `owner ${kind}`
    const cookies: string[] = []
    for (const device of ['phone', 'desk', 'x'.repeat(500)]) {
      cookies.push(await signIn(one, user, { headers: { 'user-agent': device } }))
    }
    const [phone, desktop, long] = cookies as [string, string, string]
    const listed = (await ask(other, 'GET', '/sessions', { cookie: desktop })).body as {
      readonly id: string
      readonly about: string
      readonly current: boolean
    }[]
    expect(listed.map(({ about }) => about).toSorted()).toEqual(['desk', 'phone', 'x'.repeat(200)])
    expect(listed.filter(({ current }) => current).map(({ about }) => about)).toEqual(['desk'])
    const stranger = await signIn(one, `stranger ${kind}`)
    const id = listed.find(({ about }) => about === 'phone')?.id
    expect((await ask(one, 'DELETE', `/sessions/${id}`, { cookie: stranger })).body).toEqual({ revoked: false })
    expect((await ask(one, 'DELETE', `/sessions/${randomUUID()}`, { cookie: desktop })).body).toEqual({
      revoked: false,
    })
    expect((await ask(one, 'GET', '/me', { cookie: phone })).status).toBe(200)
    expect((await ask(one, 'DELETE', `/sessions/${id}`, { cookie: desktop })).body).toEqual({ revoked: true })
    expect((await ask(other, 'GET', '/me', { cookie: phone })).status).toBe(401)
    expect((await ask(other, 'POST', '/password', { cookie: desktop })).body).toEqual({ ended: 1 })
    expect((await ask(one, 'GET', '/me', { cookie: long })).status).toBe(401)
    expect((await ask(one, 'GET', '/me', { cookie: desktop })).status).toBe(200)
    expect((await ask(one, 'GET', '/me', { cookie: stranger })).status).toBe(200)
  })

  test('fifty requests rotate at once: one successor, and those on their way are answered with the token before', async () => {
    const cookie = await signIn(one, `rotating ${kind}`)
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ask(index % 2 ? one : other, 'POST', '/rotation', { cookie })),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200))
    const next = answers.flatMap((answer) => answer.cookie ?? [])
    expect(next).toHaveLength(1)
    expect(answers.filter(({ body }) => body.rotated)).toHaveLength(1)
    for (const living of [cookie, next[0] as string]) {
      expect((await ask(other, 'GET', '/me', { cookie: living })).status).toBe(200)
    }
    expect((await ask(one, 'GET', '/sessions', { cookie: next[0] as string })).body).toHaveLength(1)
    // Ending the successor ends the token before as well.
    await ask(one, 'DELETE', '/session', { cookie: next[0] as string })
    expect((await ask(other, 'GET', '/me', { cookie })).status).toBe(401)
  })

  test('what a page of another origin sends is refused; a link may be followed', async () => {
    const cookie = await signIn(one, `csrf ${kind}`)
    const host = new URL(one.url ?? '').host
    const post = (headers: Readonly<Record<string, string>>) => ask(one, 'POST', '/me', { cookie, headers })
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `https://${host}.evil.example` },
      { 'sec-fetch-site': 'nonsense' },
    ] as Readonly<Record<string, string>>[]) {
      expect(await post(headers)).toMatchObject({ status: 403, body: { code: 'session-from-elsewhere' } })
    }
    for (const headers of [
      { 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
      { origin: `http://${host}` },
      {},
    ] as Readonly<Record<string, string>>[]) {
      expect((await post(headers)).status).toBe(204)
    }
    // By a plain client: fetch sets sec-fetch-mode itself.
    const get = async (headers: Readonly<Record<string, string>>) => {
      const asked = request(`${one.url}/v1/me`, { headers: { cookie, ...headers } }).end()
      const [answer] = (await once(asked, 'response')) as [IncomingMessage]
      answer.resume()
      return answer.statusCode
    }
    expect(await get({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).toBe(200)
    expect(await get({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' })).toBe(403)
    // Without a session there is nothing to misuse, so a page of another origin may ask.
    expect(
      (await ask(one, 'POST', '/session', { body: { name: 'x' }, headers: { origin: 'https://other.example' } }))
        .status,
    ).toBe(201)
  })

  test('7.3.1, 7.3.2: it ends without use, and at last however much it is used', async () => {
    const store = await stores[kind]()
    const session = (idleMs: number, absoluteMs: number): NewSession => ({
      digest: digestOf(randomUUID()),
      id: randomUUID(),
      user: `times ${kind}`,
      about: '',
      idleMs,
      absoluteMs,
    })
    const [unused, used, long] = [session(2000, 600_000), session(4000, 600_000), session(600_000, 6000)]
    for (const one of [unused, used, long]) await store.add(one)
    // It is looked at more often than it would live without.
    const until = systemClock.monotonic() + 7000
    while (systemClock.monotonic() < until) {
      expect(await store.find(used.digest, used.idleMs)).toMatchObject({ id: used.id })
      await systemClock.sleep(500)
    }
    expect(await store.find(unused.digest, unused.idleMs)).toBeUndefined()
    expect(await store.find(long.digest, long.idleMs)).toBeUndefined()
    expect((await store.list(`times ${kind}`)).map(({ id }) => id)).toEqual([used.id])
    expect(await store.endOf(`times ${kind}`, undefined, undefined)).toBe(1)
  }, 60_000)

  test.each(['', 'x'.repeat(201), 'a\u0000b', '\ud800'])('no session begins for the user %j', async (user) => {
    const answer = await ask(one, 'POST', '/session', { body: { name: user } })
    expect(answer.status).toBe(500)
    expect(answer.set).toBeNull()
  })
})

test('7.4.2: a store that is away lets nobody in, and everybody is still signed in afterwards', async () => {
  const proxy = await openChaosProxy(database.directUrl)
  const running = (await desk().start({
    profile: 'test',
    host: '127.0.0.1',
    port: 0,
    env: { DATABASE_URL: proxy.url, DRAIN_DELAY_MS: '0' },
  })) as unknown as RunningApp
  const cookie = await signIn(running, 'away')
  proxy.accept(false)
  proxy.cut()
  expect(await ask(running, 'GET', '/me', { cookie })).toMatchObject({ status: 503, body: { code: 'sessions-away' } })
  expect((await ask(running, 'POST', '/session', { body: { name: 'new' } })).status).toBe(503)
  proxy.accept(true)
  await expect.poll(async () => (await ask(running, 'GET', '/me', { cookie })).status, { timeout: 20_000 }).toBe(200)
  await running.stop()
  await proxy.close()
}, 60_000)

test('what has ended is swept, some thousand rows at a time', async () => {
  await database.query(
    `insert into footing_sessions.session (digest, id, user_id, about, idle_until, ends_at)
     select lpad(n::text, 43, 'x'), gen_random_uuid(), 'gone', '', now() - interval '1 s', now() + interval '1 day'
       from generate_series(1, 6000) n`,
  )
  const store = await stores.postgresql()
  expect(await store.sweep?.()).toBe(5000)
  await store.sweep?.()
  const [left] = await database.query(
    `select count(*)::int as count from footing_sessions.session where user_id = 'gone'`,
  )
  expect(left).toEqual({ count: 0 })
})

test.each([
  ['no idle time', { idle: 0 }],
  ['an idle time longer than its life', { idle: '3h', absolute: '2h' }],
  ['a life without end', { absolute: '9000h' }],
  ['words', { idle: 'soon' as '1s' }],
] as const)('refuses sessions with %s', (_case, declared) => {
  expect(() => sessions(declared)).toThrowError(expect.objectContaining({ code: 'session-declaration-invalid' }))
})
