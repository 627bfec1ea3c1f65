// A route that calls an operation: said once, described once, checked once, with the places of the request in its faults.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createApp, type RunningApp } from '../app/create-app.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { op } from '../module/operation.ts'
import { type AnyRoute, respond, route } from '../module/route.ts'
import { describeApi } from './openapi.ts'
import { placeRoutes } from './place-routes.ts'

let checks = { input: 0, output: 0 }
const counted = (side: 'input' | 'output') => () => {
  checks[side]++
  return true
}

const Person = z.object({ name: z.string() }).meta({ id: 'Person' })
const Note = z
  .object({ id: z.int(), text: z.string(), by: Person, tags: z.array(z.string()), draft: z.boolean().optional() })
  .refine(counted('output'))
const Filter = z
  .object({
    tag: z.array(z.string().max(5)).optional(),
    limit: z.int().min(1).max(50).default(20),
    done: z.boolean().optional(),
    folder: z.string(),
    viewerId: z.string().optional(),
  })
  .refine(counted('input'))

const notes = defineModule('notes', {
  owner: '@acme/notes',
  port: {
    list: op({ in: Filter, out: z.object({ given: z.json(), notes: z.array(Note) }) }),
    get: op({ in: z.object({ id: z.int() }), out: Note }),
    add: op({ in: z.object({ authorId: z.string(), note: z.object({ text: z.string().min(1) }) }), out: Note }),
    leaky: op({ out: z.object({ id: z.string() }) }),
    clear: op({}),
  },
})
const other = defineModule('other', { owner: '@acme/other', port: { hidden: op({ out: z.string() }) } })

const note = (id: number, text = 'hello') => ({ id, text, by: { name: 'Ada' }, tags: [] })

const routes = [
  route({
    method: 'GET',
    path: '/folders/:folder/notes',
    auth: 'optional',
    call: notes.port.list,
    input: ({ params, query, user }) => ({ ...query, folder: params.folder, viewerId: user?.id }),
  }),
  route({
    method: 'GET',
    path: '/notes/:id',
    auth: 'none',
    call: notes.port.get,
    answer: (found) => ({ note: found }),
  }),
  route({
    method: 'POST',
    path: '/notes',
    status: 201,
    call: notes.port.add,
    input: ({ body, user }) => ({ authorId: user.id, note: body.note }),
    answer: ({ id, by, ...rest }) => respond(201, { id, author: by.name, rest }, { location: `/v1/notes/${id}` }),
  }),
  route({ method: 'GET', path: '/leaky', auth: 'none', call: notes.port.leaky, answer: (value) => ({ value }) }),
  route({ method: 'DELETE', path: '/notes', auth: 'none', call: notes.port.clear }),
] satisfies AnyRoute[]

const notesModule = implement(notes, () => ({
  port: {
    list: async (given) => ({ given: JSON.parse(JSON.stringify(given)), notes: [note(1)] }),
    get: async ({ id }) => note(id),
    add: async ({ note: { text } }) => note(7, text),
    // A row of the database, with more columns than anybody declared.
    leaky: async () => ({ id: 'x', password_hash: 'secret' }),
    clear: async () => undefined,
  },
  authenticate: async ({ token }) => (token === undefined ? undefined : { id: token }),
  routes,
}))

const app = createApp({ name: 'notes', modules: [notesModule] })
const profiles = ['production', 'test'] as const
const running = new Map<string, RunningApp>()

beforeAll(async () => {
  for (const profile of profiles) {
    running.set(profile, await app.start({ env: { HOST: '127.0.0.1', DRAIN_DELAY_MS: '0' }, profile, port: 0 }))
  }
})
afterAll(() => Promise.all([...running.values()].map((one) => one.stop())))

