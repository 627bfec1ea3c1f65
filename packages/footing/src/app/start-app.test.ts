// An application over a real socket: answers, errors, hostile input, order of start, readiness.
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type AnyManifest, defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { op } from '../module/operation.ts'
import { respond, route } from '../module/route.ts'
import type { Context } from '../work/context.ts'
import { createApp, type RunningApp } from './create-app.ts'

const Note = z.object({ id: z.string(), text: z.string() })
const NewNote = z.object({ text: z.string().min(1).max(100) })

const notes = defineModule('notes', {
  owner: '@acme/notes',
  port: { add: op({ in: NewNote, out: Note }), hang: op({ deadline: '50ms' }) },
})

const waiting = Promise.withResolvers<Context>()

const notesModule = implement(notes, ({ self, context }) => ({
  port: {
    add: async ({ text }) => ({ id: '1', text }),
    hang: () => new Promise<void>(() => {}),
  },
  authenticate: async ({ scheme, token }) => (scheme === 'token' && token === 'good' ? { id: 'u1' } : undefined),
  routes: [
    route({
      method: 'GET',
      path: '/wait',
      auth: 'none',
      handle: (_input, context) => {
        waiting.resolve(context)
        return new Promise<void>(() => {})
      },
    }),
    route({
      method: 'POST',
      path: '/notes',
      auth: 'none',
      body: NewNote,
      out: Note,
      status: 201,
      handle: ({ body }) => self.add(body),
    }),
    route({
      method: 'GET',
      path: '/notes/:id',
      auth: 'none',
      params: z.object({ id: z.string() }),
      out: Note,
      handle: async ({ params }) => ({ id: params.id, text: 't' }),
    }),
    route({ method: 'DELETE', path: '/notes/:id', handle: async () => {} }),
    route({
      method: 'GET',
      path: '/me',
      out: z.object({ id: z.string(), same: z.boolean() }),
      handle: async ({ user }) => ({ id: user.id, same: context()?.user === user }),
    }),
    route({
      method: 'GET',
      path: '/fault',
      auth: 'none',
      handle: async () => {
        throw new Error('password=hunter2')
      },
    }),
    // What the compiler refuses can still happen: a row of the database that lacks a column, a thrown text.
    route({ method: 'GET', path: '/wrong', auth: 'none', out: Note, handle: async () => ({}) as never }),
    route({
      method: 'GET',
      path: '/text',
      auth: 'none',
      handle: async () => {
        throw 'password=hunter2'
      },
    }),
    route({
      method: 'GET',
      path: '/hang',
      auth: 'none',
      handle: async () => {
        await self.hang()
      },
    }),
    route({
      method: 'GET',
      path: '/moved',
      auth: 'none',
      answers: { 303: null },
      handle: async () => respond(303, undefined, { location: '/v1/me' }),
    }),
    route({
      method: 'GET',
      path: '/page',
      auth: 'none',
      query: z.object({ limit: z.coerce.number().int().max(100).default(20) }),
      out: z.object({ limit: z.number() }),
      handle: async ({ query }) => query,
    }),
  ],
}))

const app = createApp({ name: 'notes', modules: [notesModule] })
let running: RunningApp

beforeAll(async () => {
  running = await app.start({ env: { NODE_ENV: 'production', HOST: '127.0.0.1', DRAIN_DELAY_MS: '0' }, port: 0 })
})
afterAll(() => running.stop())

function call(path: string, init?: RequestInit) {
  return fetch(`${running.url}${path}`, init)
}

async function json(response: Response): Promise<Record<string, unknown>> {
  // Every answer that the tests read is an object; a wrong one fails the comparison that follows.
  return (await response.json()) as Record<string, unknown>
}

function post(body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) {
  return call('/v1/notes', { method: 'POST', body, headers })
}

test('answers with what the schema says, through the port, with ids and headers', async () => {
  const response = await post('{"text":"hello","extra":1}')
  expect(response.status).toBe(201)
  expect(await response.json()).toEqual({ id: '1', text: 'hello' })
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(running.operations().find((operation) => operation.operation === 'add')).toMatchObject({ calls: 1, errors: 0 })
})

