// Bodies that are not JSON, in and out: read as they arrive, bounded, and refused where nobody declared them.
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createApp, type RunningApp } from '../app/create-app.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { events, form, multipart, raw, stream, text } from '../module/media.ts'
import { respond, route } from '../module/route.ts'
import { describeApi } from './openapi.ts'
import { placeRoutes } from './place-routes.ts'

const media = defineModule('media', { owner: '@acme/media' })
const open = { auth: 'none' } as const
const ended = { count: 0 }
const seenByStream: number[] = []

const routes = [
  route({
    ...open,
    method: 'POST',
    path: '/form',
    body: form(
      z.object({
        name: z.string().min(1),
        age: z.int(),
        tags: z.array(z.string()).default([]),
        ok: z.boolean().optional(),
      }),
    ),
    out: z.json(),
    handle: async ({ body }) => JSON.parse(JSON.stringify(body)),
  }),
  route({
    ...open,
    method: 'POST',
    path: '/upload',
    body: multipart({
      fields: z.object({ title: z.string().max(20), copies: z.int() }),
      files: 2,
      fileSize: '1mb',
      types: ['image/png'],
    }),
    out: z.json(),
    handle: async ({ body }) => {
      const files = []
      for await (const file of body.files) {
        let size = 0
        for await (const piece of file.stream) size += (piece as Buffer).length
        files.push({ field: file.field, name: file.name, type: file.type, size })
      }
      return { ...body.fields, files }
    },
  }),
  route({
    ...open,
    method: 'POST',
    path: '/unread',
    body: multipart({ files: 3, fileSize: '5mb' }),
    out: z.object({ names: z.array(z.string()) }),
    handle: async ({ body }) => {
      const names = []
      for await (const file of body.files) names.push(file.name)
      return { names }
    },
  }),
  route({
    ...open,
    method: 'POST',
    path: '/ignored',
    body: multipart({ files: 1, fileSize: '5mb' }),
    handle: async () => undefined,
  }),
  route({
    ...open,
    method: 'POST',
    path: '/raw',
    body: raw('image/png'),
    out: raw('image/png'),
    handle: async ({ body }) => body,
  }),
  route({
    ...open,
    method: 'POST',
    path: '/hook',
    body: raw('application/json'),
    out: z.object({ bytes: z.int() }),
    handle: async ({ body }) => ({ bytes: body.length }),
  }),
  route({
    ...open,
    method: 'POST',
    path: '/text',
    body: text('text/plain'),
    out: text('text/plain'),
    handle: async ({ body }) => body.toUpperCase(),
  }),
  route({
    ...open,
    method: 'PUT',
    path: '/stream',
    bodyLimit: '3mb',
    body: stream('application/octet-stream'),
    out: z.object({ size: z.int() }),
    handle: async ({ body }) => {
      let size = 0
      for await (const piece of body) {
        size += (piece as Buffer).length
        seenByStream.push(size)
      }
      return { size }
    },
  }),
  route({
    ...open,
    method: 'GET',
    path: '/rows',
    out: stream('text/csv'),
    handle: async () =>
      (async function* () {
        for (let row = 0; row < 50_000; row++) yield `${row},some text of a row\n`
      })(),
  }),
  route({
    ...open,
    method: 'GET',
    path: '/breaks',
    out: stream('text/csv'),
    handle: async () =>
      (async function* () {
        yield 'first\n'
        throw new Error('the source broke')
      })(),
  }),
  route({
    ...open,
    method: 'GET',
    path: '/endless',
    deadline: '300ms',
    out: stream('text/plain'),
    handle: async (_input, context) =>
      (async function* () {
        try {
          for (;;) {
            yield 'tick\n'
            await wait(20, undefined, { signal: context.signal })
          }
        } finally {
          ended.count++
        }
      })(),
  }),
  route({
    ...open,
    method: 'GET',
    path: '/events',
    out: events(z.object({ step: z.int() })),
    handle: async ({ headers }) =>
      (async function* () {
        const from = Number(headers['last-event-id'] ?? 0)
        for (let step = from + 1; step <= from + 3; step++)
          yield { data: { step, secret: 'x' }, event: 'step', id: String(step) }
      })(),
  }),
  route({
    ...open,
    method: 'GET',
    path: '/injected',
    out: events(z.string()),
    handle: async () =>
      (async function* () {
        yield { data: 'a\n\ndata: forged' }
        yield { data: 'b', event: 'x\ndata: forged' }
      })(),
  }),
  // What the compiler refuses can still happen.
  route({ ...open, method: 'GET', path: '/wrong', out: raw('image/png'), handle: async () => ({}) as never }),
  route({
    ...open,
    method: 'GET',
    path: '/type',
    out: raw('image/png', 'image/webp'),
    handle: async () => respond(200, Buffer.from('x'), { 'content-type': 'text/html' }),
  }),
  route({
    ...open,
    method: 'GET',
    path: '/webp',
    out: raw('image/png', 'image/webp'),
    handle: async () => respond(200, Buffer.from('x'), { 'content-type': 'image/webp' }),
  }),
]

