// Middleware in its order, and answers that only leave when they are declared.
import { defineErrors } from '@footing/kernel'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { createApp, type RunningApp } from '../app/create-app.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import type { Middleware } from '../module/middleware.ts'
import { op } from '../module/operation.ts'
import { respond, route } from '../module/route.ts'
import { describeApi } from './openapi.ts'
import { placeRoutes } from './place-routes.ts'

const errors = defineErrors({
  'tenant-unknown': { status: 403, retryable: false, what: 'No such tenant.', why: 'x', remedy: 'x' },
})

const log: string[] = []
const say =
  (name: string): Middleware =>
  async (request, next) => {
    log.push(`${name} ${request.route} ${request.user?.id ?? '-'}`)
    const reply = await next({})
    log.push(`${name} ${reply.status}`)
    return reply
  }

const tenant: Middleware<{ tenant: string }> = async ({ headers }, next) => {
  const name = headers['x-tenant']
  log.push('tenant')
  if (typeof name !== 'string') throw errors('tenant-unknown')
  return next({ tenant: name })
}
const noted: Middleware<{ noted: boolean }> = async (_request, next) => {
  const reply = await next({ noted: true })
  return respond(reply.status, reply.body, { ...reply.headers, 'x-noted': 'yes' })
}
const replaces: Middleware = async () => respond(200, { leaked: 'password_hash' })
const teapot: Middleware = async () => respond(418, 'short and stout')

const Item = z.object({ id: z.string(), tenant: z.string() })
const shop = defineModule('shop', {
  owner: '@acme/shop',
  port: { item: op({ in: z.object({ id: z.string(), tenant: z.string() }), out: Item }) },
})
const [app0, module0, route0] = [say('app'), say('module'), say('route')]
const get = { method: 'GET', auth: 'none' } as const

const routes = [
  route({
    ...get,
    path: '/ordered',
    auth: 'optional',
    query: z.object({ n: z.coerce.number() }),
    // Named again for its type; it runs once, where the module has it.
    use: [tenant, route0, noted],
    out: z.object({ tenant: z.string(), noted: z.boolean(), n: z.number() }),
    handle: async ({ tenant: name, noted: was, query }) => {
      log.push('handler')
      return { tenant: name, noted: was, n: query.n }
    },
  }),
  route({
    ...get,
    path: '/items/:id',
    use: [tenant],
    call: shop.port.item,
    input: ({ params, tenant: name }) => ({ id: params.id, tenant: name }),
  }),
  route({ ...get, path: '/replaced', use: [replaces], out: Item, handle: async () => ({ id: 'x', tenant: 'y' }) }),
  route({ ...get, path: '/teapot', use: [teapot], out: Item, handle: async () => ({ id: 'x', tenant: 'y' }) }),
  route({
    ...get,
    path: '/many',
    out: Item,
    status: 201,
    answers: { 202: z.object({ ticket: z.string() }), 304: null },
    query: z.object({ as: z.string() }),
    handle: async ({ query }) => {
      const more = { id: 'x', tenant: 't', password_hash: 'secret', ticket: 'k' }
      if (query.as === '201') return respond(201, more)
      if (query.as === '202') return respond(202, more, { 'x-more': '1' })
      if (query.as === '304') return respond(304)
      // What the compiler refuses can still happen.
      if (query.as === '200') return respond(200, more) as never
      if (query.as === 'wrong') return respond(202, { nonsense: true }) as never
      if (query.as === 'body') return respond(304, more) as never
      return more
    },
  }),
]

const shopModule = implement(shop, () => ({
  port: { item: async (given) => given },
  authenticate: { schemes: ['Bearer', 'Token'], identify: async ({ token }) => ({ id: token ?? '' }) },
  use: [module0, tenant],
  routes: routes.slice(0, 2),
}))
const plain = defineModule('plain', { owner: '@acme/plain' })
const plainModule = implement(plain, () => ({ routes: routes.slice(2) }))

let running: RunningApp
beforeAll(async () => {
  const app = createApp({ name: 'shop', modules: [shopModule, plainModule], http: { use: [app0] } })
  running = await app.start({ env: { HOST: '127.0.0.1', DRAIN_DELAY_MS: '0' }, profile: 'production', port: 0 })
})
afterAll(() => running.stop())
beforeEach(() => {
  log.length = 0
})