test('refuses bad input with problem details and places', async () => {
  const response = await post('{"text":""}')
  expect(response.status).toBe(400)
  expect(response.headers.get('content-type')).toMatch('application/problem+json')
  expect(await response.json()).toMatchObject({ code: 'invalid-input', status: 400, errors: [{ pointer: '/text' }] })
  expect((await call('/v1/page?limit=1000')).status).toBe(400)
  expect(await (await call('/v1/page')).json()).toEqual({ limit: 20 })
})

test('a route is closed to strangers unless it says otherwise', async () => {
  expect((await call('/v1/me')).status).toBe(401)
  expect((await call('/v1/me', { headers: { authorization: 'Token forged' } })).status).toBe(401)
  const known = await call('/v1/me', { headers: { authorization: 'Token good' } })
  expect(await known.json()).toEqual({ id: 'u1', same: true })
  const removed = await call('/v1/notes/1', { method: 'DELETE', headers: { authorization: 'Token good' } })
  expect([removed.status, await removed.text()]).toEqual([204, ''])
})

test('takes over request and trace ids that are well formed, and no others', async () => {
  const own = await call('/v1/page', { headers: { 'x-request-id': 'order-service.42' } })
  expect(own.headers.get('x-request-id')).toBe('order-service.42')
  const evil = await call('/v1/page', { headers: { 'x-request-id': '<script>alert(1)</script>' } })
  expect(evil.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
})

test('an unexpected fault tells nothing in production but its code and the request id', async () => {
  const response = await call('/v1/fault')
  const text = await response.text()
  expect(response.status).toBe(500)
  expect(text).not.toMatch(/hunter2|at .*\.ts|node_modules/)
  expect(JSON.parse(text)).toMatchObject({ code: 'operation-failed', requestId: response.headers.get('x-request-id') })
})

test.each([
  ['/v1/wrong', 'invalid-output'],
  ['/v1/text', 'operation-failed'],
])('%s: an answer that cannot be written and a thrown text are coded too', async (path, code) => {
  const response = await call(path)
  const text = await response.text()
  expect([response.status, text.includes('hunter2')]).toEqual([500, false])
  expect(JSON.parse(text)).toMatchObject({ code })
})

test('a call that hangs ends at its deadline with a coded answer', async () => {
  const response = await call('/v1/hang')
  expect(response.status).toBe(504)
  expect(await response.json()).toMatchObject({ code: 'deadline-exceeded', retryable: true })
})

test('an answer may choose status and headers', async () => {
  const response = await call('/v1/moved', { redirect: 'manual' })
  expect([response.status, response.headers.get('location')]).toEqual([303, '/v1/me'])
})

test('an unknown path is 404, an unknown method 405 with Allow', async () => {
  const missing = await call('/v1/nothing')
  expect([missing.status, (await json(missing)).code]).toEqual([404, 'route-missing'])
  const wrong = await call('/v1/notes/1', { method: 'PUT' })
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD, DELETE, OPTIONS'])
  const asked = await call('/v1/notes', { method: 'OPTIONS' })
  expect([asked.status, asked.headers.get('allow')]).toEqual([204, 'POST, OPTIONS'])
})

const hostileBodies: readonly [name: string, body: string, type: string, status: number, code: string][] = [
  ['JSON that ends early', '{"text":', 'application/json', 400, 'malformed-json'],
  ['prototype pollution', '{"__proto__":{"admin":true},"text":"x"}', 'application/json', 400, 'malformed-json'],
  [
    'constructor pollution',
    '{"constructor":{"prototype":{"x":1}},"text":"x"}',
    'application/json',
    400,
    'malformed-json',
  ],
  ['another type', '{"text":"x"}', 'text/plain', 415, 'media-type-unsupported'],
  ['XML', '<a/>', 'application/xml', 415, 'media-type-unsupported'],
  ['a wrong type', '{"text":{"$gt":""}}', 'application/json', 400, 'invalid-input'],
  ['an array', '[]', 'application/json', 400, 'invalid-input'],
  ['null', 'null', 'application/json', 400, 'invalid-input'],
  ['nothing', '', 'application/json', 400, 'invalid-input'],
  ['a deep nest', `{"text":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 'application/json', 400, 'body-too-nested'],
  ['more than the limit', `{"text":"${'x'.repeat(300_000)}"}`, 'application/json', 413, 'body-too-large'],
]

test.each(hostileBodies)('a body that is %s gets a coded answer', async (_name, body, type, status, code) => {
  const response = await post(body, { 'content-type': type })
  expect([response.status, (await json(response)).code]).toEqual([status, code])
  expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false)
})

/** Sends bytes as they are and reads until the server closes the connection. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(running.port), '127.0.0.1', () => socket.write(bytes))
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('data', (data: string) => {
      answer += data
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

test('what is not HTTP, or has huge headers, gets a coded answer and a closed connection', async () => {
  expect(await raw('HELLO\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"malformed-request"/)
  const huge = await raw(`GET / HTTP/1.1\r\nhost: x\r\nx-big: ${'a'.repeat(20_000)}\r\n\r\n`)
  expect(huge).toMatch(/^HTTP\/1\.1 431 [\s\S]*"code":"headers-too-large"/)
  const smuggled =
    'POST /v1/notes HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'
  expect(await raw(smuggled)).toMatch(/^HTTP\/1\.1 400 /)
  expect(await raw('GET /v1/%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
})

test('a client that hangs up aborts its work', async () => {
  const controller = new AbortController()
  const aborted = call('/v1/wait', { signal: controller.signal })
  const context = await waiting.promise
  controller.abort()
  await expect(aborted).rejects.toThrow()
  await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve()))
  expect(context.signal.reason).toMatchObject({ code: 'cancelled' })
})

test('health pages tell how the process is', async () => {
  expect(await (await call('/livez')).json()).toEqual({ status: 'alive' })
  expect(await (await call('/startupz')).json()).toEqual({ status: 'started' })
  const eventLoop = { utilisation: expect.any(Number), delayP99Ms: expect.any(Number), stalls: expect.any(Number) }
  expect(await (await call('/readyz')).json()).toMatchObject({ status: 'ready', checks: {}, eventLoop })
})

test('describes itself; the page asks no other host for anything', async () => {
  const document = await json(await call('/v1/openapi.json'))
  expect(document.openapi).toBe('3.1.1')
  expect(Object.keys(document.paths as object)).toContain('/notes/{id}')
  const page = await call('/v1/docs')
  const html = await page.text()
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\/|<script/)
})

test.each(['/', '/v1'])('the address %s leads a browser to the page', async (path) => {
  const answer = await fetch(`${running.url}${path}`, { redirect: 'manual' })
  expect([answer.status, answer.headers.get('location')]).toEqual([302, '/v1/docs'])
})

test('a port that is taken is named', async () => {
  const start = app.start({ env: { NODE_ENV: 'test' }, port: Number(running.port) })
  await expect(start).rejects.toMatchObject({ code: 'port-taken' })
})

test('a route that asks for users needs a module that knows them', async () => {
  const { authenticate: _none, ...rest } = { authenticate: undefined }
  const lonely = implement(defineModule('lonely', { owner: '@acme/x' }), () => ({
    port: {},
    routes: [route({ method: 'GET', path: '/x', handle: async () => {} })],
    ...rest,
  }))
  const start = createApp({ name: 'x', modules: [lonely] }).start({ env: { NODE_ENV: 'test' }, port: 0 })
  await expect(start).rejects.toMatchObject({ code: 'authentication-missing' })
})

test('modules start in order of needs and stop in the opposite one; a failure takes the others down', async () => {
  const events: string[] = []
  const make = (name: 'a' | 'b' | 'c', needs: readonly AnyManifest[], fails = false) =>
    implement(defineModule(name, { owner: '@acme/x', needs }), () => ({
      port: {},
      start: async () => {
        events.push(`start ${name}`)
        if (fails) throw new Error('no')
      },
      stop: async () => {
        events.push(`stop ${name}`)
      },
    }))
  const a = make('a', [])
  const b = make('b', [a.manifest])
  const both = await createApp({ name: 'x', modules: [b, a] }).start({ env: { NODE_ENV: 'test' }, port: 0 })
  await Promise.all([both.stop(), both.stop()])
  expect(events).toEqual(['start a', 'start b', 'stop b', 'stop a'])
  events.length = 0
  const failing = createApp({ name: 'x', modules: [make('c', [a.manifest, b.manifest], true), b, a] })
  await expect(failing.start({ env: { NODE_ENV: 'test' }, port: 0 })).rejects.toMatchObject({
    code: 'module-start-failed',
  })
  expect(events).toEqual(['start a', 'start b', 'start c', 'stop b', 'stop a'])
})

test('a variable that is nearly one that is read is told of, once, and without its value', async () => {
  const { subscribe, unsubscribe } = await import('node:diagnostics_channel')
  const lines: string[] = []
  const listen = (record: unknown) => lines.push((record as { message: string }).message)
  subscribe('footing:log', listen)
  const env = { NODE_ENV: 'test', DRAIN_DELAY_M: 'hunter2', HOME: '/root', LANGUAGE: 'en' }
  const app = createApp({ name: 'x', modules: [implement(defineModule('x', { owner: '@a' }), () => ({ port: {} }))] })
  await (await app.start({ env, port: 0 })).stop()
  unsubscribe('footing:log', listen)
  expect(lines.filter((line) => line.includes('nothing reads it'))).toEqual([
    'DRAIN_DELAY_M is set, and nothing reads it; DRAIN_DELAY_MS is read',
  ])
})

test('what a client puts into a header of an answer ends no process: a coded answer, and the next request is answered', async () => {
  const echo = implement(defineModule('echo', { owner: '@a' }), () => ({
    routes: [
      route({
        method: 'GET',
        path: '/echo',
        auth: 'none',
        query: z.object({ value: z.string() }),
        handle: async ({ query }) => respond(204, undefined, { 'x-value': query.value }),
      }),
    ],
  }))
  const running = await createApp({ name: 'x', modules: [echo] }).start({
    env: { NODE_ENV: 'test', DRAIN_DELAY_MS: '0' },
    port: 0,
  })
  for (const value of ['\u20ac', 'a\r\nset-cookie: b=c', '\0']) {
    const answer = await fetch(`${running.url}/v1/echo?value=${encodeURIComponent(value)}`)
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([500, 'header-unsendable'])
    expect(answer.headers.get('set-cookie')).toBeNull()
  }
  expect((await fetch(`${running.url}/v1/echo?value=fine`)).headers.get('x-value')).toBe('fine')
  await running.stop()
})

test.each([
  ['false', '127.0.0.1'],
  ['true', '10.0.0.2'],
  ['2', '10.0.0.1'],
])('TRUST_PROXY=%s believes what so many proxies have added, and nothing before it', async (TRUST_PROXY, address) => {
  const addresses: (string | undefined)[] = []
  const seen = implement(defineModule('seen', { owner: '@a' }), () => ({
    use: [
      async ({ address }, next) => {
        addresses.push(address)
        return next({})
      },
    ],
    routes: [route({ method: 'GET', path: '/seen', auth: 'none', handle: async () => undefined })],
  }))
  const running = await createApp({ name: 'x', modules: [seen] }).start({
    env: { NODE_ENV: 'test', DRAIN_DELAY_MS: '0', TRUST_PROXY },
    host: '127.0.0.1',
    port: 0,
  })
  await fetch(`${running.url}/v1/seen`, { headers: { 'x-forwarded-for': '6.6.6.6, 10.0.0.1, 10.0.0.2' } })
  expect(addresses).toEqual([address])
  await running.stop()
})