let running: RunningApp

beforeAll(async () => {
  const app = createApp({ name: 'media', modules: [implement(media, () => ({ routes }))] })
  running = await app.start({ env: { HOST: '127.0.0.1', DRAIN_DELAY_MS: '0' }, profile: 'production', port: 0 })
})
afterAll(() => running.stop())

const url = (path: string) => `${running.url}/v1${path}`
const code = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code]
const post = (path: string, body: string | FormData | URLSearchParams | Uint8Array<ArrayBuffer>, type?: string) =>
  fetch(url(path), { method: 'POST', body, ...(type === undefined ? {} : { headers: { 'content-type': type } }) })

const urlencoded = 'application/x-www-form-urlencoded'

test('a form is decoded, and its texts become what the schema asks for', async () => {
  const response = await post('/form', new URLSearchParams({ name: 'Ada & Co', age: '36', ok: 'true', tags: 'é' }))
  expect(await response.json()).toEqual({ name: 'Ada & Co', age: 36, ok: true, tags: ['é'] })
  expect(await (await post('/form', 'name=a&age=1&tags=x&tags=y+z', urlencoded)).json()).toMatchObject({
    tags: ['x', 'y z'],
  })
})

test.each([
  ['a field of the wrong form', 'name=a&age=old', 'invalid-input'],
  ['a number that is none', 'name=a&age=', 'invalid-input'],
  ['bytes that are no UTF-8', 'name=%ff&age=1', 'malformed-request'],
  ['half an escape', 'name=%f&age=1', 'malformed-request'],
  ['a thousand fields and one', 'x=1&'.repeat(1001), 'malformed-request'],
  ['a prototype', '__proto__=1&constructor=2', 'invalid-input'],
  ['nothing', '', 'invalid-input'],
])('a form with %s is refused', async (_name, body, expected) => {
  expect(await code(await post('/form', body, urlencoded))).toEqual([400, expected])
})

test('what a route does not declare is 415, and says what it takes', async () => {
  const refused = await post('/form', '{}', 'application/json')
  expect([refused.status, await refused.json()]).toMatchObject([
    415,
    { code: 'media-type-unsupported', detail: expect.stringContaining(urlencoded) },
  ])
  expect(await code(await post('/raw', 'x', 'image/gif'))).toEqual([415, 'media-type-unsupported'])
  // An unknown path is unknown, whatever is sent to it.
  expect(await code(await post('/nothing', 'x', 'image/gif'))).toEqual([404, 'route-missing'])
})

test('text that would be changed by reading it is refused: other bytes, other charsets, encodings', async () => {
  expect(await code(await post('/text', new Uint8Array([0x61, 0xff, 0xfe]), 'text/plain'))).toEqual([
    400,
    'malformed-request',
  ])
  expect(await code(await post('/text', 'a', 'text/plain; charset=iso-8859-1'))).toEqual([415, 'charset-unsupported'])
  expect(await (await post('/text', 'é', 'text/plain; charset="UTF-8"')).text()).toBe('É')
  const zipped = await fetch(url('/text'), {
    method: 'POST',
    body: gzipSync('a'),
    headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' },
  })
  expect(zipped.headers.get('accept-encoding')).toBe('identity')
  expect(await code(zipped)).toEqual([415, 'content-encoding-unsupported'])
})