async function ask(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${running.url}/v1${path}`, { headers })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

test('application, module, route: once each, after the user is known, around the check of the input', async () => {
  const { status, body, headers } = await ask('/ordered?n=3', { 'x-tenant': 'acme', authorization: 'Token ada' })
  expect([status, body, headers.get('x-noted')]).toEqual([200, { tenant: 'acme', noted: true, n: 3 }, 'yes'])
  const at = '/v1/ordered ada'
  expect(log).toEqual([
    `app ${at}`,
    `module ${at}`,
    'tenant',
    `route ${at}`,
    'handler',
    'route 200',
    'module 200',
    'app 200',
  ])
})

test('what middleware throws is answered, and nothing behind it runs', async () => {
  const { status, body } = await ask('/ordered?n=3')
  expect([status, body.code, log.at(-1)]).toEqual([403, 'tenant-unknown', 'tenant'])
})

test('input that does not fit is refused inside the middleware', async () => {
  expect((await ask('/ordered?n=x', { 'x-tenant': 'acme' })).status).toBe(400)
  expect(log).toContain('tenant')
  expect(log).not.toContain('handler')
})

test('what middleware adds can be passed to an operation', async () => {
  expect((await ask('/items/7', { 'x-tenant': 'acme' })).body).toEqual({ id: '7', tenant: 'acme' })
})

test('middleware answers under the same rules: declared, checked, stripped', async () => {
  expect((await ask('/replaced')).body).toMatchObject({ code: 'invalid-output' })
  expect((await ask('/teapot')).body).toMatchObject({ status: 500, code: 'undeclared-answer' })
})

test('every declared status has its own body, and nothing else of it leaves', async () => {
  expect(await ask('/many?as=')).toMatchObject({ status: 201, body: { id: 'x', tenant: 't' } })
  const first = await ask('/many?as=201')
  expect([first.status, first.body]).toEqual([201, { id: 'x', tenant: 't' }])
  const second = await ask('/many?as=202')
  expect([second.status, second.body, second.headers.get('x-more')]).toEqual([202, { ticket: 'k' }, '1'])
  expect(await ask('/many?as=304')).toMatchObject({ status: 304, body: undefined })
})

test.each([
  ['200', 'undeclared-answer'],
  ['wrong', 'invalid-output'],
  ['body', 'invalid-output'],
])('what is not declared is a fault of the server: %s', async (as, code) => {
  const { status, body } = await ask(`/many?as=${as}`)
  expect([status, body.code, JSON.stringify(body).includes('secret')]).toEqual([500, code, false])
})

test('the challenge of a 401 and the description name what is taken; another scheme is as good as none', async () => {
  const closed = route({ method: 'GET', path: '/me', out: z.string(), handle: async ({ user }) => user.id })
  const guarded = implement(shop, async (kit) => ({ ...(await shopModule.setup(kit)), use: [], routes: [closed] }))
  const one = await createApp({ name: 'x', modules: [guarded] }).start({ env: {}, profile: 'test', port: 0 })
  try {
    const me = (authorization?: string) =>
      fetch(`${one.url}/v1/me`, authorization === undefined ? {} : { headers: { authorization } })
    const refused = await me()
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer, Token'])
    expect(await (await me('bearer ada')).json()).toBe('ada')
    expect(await (await me('Token ada')).json()).toBe('ada')
    for (const other of ['Basic ada', 'Bearer', 'ada', 'Bearer a b', '']) expect((await me(other)).status).toBe(401)
    const document = (await (await fetch(`${one.url}/v1/openapi.json`)).json()) as ReturnType<typeof describeApi>
    expect(document.components.securitySchemes).toMatchObject({
      Bearer: { type: 'http', scheme: 'bearer' },
      Token: { type: 'apiKey', in: 'header', name: 'Authorization' },
    })
    expect(document.paths['/me']?.get?.security).toEqual([{ Bearer: [] }, { Token: [] }])
  } finally {
    await one.stop()
  }
})

test('all statuses are described, each with its body', () => {
  const placed = placeRoutes([{ module: 'plain', routes: routes.slice(4) }], {})
  const { paths } = describeApi({ name: 'x', version: '1', http: {}, routes: placed, profile: 'test' })
  const responses = paths['/many']?.get?.responses ?? {}
  expect(Object.keys(responses)).toEqual(['201', '202', '304', '400', '5XX'])
  expect(responses['202']?.content?.['application/json']?.schema).toMatchObject({ required: ['ticket'] })
  expect(responses['304']?.content).toBeUndefined()
})

test('answers and additions are typed', () => {
  // @ts-expect-error the status is not declared
  route({ ...get, path: '/a', handle: async () => respond(303, undefined, { location: 'x' }) })
  // @ts-expect-error the body is another
  route({ ...get, path: '/a', out: Item, status: 201, handle: async () => respond(201, { nonsense: true }) })
  // @ts-expect-error the usual status is another
  route({ ...get, path: '/a', out: Item, handle: async () => respond(201, { id: 'x', tenant: 't' }) })
  // @ts-expect-error no middleware of this route adds it
  route({ ...get, path: '/a', use: [noted], out: z.string(), handle: async ({ tenant: name }) => name })
  const Kind = z.object({ kind: z.enum(['a', 'b']), list: z.array(z.string()) })
  route({ ...get, path: '/a', out: Kind, status: 201, handle: async () => respond(201, { kind: 'a', list: ['x'] }) })
})
