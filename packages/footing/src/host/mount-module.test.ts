// One module on applications that exist: Fastify 5, Express 5, NestJS 12 on both adapters. The host answers as before, byte for byte.
import 'reflect-metadata'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defineErrors } from '@footing/kernel'
import { type CanActivate, Controller, Get, Module, type Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import express from 'express'
import Fastify from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { RunningApp } from '../app/create-app.ts'
import { defineCapability, type Use, use } from '../capability/index.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { op } from '../module/operation.ts'
import { route } from '../module/route.ts'
import { type SecondProcess, startSecondProcess } from '../placement/second-process.fixture.ts'
import { billing as remoteBilling } from '../placement/shop.fixture.ts'
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts'
import { type ExpressApplication, type FastifyApplication, mountModule } from './mount-module.ts'

const noteErrors = defineErrors({
  'note-missing': {
    status: 404,
    retryable: false,
    what: 'There is no note {id}.',
    why: 'It was never written.',
    remedy: 'List the notes.',
  },
})

const note = z.object({ id: z.int(), text: z.string() })
const notes = defineModule('notes', {
  owner: '@acme/notes',
  tables: ['note'],
  needs: [remoteBilling],
  port: { count: op({ out: z.int(), idempotent: true }) },
})

interface Tables {
  note: { id: number; text: string }
}

const notesModule = implement(notes, ({ database, ports }) => {
  const db = database<Tables>()
  return {
    port: { count: async () => (await db.read().selectFrom('note').select('id').execute()).length },
    routes: [
      route({
        method: 'POST',
        path: '/notes',
        auth: 'none',
        body: z.object({ text: z.string().min(1) }),
        status: 201,
        out: note,
        handle: async ({ body }) => {
          const id = Math.floor(Math.random() * 1e9)
          await db.transaction((tx) => tx.insertInto('note').values({ id, text: body.text }).execute())
          return { id, text: body.text }
        },
      }),
      route({
        method: 'GET',
        path: '/notes/:id',
        auth: 'required',
        params: z.object({ id: z.coerce.number() }),
        out: note,
        handle: async ({ params }) => {
          const [found] = await db.read().selectFrom('note').selectAll().where('id', '=', params.id).execute()
          if (found === undefined) throw noteErrors('note-missing', { details: { id: params.id } })
          return found
        },
      }),
      route({
        method: 'GET',
        path: '/price',
        auth: 'none',
        out: z.object({ total: z.number() }),
        handle: () => ports.billing.quote({ amount: 20 }),
      }),
    ],
  }
})

const MODULE_KEYS = `one:${'1'.repeat(40)}`

let database: TestDatabase
let second: SecondProcess
beforeAll(async () => {
  database = await createTestDatabase()
  await database.query('create schema notes')
  await database.query('create table notes.note (id int primary key, text text not null)')
  second = await startSecondProcess({ MODULE_KEYS })
})
afterAll(async () => {
  await second.kill()
  await database.drop()
})

interface StartedHost {
  readonly url: string
  close(): Promise<void>
}

type Mount = (host: FastifyApplication | ExpressApplication) => Promise<void>

async function listen(server: Server): Promise<StartedHost> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const close = () => new Promise<void>((done) => server.close(() => done()))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

// Decorators are functions, and Node runs no decorator syntax.
class Old {
  hello() {
    return { hello: 'from the host' }
  }
  fail(): never {
    throw new Error('the host fails in its own way')
  }
}
for (const name of ['hello', 'fail'] as const) {
  Get(`/${name}`)(Old.prototype, name, Object.getOwnPropertyDescriptor(Old.prototype, name) as PropertyDescriptor)
}
Controller('old')(Old)
class OldModule {}
Module({ controllers: [Old as Type<Old>] })(OldModule)

async function nest(adapter: ExpressAdapter | FastifyAdapter, mount: Mount): Promise<StartedHost> {
  const app = await NestFactory.create(OldModule as Type<CanActivate>, adapter, { logger: false })
  await mount(app.getHttpAdapter().getInstance())
  await app.listen(0, '127.0.0.1')
  return { url: (await app.getUrl()).replace('[::1]', '127.0.0.1'), close: () => app.close() }
}

const hosts: Readonly<Record<string, (mount: Mount) => Promise<StartedHost>>> = {
  async 'Fastify 5'(mount) {
    const server = Fastify()
    server.get('/old/hello', async () => ({ hello: 'from the host' }))
    server.get('/old/fail', async () => {
      throw Object.assign(new Error('the host fails in its own way'), { statusCode: 409 })
    })
    server.post('/old/echo', async ({ body }) => body)
    await mount(server)
    await server.listen({ port: 0, host: '127.0.0.1' })
    return { url: `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`, close: () => server.close() }
  },
  async 'Express 5'(mount) {
    const app = express()
    app.get('/old/hello', (_request, response) => void response.json({ hello: 'from the host' }))
    app.get('/old/fail', () => {
      throw new Error('the host fails in its own way')
    })
    await mount(app)
    app.use(express.json())
    app.post('/old/echo', (request, response) => void response.json(request.body))
    return listen(createServer(app))
  },
  'NestJS 12 on Express': (mount) => nest(new ExpressAdapter(), mount),
  'NestJS 12 on Fastify': (mount) => nest(new FastifyAdapter(), mount),
}

/** What the host answers, as bytes: status, type and body; a stack names lines of this run only. */
async function oldAnswers(url: string): Promise<readonly string[]> {
  const asked: readonly (readonly [string, RequestInit?])[] = [
    ['/old/hello'],
    ['/old/fail'],
    ['/nothing/here'],
    ['/v1/nothing', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }],
    ['/v1/notes', { method: 'DELETE' }],
    ['/old/echo', { method: 'POST', body: '{broken', headers: { 'content-type': 'application/json' } }],
    ['/old/echo', { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } }],
  ]
  const answers: string[] = []
  for (const [path, init] of asked) {
    const answer = await fetch(`${url}${path}`, init)
    const body = (await answer.text()).replaceAll(/(<br>|&nbsp;| at ).*/g, '')
    answers.push(`${path} ${answer.status} ${answer.headers.get('content-type')} ${body}`)
  }
  return answers
}