type Sent = readonly [name: string, size: number, type?: string]

function upload(...files: readonly Sent[]) {
  const body = new FormData()
  body.set('title', 'Höhe')
  body.set('copies', '2')
  for (const [name, size, type = 'image/png'] of files)
    body.append('image', new Blob([Buffer.alloc(size)], { type }), name)
  return body
}

test('fields come first, files one after the other', async () => {
  const response = await post('/upload', upload(['a.png', 700_000], ['../../etc/passwd', 3]))
  expect(await response.json()).toEqual({
    title: 'Höhe',
    copies: 2,
    files: [
      { field: 'image', name: 'a.png', type: 'image/png', size: 700_000 },
      { field: 'image', name: 'passwd', type: 'image/png', size: 3 },
    ],
  })
})

test('files that the route does not read are passed over', async () => {
  const response = await post('/unread', upload(['a.png', 2_000_000], ['b.png', 2_000_000]))
  expect(await response.json()).toEqual({ names: ['a.png', 'b.png'] })
  expect((await post('/ignored', upload(['a.png', 4_000_000]))).status).toBe(204)
})

test.each<readonly [name: string, files: readonly Sent[], status: number, code: string]>([
  ['a file that is too large', [['a.png', 1_100_000]], 413, 'body-too-large'],
  [
    'more files than it takes',
    [
      ['a', 1],
      ['b', 1],
      ['c', 1],
    ],
    413,
    'body-too-large',
  ],
  ['another type of file', [['a.html', 1, 'text/html']], 415, 'media-type-unsupported'],
])('a body with %s is refused', async (_name, files, status, expected) => {
  expect(await code(await post('/upload', upload(...files)))).toEqual([status, expected])
})

const multi = (body: string) => post('/upload', body.replaceAll('\n', '\r\n'), 'multipart/form-data; boundary=x')
const field = (name: string, value: string) => `--x\nContent-Disposition: form-data; name="${name}"\n\n${value}\n`
const file = '--x\nContent-Disposition: form-data; name="f"; filename="a.png"\nContent-Type: image/png\n\nabc\n'

test.each([
  [
    'a field that does not fit',
    `${field('title', 'x'.repeat(21))}${field('copies', '1')}--x--\n`,
    400,
    'invalid-input',
  ],
  [
    'a field after a file',
    `${field('title', 'a')}${field('copies', '1')}${file}${field('late', '1')}--x--\n`,
    400,
    'malformed-request',
  ],
  ['a field that is too long', `${field('title', 'x'.repeat(70_000))}--x--\n`, 413, 'body-too-large'],
  [
    'too many fields',
    `${Array.from({ length: 60 }, (_, i) => field(`f${i}`, '1')).join('')}--x--\n`,
    413,
    'body-too-large',
  ],
  ['no end', field('title', 'a') + field('copies', '1') + file, 400, 'malformed-request'],
  ['nothing in it', '', 400, 'malformed-request'],
  ['no part', 'hello', 400, 'malformed-request'],
])('a multipart body with %s is refused', async (_name, body, status, expected) => {
  expect(await code(await multi(body))).toEqual([status, expected])
})

test('a multipart body without a boundary, or with bytes that are no UTF-8 in a field, is refused', async () => {
  expect(await code(await post('/upload', 'x', 'multipart/form-data'))).toEqual([400, 'malformed-request'])
  const bad = Buffer.concat([
    Buffer.from('--x\r\nContent-Disposition: form-data; name="title"\r\n\r\n'),
    Buffer.from([0xff]),
    Buffer.from('\r\n--x--\r\n'),
  ])
  expect(await code(await post('/upload', bad, 'multipart/form-data; boundary=x'))).toEqual([400, 'malformed-request'])
})

test('an upload that breaks off ends the request and not the process', async () => {
  const socket = connect(running.port ?? 0, '127.0.0.1')
  socket.write(
    'POST /v1/upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n',
  )
  socket.write(`${field('title', 'a')}${field('copies', '1')}${file}`.replaceAll('\n', '\r\n'))
  await wait(50)
  socket.destroy()
  expect((await post('/upload', upload(['a.png', 3]))).status).toBe(200)
})

