// Pieces alone: an existing Fastify or Express server takes the answers and the modules without createApp, and what it
// answered before stays as it was, byte for byte.
import type { AddressInfo } from 'node:net'
import { systemClock } from '@footing/kernel'
import express, { type Response as ExpressResponse, type NextFunction, type Request } from 'express'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { createApp } from '../app/create-app.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { ModuleNetwork } from '../module/module-network.ts'
import { op } from '../module/operation.ts'
import { DeadlineWheel } from '../work/deadline-wheel.ts'
import { answerFaults, faultAnswer, sendSecurityHeaders } from './adopt.ts'

const tax = defineModule('tax', {
  owner: '@acme/tax',
  port: { rate: op({ in: z.object({ country: z.string().length(2) }), out: z.number() }) },
})

function taxPorts() {
  const environment = { clock: systemClock, wheel: new DeadlineWheel(systemClock), checked: true }
  const network = new ModuleNetwork([tax], environment)
  network.answer('tax', { rate: async () => 0.2 })
  return network.portsFor('shop', [tax]).tax
}

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const failing = (fields: object, message = 'Slow down, please') => Object.assign(new Error(message), fields)

/** What a host throws, by path, with the status that it means. */
const thrown: Readonly<Record<string, readonly [fault: unknown, status: number, code: string]>> = {
  '/401': [failing({ statusCode: 401 }), 401, 'request-refused'],
  '/403': [failing({ statusCode: 403 }), 403, 'request-refused'],
  '/404': [failing({ statusCode: 404 }), 404, 'request-refused'],
  '/409': [failing({ status: 409 }), 409, 'request-refused'],
  '/422': [failing({ statusCode: 422 }), 422, 'request-refused'],
  '/429': [failing({ statusCode: 429, headers: { 'retry-after': '7' } }), 429, 'request-refused'],
  '/503': [failing({ statusCode: 503 }), 503, 'request-failed'],
  '/500': [failing({}, 'password=hunter2'), 500, 'operation-failed'],
  '/odd': [failing({ statusCode: 200 }, 'password=hunter2'), 500, 'operation-failed'],
  '/string': ['password=hunter2', 500, 'operation-failed'],
  '/framework': [failing({ statusCode: 414, code: 'FST_ERR_SOMETHING' }, 'Too long'), 414, 'request-refused'],
}

function throwAll(server: FastifyInstance): void {
  for (const [path, [fault]] of Object.entries(thrown)) {
    server.get(path, async () => {
      throw fault
    })
  }
  const body = {
    type: 'object',
    required: ['name'],
    properties: { name: { type: 'string' }, tags: { type: 'array', items: { type: 'integer' } } },
  }
  const querystring = { type: 'object', properties: { limit: { type: 'integer' } } }
  server.post('/validated', { schema: { body, querystring } }, async () => ({ ok: true }))
}

async function checkAll(server: FastifyInstance, prefix = ''): Promise<void> {
  for (const [path, [, status, code]] of Object.entries(thrown)) {
    const response = await server.inject(prefix + path)
    expect([path, response.statusCode, response.json().code]).toEqual([path, status, code])
    expect(response.headers['content-type']).toBe('application/problem+json')
    expect(response.body).not.toMatch(/hunter2|FST_|\.ts:|node_modules/)
  }
  const slow = await server.inject(`${prefix}/429`)
  expect([slow.headers['retry-after'], slow.json().title, slow.json().retryable]).toEqual([
    '7',
    'Slow down, please.',
    true,
  ])
  expect((await server.inject(`${prefix}/401`)).headers['www-authenticate']).toBe('Bearer')
  const invalid = await server.inject({ method: 'POST', url: `${prefix}/validated?limit=x`, payload: { name: 'x' } })
  expect([invalid.statusCode, invalid.json().errors]).toEqual([
    400,
    [{ pointer: '/query/limit', message: 'must be integer' }],
  ])
  const missing = await server.inject({ method: 'POST', url: `${prefix}/validated`, payload: {} })
  expect(missing.json().errors[0].pointer).toBe('/name')
  const deep = await server.inject({
    method: 'POST',
    url: `${prefix}/validated`,
    payload: { name: 'x', tags: [1, 'y'] },
  })
  expect([deep.statusCode, deep.json().code, deep.json().errors[0].pointer]).toEqual([400, 'invalid-input', '/tags/1'])
}

test('a scope of a Fastify host gets coded answers, headers and typed calls; the statuses of its errors stay', async () => {
  const ports = taxPorts()
  const server = Fastify()
  closers.push(() => server.close())
  server.register(async (scope) => {
    answerFaults(scope, { profile: 'production' })
    sendSecurityHeaders(scope)
    scope.get<{ Params: { country: string } }>('/rate/:country', ({ params }) => ports?.rate?.(params))
    throwAll(scope)
  })
  const good = await server.inject('/rate/de')
  expect([good.statusCode, good.body, good.headers['x-content-type-options']]).toEqual([200, '0.2', 'nosniff'])
  const bad = await server.inject('/rate/nowhere')
  expect([bad.statusCode, bad.json().code]).toEqual([400, 'invalid-input'])
  await checkAll(server)
})