test.each(Object.entries(hosts))('%s: a module joins, and the host answers as before', async (_name, start) => {
  const alone = await start(async () => undefined)
  const before = await oldAnswers(alone.url)
  await alone.close()

  let mounted: RunningApp<readonly [typeof notesModule]> | undefined
  const host = await start(async (server) => {
    mounted = await mountModule(server, [notesModule, elsewhere], {
      env: { DATABASE_URL: database.url, PLACE_BILLING: second.url, MODULE_KEYS },
      profile: 'test',
      authenticate: async ({ token }) => (token === 'letmein' ? { id: 'ann' } : undefined),
    })
  })
  try {
    expect(await oldAnswers(host.url)).toEqual(before)
    const headers = { 'content-type': 'application/json' }
    const made = await fetch(`${host.url}/v1/notes`, { method: 'POST', headers, body: '{"text":"remember"}' })
    expect(made.status).toBe(201)
    const { id } = (await made.json()) as { id: number }
    // Through the pooler, by its own routes, and by calls of the host's code.
    const authorization = { authorization: 'Bearer letmein' }
    expect(await (await fetch(`${host.url}/v1/notes/${id}`, { headers: authorization })).json()).toEqual({
      id,
      text: 'remember',
    })
    expect(await mounted?.ports.notes.count()).toBeGreaterThan(0)
    // Problem details of its own faults, nobody else's.
    const stranger = await fetch(`${host.url}/v1/notes/${id}`)
    expect([stranger.status, stranger.headers.get('content-type')]).toEqual([401, 'application/problem+json'])
    const missing = await fetch(`${host.url}/v1/notes/7`, { headers: authorization })
    expect(await missing.json()).toMatchObject({ status: 404, code: 'note-missing' })
    const wrong = await fetch(`${host.url}/v1/notes`, { method: 'POST', headers, body: '{"text":""}' })
    expect([wrong.status, ((await wrong.json()) as { code: string }).code]).toEqual([400, 'invalid-input'])
    const broken = await fetch(`${host.url}/v1/notes`, { method: 'POST', headers, body: '{broken' })
    expect(broken.status).toBe(400)
    // A module in another process.
    expect(await (await fetch(`${host.url}/v1/price`)).json()).toEqual({ total: 40 })
  } finally {
    await host.close()
    await mounted?.stop()
  }
})

const elsewhere = implement(remoteBilling, () => ({ port: {} as never })) // answered in the other process

test('a host whose routes would be replaced, and something that is no host', async () => {
  const plain = implement(defineModule('plain', { owner: '@a' }), () => ({
    routes: [route({ method: 'GET', path: '/x', auth: 'none', handle: async () => undefined })],
  }))
  const start = { env: {}, profile: 'test' } as const
  const fastify = Fastify()
  fastify.get('/v1/x', async () => 'mine')
  await expect(mountModule(fastify, [plain], start)).rejects.toMatchObject({
    code: 'host-route-taken',
    details: { route: 'GET /v1/x', module: 'plain' },
  })
  const app = express()
  app.get('/v1/x', (_request, response) => void response.send('mine'))
  await expect(mountModule(app, [plain], start)).rejects.toMatchObject({
    code: 'host-route-taken',
  })
  await expect(mountModule({} as FastifyApplication, [plain], start)).rejects.toMatchObject({ code: 'host-unknown' })
})

test('a body that the host has read is told, and nobody waits for it', async () => {
  const sink = implement(defineModule('sink', { owner: '@a' }), () => ({
    routes: [route({ method: 'POST', path: '/x', auth: 'none', body: z.object({}), handle: async () => undefined })],
  }))
  const app = express()
  app.use(express.json())
  const mounted = await mountModule(app, [sink], { env: {}, profile: 'test' })
  const host = await listen(createServer(app))
  const answer = await fetch(`${host.url}/v1/x`, {
    method: 'POST',
    body: '{"a":1}',
    headers: { 'content-type': 'application/json' },
  })
  expect(answer.status).toBe(500)
  expect(await answer.text()).toContain('was read by the host before the module got the request')
  await host.close()
  await mounted.stop()
})

test('modules on a host use capabilities of their own', async () => {
  const words = defineCapability({
    name: 'words',
    summary: 'words',
    settings: {},
    open: () => 'a word',
    kit: (open) => ({ words: open }),
  })
  const declared: Use<'words', string> = use('words', undefined)
  const speaker = implement(defineModule('speaker', { owner: '@a', uses: [declared] }), (kit) => ({
    routes: [route({ method: 'GET', path: '/word', auth: 'none', out: z.string(), handle: async () => kit.words })],
  }))
  const app = express()
  const mounted = await mountModule(app, [speaker], { env: {}, profile: 'test', capabilities: [words] })
  const host = await listen(createServer(app))
  expect(await (await fetch(`${host.url}/v1/word`)).json()).toBe('a word')
  await host.close()
  await mounted.stop()
})