test('bytes come and go as they are; a webhook may want the bytes of its JSON', async () => {
  const bytes = Buffer.from([0, 255, 254, 128])
  const back = await post('/raw', bytes, 'image/png')
  expect([back.headers.get('content-type'), Buffer.from(await back.arrayBuffer())]).toEqual(['image/png', bytes])
  expect(await (await post('/hook', '{"a": 1 }', 'application/json')).json()).toEqual({ bytes: 9 })
  expect(await code(await post('/raw', Buffer.alloc(300_000), 'image/png'))).toEqual([413, 'body-too-large'])
})

test('a stream arrives piece by piece and is cut at its limit, announced or not', async () => {
  const send = (size: number, announced: boolean) =>
    new Promise<number | string>((resolve) => {
      const headers = { 'content-type': 'application/octet-stream', ...(announced ? { 'content-length': size } : {}) }
      const request = httpRequest(url('/stream'), { method: 'PUT', headers }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
      for (let left = size; left > 0; left -= 65_536) request.write(Buffer.alloc(Math.min(left, 65_536)))
      request.end()
    })
  seenByStream.length = 0
  expect(await send(2_000_000, true)).toBe(200)
  expect(seenByStream.length).toBeGreaterThan(5)
  expect([413, 'ECONNRESET', 'EPIPE']).toContain(await send(4_000_000, true))
  expect([413, 'ECONNRESET', 'EPIPE']).toContain(await send(4_000_000, false))
  expect(seenByStream.at(-1)).toBeLessThanOrEqual(3 * 1024 * 1024)
})

test('an answer may leave piece by piece', async () => {
  const response = await fetch(url('/rows'))
  const rows = (await response.text()).split('\n')
  expect([response.headers.get('content-type'), rows.length, rows[49_999]]).toEqual([
    'text/csv',
    50_001,
    '49999,some text of a row',
  ])
})

test('a source that breaks cuts the connection: the client does not take half for the whole', async () => {
  const response = await fetch(url('/breaks'))
  await expect(response.text()).rejects.toThrow()
})

test('a stream without end ends at the deadline of its route, and when the client hangs up', async () => {
  ended.count = 0
  await expect(fetch(url('/endless')).then((response) => response.text())).rejects.toThrow()
  expect(ended.count).toBe(1)
  const stop = new AbortController()
  const response = await fetch(url('/endless'), { signal: stop.signal })
  await response.body?.getReader().read()
  stop.abort()
  await expect.poll(() => ended.count).toBe(2)
})

test('events are checked, stripped and written; the browser says where it was', async () => {
  const response = await fetch(url('/events'), { headers: { 'last-event-id': '4' } })
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(await response.text()).toBe(
    `:\n\n${[5, 6, 7].map((step) => `event: step\nid: ${step}\ndata: {"step":${step}}\n\n`).join('')}`,
  )
})

test('nothing in an event can begin another one', async () => {
  const response = await fetch(url('/injected'))
  const reader = response.body?.getReader()
  let seen = ''
  await expect(
    (async () => {
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true }
        if (done) return
        seen += Buffer.from(value ?? []).toString()
      }
    })(),
  ).rejects.toThrow()
  expect(seen).not.toMatch(/^data: forged/m)
})

test('an answer that is not what the medium sends is a fault', async () => {
  expect(await code(await fetch(url('/wrong')))).toEqual([500, 'invalid-output'])
  expect(await code(await fetch(url('/type')))).toEqual([500, 'invalid-output'])
  expect((await fetch(url('/webp'))).headers.get('content-type')).toBe('image/webp')
})

test('media are described with their types', () => {
  const placed = placeRoutes([{ module: 'media', routes }], {})
  const { paths } = describeApi({ name: 'm', version: '1', http: {}, routes: placed, profile: 'test' })
  expect(Object.keys(paths['/form']?.post?.requestBody?.content ?? {})).toEqual([urlencoded])
  expect(paths['/upload']?.post?.requestBody?.content).toHaveProperty('multipart/form-data')
  expect(Object.keys(paths['/webp']?.get?.responses['200']?.content ?? {})).toEqual(['image/png', 'image/webp'])
  expect(Object.keys(paths['/events']?.get?.responses['200']?.content ?? {})).toEqual(['text/event-stream'])
})
