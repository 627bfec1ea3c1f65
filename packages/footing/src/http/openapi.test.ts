// The description of an API: valid schemas, references that lead somewhere, shared parts once, the application's own errors.
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { AnyRoute } from '../module/route.ts'
import { respond, route } from '../module/route.ts'
import { describedAs } from '../module/schema.ts'
import { describeApi } from './openapi.ts'
import { placeRoutes } from './place-routes.ts'
import { renderReference } from './reference-page.ts'

const Author = z.object({ name: z.string(), since: z.iso.datetime().nullable() }).meta({ id: 'Author' })
const Article = z.object({ slug: z.string(), author: Author, words: z.number().default(0) }).meta({ id: 'Article' })

const routes: readonly AnyRoute[] = [
  route({
    method: 'GET',
    path: '/articles/:slug',
    auth: 'optional',
    params: z.object({ slug: z.string().max(80) }),
    query: z.object({ limit: z.coerce.number().int().max(100).default(20), tag: z.string().optional() }),
    out: z.array(Article),
    errors: [404],
    summary: 'Find <articles> & "friends"',
    handle: async () => [],
  }),
  route({
    method: 'POST',
    path: '/articles',
    body: Article,
    out: Article,
    status: 201,
    handle: async ({ body }) => body,
  }),
  route({ method: 'DELETE', path: '/articles/:slug', deprecated: true, handle: async () => respond(204) }),
]

const api = (http = {}) => ({
  name: 'press',
  version: '1.2.3',
  http,
  routes: placeRoutes([{ module: 'content', routes }], http),
  profile: 'production' as const,
})

test('every schema is valid JSON Schema 2020-12 and every reference leads to one', () => {
  const document = describeApi(api())
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv)
  ajv.addSchema({ $id: 'press', ...document })
  for (const name of Object.keys(document.components.schemas)) {
    expect(ajv.getSchema(`press#/components/schemas/${name}`)).toBeTypeOf('function')
  }
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference)
  expect(references.length).toBeGreaterThan(3)
  for (const reference of references) {
    expect(Object.keys(document.components.schemas)).toContain(reference?.replace('#/components/schemas/', ''))
  }
})

test('what a route accepts and what it yields are told apart under one name', () => {
  const { schemas } = describeApi(api()).components
  expect(Object.keys(schemas)).toEqual(['Article', 'ArticleInput', 'Author', 'AuthorInput', 'Problem'])
  expect(schemas.Article?.required).toContain('words')
  expect(schemas.ArticleInput?.required).not.toContain('words')
})

test('parameters, access, deprecation and statuses come from the route', () => {
  const { paths, servers } = describeApi(api({ basePath: '/v2' }))
  expect(servers).toEqual([{ url: '/v2' }])
  const find = paths['/articles/{slug}']?.get
  expect(find?.parameters?.map(({ name, in: place, required }) => [name, place, required])).toEqual([
    ['slug', 'path', true],
    ['limit', 'query', false],
    ['tag', 'query', false],
  ])
  expect(find?.security).toEqual([{}, { Bearer: [] }])
  expect(Object.keys(find?.responses ?? {})).toEqual(['200', '400', '401', '404', '5XX'])
  const remove = paths['/articles/{slug}']?.delete
  expect([remove?.deprecated, Object.keys(remove?.responses ?? {})]).toEqual([
    true,
    ['204', '400', '401', '413', '415', '5XX'],
  ])
})

test("errors have the application's own status and form when it has one", () => {
  const problem = () => ({ status: 422, body: {} })
  const http = { problem, problemSchema: z.object({ errors: z.record(z.string(), z.array(z.string())) }) }
  const { paths, components } = describeApi(api(http))
  expect(Object.keys(paths['/articles']?.post?.responses ?? {})).toEqual(['201', '422', '5XX'])
  expect(components.schemas.Problem).toBeUndefined()
})

test('the same routes give the same bytes', () => {
  expect(JSON.stringify(describeApi(api()))).toBe(JSON.stringify(describeApi(api())))
})

test('a schema that JSON cannot express is named with its route', () => {
  const odd = route({
    method: 'GET',
    path: '/odd',
    out: z.object({ at: z.date() }),
    handle: async () => ({ at: new Date() }),
  })
  const described = { ...api(), routes: placeRoutes([{ module: 'x', routes: [odd] }], {}) }
  expect(() => describeApi(described)).toThrow('GET /v1/odd')
})

test('a validator without a converter is described by hand', () => {
  const plain = { '~standard': { version: 1 as const, vendor: 'own', validate: (value: unknown) => ({ value }) } }
  const byHand = route({
    method: 'POST',
    path: '/x',
    body: describedAs(plain, { type: 'string' }),
    handle: async () => {},
  })
  const { paths } = describeApi({ ...api(), routes: placeRoutes([{ module: 'x', routes: [byHand] }], {}) })
  expect(paths['/x']?.post?.requestBody?.content['application/json']?.schema).toEqual({ type: 'string' })
})

test('the page shows every operation, and nothing in a text becomes markup', () => {
  const html = renderReference(describeApi(api()), '/v1/openapi.json')
  expect(html).toContain('Find &lt;articles&gt; &amp; &quot;friends&quot;')
  expect(html.match(/<details /g)).toHaveLength(3)
  expect(html).not.toMatch(/<script|javascript:|\son\w+=/)
})

test('the reference page says of each route whether it needs a user, whatever the number of schemes', () => {
  const open = route({ method: 'GET', path: '/open', auth: 'none', handle: async () => respond(204) })
  for (const schemes of [['Bearer'], ['Bearer', 'Token'], ['A', 'B', 'C']]) {
    const http = { schemes }
    const placed = placeRoutes([{ module: 'content', routes: [...routes, open] }], http)
    const html = renderReference(describeApi({ ...api(http), routes: placed }), '/v1/openapi.json')
    const said = [...html.matchAll(/open to everybody|user optional|user required/g)].map(([words]) => words)
    expect(said).toEqual(['user optional', 'user required', 'user required', 'open to everybody'])
  }
})