async function ask(profile: string, path: string, init?: RequestInit) {
  const response = await fetch(`${running.get(profile)?.url}/v1${path}`, init)
  const text = await response.text()
  return { response, status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}

const sent = (body: unknown, token = 'ada') => ({
  method: 'POST',
  headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

test.each(profiles)('%s: input and output are checked once each', async (profile) => {
  checks = { input: 0, output: 0 }
  const { status, body } = await ask(profile, '/folders/a/notes?limit=3&tag=x&done=true')
  expect([status, body.given]).toEqual([200, { limit: 3, tag: ['x'], done: true, folder: 'a' }])
  expect(checks).toEqual({ input: 1, output: 1 })
})

test.each(profiles)('%s: what an operation does not declare does not leave', async (profile) => {
  expect((await ask(profile, '/leaky')).body).toEqual({ value: { id: 'x' } })
})

test.each(profiles)('%s: the user is put in by the mapping, whatever the query says', async (profile) => {
  const { body } = await ask(profile, '/folders/a/notes?viewerId=mallory', { headers: { authorization: 'Bearer ada' } })
  expect(body.given).toMatchObject({ viewerId: 'ada' })
  expect((await ask(profile, '/folders/a/notes?viewerId=mallory')).body.given).not.toHaveProperty('viewerId')
})

test.each(profiles)('%s: the answer is what the mapping makes of it, with status and headers', async (profile) => {
  const { status, body, response } = await ask(profile, '/notes', sent({ note: { text: 'hi' } }))
  expect([status, response.headers.get('location')]).toEqual([201, '/v1/notes/7'])
  expect(body).toEqual({ id: 7, author: 'Ada', rest: { text: 'hi', tags: [] } })
  expect((await ask(profile, '/notes/4')).body).toEqual({ note: note(4) })
  expect((await ask(profile, '/notes', { method: 'DELETE' })).status).toBe(204)
})

test.each<[path: string, init: RequestInit | undefined, pointer: string]>([
  ['/folders/a/notes?limit=many', undefined, '/query/limit'],
  ['/folders/a/notes?limit=', undefined, '/query/limit'],
  ['/folders/a/notes?limit=1e99', undefined, '/query/limit'],
  ['/folders/a/notes?limit=0x10', undefined, '/query/limit'],
  ['/folders/a/notes?limit=3&limit=4', undefined, '/query/limit'],
  ['/folders/a/notes?done=yes', undefined, '/query/done'],
  ['/folders/a/notes?tag=x&tag=toolong', undefined, '/query/tag/1'],
  ['/notes/seven', undefined, '/params/id'],
  ['/notes', sent({ note: { text: '' } }), '/note/text'],
  ['/notes', sent({}), '/note'],
  ['/notes', sent(''), '/note'],
  ['/notes', sent('null'), ''],
  ['/notes', sent('[]'), ''],
  ['/notes', sent('"note"'), ''],
  ['/notes', sent('{"note":null}'), '/note'],
])('%s is refused with the place in the request: %#', async (path, init, pointer) => {
  for (const profile of profiles) {
    const { status, body } = await ask(profile, path, init)
    expect([status, body.code]).toEqual([400, 'invalid-input'])
    expect(body.errors.map((issue: { pointer: string }) => issue.pointer)).toContain(pointer)
    expect(body.title).not.toContain('notes.') // the client has never heard of the operation
  }
})

test('keys of a body that name prototypes change nothing', async () => {
  const { status } = await ask('production', '/notes', sent('{"__proto__":{"note":{"text":"x"}}}'))
  expect(status).toBe(400)
  const { body } = await ask('production', '/folders/a/notes?__proto__=x&constructor=y&limit=2')
  expect(body.given).toEqual({ limit: 2, folder: 'a' })
})

test('the description comes from the operation, under the names of the request', () => {
  const placed = placeRoutes([{ module: 'notes', routes }], {})
  const { paths, components } = describeApi({ name: 'n', version: '1', http: {}, routes: placed, profile: 'test' })
  const list = paths['/folders/{folder}/notes']?.get
  expect(list?.parameters?.map(({ name, in: part, required }) => `${part} ${name} ${required}`)).toEqual([
    'path folder true',
    'query tag false',
    'query limit false',
    'query done false',
  ])
  expect(list?.parameters?.[2]?.schema).toMatchObject({ type: 'integer', minimum: 1, maximum: 50, default: 20 })
  const add = paths['/notes']?.post
  expect(add?.requestBody).toMatchObject({
    required: true,
    content: {
      'application/json': {
        schema: { properties: { note: { properties: { text: { minLength: 1 } } } }, required: ['note'] },
      },
    },
  })
  expect(add?.responses['201']?.content?.['application/json']?.schema).toMatchObject({
    properties: { author: { type: 'string' }, rest: { properties: { draft: { type: 'boolean' } } } },
    required: ['id', 'author', 'rest'],
  })
  expect(paths['/notes/{id}']?.get?.responses['200']?.content?.['application/json']?.schema).toMatchObject({
    properties: { note: { properties: { by: { $ref: '#/components/schemas/Person' } } } },
  })
  expect(Object.keys(components.schemas)).toContain('Person')
})

test('a mapping that computes is refused at start, with what to declare', () => {
  const list = { method: 'GET', path: '/x/:folder', auth: 'none' } as const
  const place = (one: AnyRoute) => () => placeRoutes([{ module: 'notes', routes: [one] }], {})
  const inputs = [
    route({
      ...list,
      call: notes.port.list,
      input: ({ params, query }) => ({ folder: params.folder, limit: Math.min(query.limit ?? 1, 9) }),
    }),
    route({ ...list, call: notes.port.list, input: ({ params }) => ({ folder: params.folder.toLowerCase() }) }),
    route({ ...list, call: notes.port.list, input: ({ params }) => ({ folder: `x${params.folder}` }) }),
    route({
      ...list,
      call: notes.port.list,
      input: ({ params, query }) => ({ folder: params.folder, tag: [...(query.tag ?? [])] }),
    }),
  ]
  for (const one of inputs) expect(place(one)).toThrow('cannot be read')
  const get = { method: 'GET', path: '/x/:id', auth: 'none' } as const
  const answers = [
    route({ ...get, call: notes.port.get, answer: ({ tags }) => ({ tags: tags.map((tag) => tag) }) }),
    route({ ...get, call: notes.port.get, answer: ({ text }) => ({ text: `${text}!` }) }),
    route({ ...get, call: notes.port.get, answer: ({ id }) => ({ next: id * 2 }) }),
    route({ ...get, call: notes.port.get, answer: async (value) => value }),
    route({ ...get, call: notes.port.get, answer: (value) => respond(202, value) }),
  ]
  for (const one of answers) expect(place(one)).toThrow('cannot be read')
  // What it computes with is declared: nothing has to be read from the mapping.
  const declared = route({
    ...list,
    call: notes.port.list,
    query: z.object({ limit: z.coerce.number().default(3) }),
    input: ({ params, query }) => ({ folder: params.folder, limit: Math.min(query.limit, 9) }),
    answer: ({ notes: found }) => found.length,
    out: z.number(),
  })
  expect(
    place(
      route({
        ...list,
        call: notes.port.list,
        params: z.object({ folder: z.string() }),
        input: ({ params }) => ({ folder: `${params.folder}` }),
      }),
    ),
  ).not.toThrow()
  expect(place(declared)).not.toThrow()
})

test('an answer that is not what its description says is a fault, not a surprise', async () => {
  const sometimes = implement(other, () => ({
    port: { hidden: async () => 'x' },
    routes: [
      route({
        method: 'GET',
        path: '/sometimes',
        auth: 'none',
        call: other.port.hidden,
        answer: (text) => (text === 'x' ? { secret: text } : { text }),
      }),
    ],
  }))
  const one = await createApp({ name: 'other', modules: [sometimes] }).start({
    env: { HOST: '127.0.0.1', DRAIN_DELAY_MS: '0' },
    profile: 'production',
    port: 0,
  })
  const response = await fetch(`${one.url}/v1/sometimes`)
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([500, 'invalid-output'])
  await one.stop()
})

test('a route calls its own module and those that the module needs, nobody else', async () => {
  const stranger = route({ method: 'GET', path: '/x', auth: 'none', call: other.port.hidden })
  const modules = [
    implement(notes, async (kit) => ({ ...(await notesModule.setup(kit)), routes: [stranger] })),
    implement(other, () => ({ port: { hidden: async () => 'x' } })),
  ]
  const start = createApp({ name: 'x', modules }).start({ env: {}, profile: 'test', port: 0 })
  await expect(start).rejects.toMatchObject({ code: 'route-call-unknown' })
})

test('a closed route says what it passes: a user is never asked of the client', () => {
  expect(() => route({ method: 'POST', path: '/notes', call: notes.port.add })).toThrow('write input:')
})

test('mappings are typed by the operation', () => {
  const get = { method: 'GET', path: '/n/:id', auth: 'none' } as const
  route({ ...get, call: notes.port.get, input: ({ params }) => ({ id: params.id satisfies number }) })
  // @ts-expect-error the path has no such name
  route({ ...get, call: notes.port.get, input: ({ params }) => ({ id: params.slug }) })
  // @ts-expect-error the operation wants an id
  route({ ...get, call: notes.port.get, input: () => ({}) })
  // @ts-expect-error a note has no such field
  route({ ...get, call: notes.port.get, answer: (found) => ({ note: found.nothing }) })
  // @ts-expect-error a route has a function or a call
  route({ ...get, call: notes.port.get, handle: async () => undefined })
})
