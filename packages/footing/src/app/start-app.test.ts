// An application over a real socket: answers, errors, hostile input, order of start, readiness.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { op } from '../module/operation.ts'
import { respond, route } from '../module/route.ts'
import { createApp, type RunningApp } from './create-app.ts'

const Note = z.object({ id: z.string(), text: z.string() })
const NewNote = z.object({ text: z.string().min(1).max(100) })

const notes = defineModule('notes', {
  owner: '@acme/notes',
  port: { add: op({ in: NewNote, out: Note }), hang: op({ deadline: '50ms' }) },
})

const notesModule = implement(notes, ({ self, context }) => ({
  port: {
    add: async ({ text }) => ({ id: '1', text }),
    hang: () => new Promise<void>(() => {}),
  },
  authenticate: async ({ scheme, token }) => (scheme === 'token' && token === 'good' ? { id: 'u1' } : undefined),
  routes: [
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