test('what the host answered before is the same byte for byte, its own 404 and errors too', async () => {
  const build = (adopt: boolean) => {
    const server = Fastify()
    closers.push(() => server.close())
    server.setErrorHandler((error, _request, reply) => reply.code(418).send({ own: (error as Error).message }))
    server.setNotFoundHandler((_request, reply) => reply.code(404).type('text/plain').send('own nothing'))
    throwAll(server)
    if (adopt) {
      server.register(
        async (scope) => {
          answerFaults(scope, { profile: 'production', unknownPaths: true })
          sendSecurityHeaders(scope)
          throwAll(scope)
        },
        { prefix: '/new' },
      )
    }
    return server
  }
  const [before, after] = [build(false), build(true)]
  const answerOf = async (server: FastifyInstance, method: 'GET' | 'POST', url: string) => {
    const { statusCode, headers, body } = await server.inject({
      method,
      url,
      ...(method === 'POST' ? { payload: '{' } : {}),
    })
    const { date: _date, ...rest } = headers
    return { statusCode, body, headers: rest }
  }
  const paths = [...Object.keys(thrown), '/validated', '/nothing', '/', '/%ff']
  for (const path of paths) {
    for (const method of ['GET', 'POST'] as const) {
      expect(await answerOf(after, method, path)).toEqual(await answerOf(before, method, path))
    }
  }
  await checkAll(after, '/new')
  expect((await after.inject('/new/nothing')).json().code).toBe('route-missing')
})

test("a fault of the server is in the host's own log, with its stack; the client's faults are not", async () => {
  const lines: { level: number; msg: string; err?: { message: string; stack: string } }[] = []
  const server = Fastify({
    logger: { level: 'error', stream: { write: (line: string) => lines.push(JSON.parse(line)) } },
  })
  closers.push(() => server.close())
  answerFaults(server, { profile: 'production' })
  throwAll(server)
  await server.inject('/500')
  await server.inject('/403')
  expect(lines.map(({ level, err }) => [level, err?.message])).toEqual([[50, 'password=hunter2']])
  expect(lines[0]?.err?.stack).toContain('adopt.test.ts')
})

test('headers that a host has set for its refusal are not replaced', async () => {
  const server = Fastify()
  closers.push(() => server.close())
  answerFaults(server, { profile: 'production' })
  server.get('/basic', async (_request, reply) => {
    reply.header('www-authenticate', 'Basic realm="x"')
    throw failing({ statusCode: 401 })
  })
  expect((await server.inject('/basic')).headers['www-authenticate']).toBe('Basic realm="x"')
})

test('plugins and routes of http.customise keep the statuses of their errors', async () => {
  const plain = implement(defineModule('plain', { owner: '@acme/plain' }), () => ({}))
  const app = createApp({ name: 'plain', modules: [plain], http: { customise: throwAll } })
  const running = await app.start({ env: { HOST: '127.0.0.1', DRAIN_DELAY_MS: '0' }, profile: 'production', port: 0 })
  closers.push(() => running.stop())
  for (const [path, [, status, code]] of Object.entries(thrown)) {
    const response = await fetch(running.url + path)
    expect([path, response.status, ((await response.json()) as { code: string }).code]).toEqual([path, status, code])
  }
})

test('an Express host answers with problem details in four lines', async () => {
  const ports = taxPorts()
  const host = express()
  host.use(express.json({ limit: '1kb' }))
  host.get('/rate/:country', async (request, response) => {
    response.json(await ports?.rate?.({ country: request.params.country }))
  })
  host.post('/echo', (request, response) => {
    response.json(request.body)
  })
  for (const [path, [fault]] of Object.entries(thrown)) {
    host.get(path, () => {
      throw fault
    })
  }
  host.use((error: unknown, request: Request, response: ExpressResponse, _next: NextFunction) => {
    const about = { method: request.method, path: request.path, requestId: 'r1' }
    const { status, headers, contentType, body } = faultAnswer(error, about, { profile: 'production' })
    response.status(status).set(headers).type(contentType).send(JSON.stringify(body))
  })
  const server = host.listen(0)
  closers.push(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  expect(await (await fetch(`${url}/rate/de`)).json()).toBe(0.2)
  const codeOf = async (response: Response) => {
    const body = (await response.json()) as { code: string; status: number }
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    return [response.status, body.status, body.code]
  }
  expect(await codeOf(await fetch(`${url}/rate/nowhere`))).toEqual([400, 400, 'invalid-input'])
  for (const [path, [, status, code]] of Object.entries(thrown)) {
    expect([path, ...(await codeOf(await fetch(url + path)))]).toEqual([path, status, status, code])
  }
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/echo`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })
  expect(await codeOf(await post('{'))).toEqual([400, 400, 'malformed-json'])
  expect(await codeOf(await post(JSON.stringify('x'.repeat(2000))))).toEqual([413, 413, 'body-too-large'])
  expect(await codeOf(await post('{}', { 'content-type': 'application/json; charset=x' }))).toEqual([
    415,
    415,
    'request-refused',
  ])
  expect(await codeOf(await fetch(`${url}/rate/%ff`))).toEqual([400, 400, 'malformed-request'])
})
