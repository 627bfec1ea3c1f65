// What happens below the framework and between its lines: broken requests, pipelines, slow senders, methods and hosts.
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createApp, type RunningApp } from '../app/create-app.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { route } from '../module/route.ts'

const edge = defineModule('edge', { owner: '@acme/edge' })
const entered = { slow: 0 }
let release = Promise.withResolvers<void>()

const edgeModule = implement(edge, () => ({
  routes: [
    route({
      method: 'POST',
      path: '/slow',
      auth: 'none',
      body: z.json(),
      out: z.string(),
      handle: async () => {
        entered.slow++
        await release.promise
        return 'slow'
      },
    }),
    route({
      method: 'GET',
      path: '/items/:id',
      auth: 'none',
      params: z.object({ id: z.string() }),
      out: z.string(),
      handle: async ({ params }) => params.id,
    }),
    route({
      method: 'POST',
      path: '/text',
      auth: 'none',
      body: z.object({ text: z.string() }),
      out: z.string(),
      handle: async ({ body }) => body.text,
    }),
  ],
}))

let running: RunningApp
beforeAll(async () => {
  const app = createApp({ name: 'edge', modules: [edgeModule], http: { arrival: '800ms' } })
  running = await app.start({ env: { HOST: '127.0.0.1', DRAIN_DELAY_MS: '0' }, profile: 'production', port: 0 })
})
afterAll(() => running.stop())

/** Sends bytes as they are and resolves with all that came back until the server closed. */
function raw(...parts: readonly (string | Buffer | number)[]): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const socket = connect(running.port ?? 0, '127.0.0.1')
  let seen = ''
  socket.on('data', (data) => {
    seen += data.toString()
  })
  socket.on('error', () => undefined)
  socket.on('close', () => resolve(seen))
  void (async () => {
    for (const part of parts) {
      if (typeof part === 'number') await wait(part)
      else if (socket.writable) socket.write(part)
    }
  })()
  return promise
}

const statuses = (answers: string) => [...answers.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status))
const close = 'Connection: close\r\n\r\n'

test('garbage behind a request is answered after it', async () => {
  release = Promise.withResolvers()
  entered.slow = 0
  const answers = raw(
    'POST /v1/slow HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}GARBAGE\r\n\r\n',
  )
  await expect.poll(() => entered.slow).toBe(1)
  release.resolve()
  const seen = await answers
  expect(statuses(seen)).toEqual([200, 400])
  expect(seen.indexOf('"slow"')).toBeLessThan(seen.indexOf('malformed-request'))
})

test('garbage behind several requests, and behind none', async () => {
  release = Promise.withResolvers()
  entered.slow = 0
  const slow = 'POST /v1/slow HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'
  const answers = raw(`${slow}GET /v1/items/7 HTTP/1.1\r\nHost: x\r\n\r\nGARBAGE\r\n\r\n`)
  await expect.poll(() => entered.slow).toBe(1)
  release.resolve()
  expect(statuses(await answers)).toEqual([200, 200, 400])
  expect(statuses(await raw('GARBAGE\r\n\r\n'))).toEqual([400])
})

test('a body that is broken in the middle is refused at once', async () => {
  const seen = await raw(
    'POST /v1/text HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    'zz\r\nbroken',
  )
  expect(statuses(seen)).toEqual([400])
})

const whole = (head: string) => `${head}\r\n${close}`

test.each([
  ['no Host', whole('GET /v1/items/7 HTTP/1.1'), 400, 'malformed-request'],
  ['two Hosts', whole('GET /v1/items/7 HTTP/1.1\r\nHost: a\r\nhost: b'), 400, 'malformed-request'],
  [
    'an unknown expectation',
    whole('GET /v1/items/7 HTTP/1.1\r\nHost: x\r\nExpect: a-miracle'),
    417,
    'expectation-failed',
  ],
  ['broken syntax', 'GET /v1/items/7 HTTP/9.9\r\n\r\n', 400, 'malformed-request'],
  ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers-too-large'],
  ['a path that is not encoded', whole('GET /v1/items/%ff HTTP/1.1\r\nHost: x'), 400, 'malformed-request'],
  [
    'a part of a path without end',
    whole(`GET /v1/items/${'x'.repeat(2000)} HTTP/1.1\r\nHost: x`),
    400,
    'malformed-request',
  ],
  ['method QUERY', whole('QUERY /v1/items/7 HTTP/1.1\r\nHost: x'), 405, 'method-not-allowed'],
  ['method QUERY nowhere', whole('QUERY /v1/nothing HTTP/1.1\r\nHost: x'), 404, 'route-missing'],
  ['method TRACE', whole('TRACE /v1/items/7 HTTP/1.1\r\nHost: x'), 405, 'method-not-allowed'],
])('%s is answered with our headers and without codes of the framework', async (_name, sent, status, code) => {
  const seen = await raw(sent)
  expect(statuses(seen)).toEqual([status])
  expect(seen).toContain(`"code":"${code}"`)
  expect(seen).toMatch(/x-request-id: [0-9a-f]{32}/)
  expect(seen).toContain('x-content-type-options: nosniff')
  expect(seen).toContain("content-security-policy: default-src 'none'")
  expect(seen).not.toMatch(/FST_|HPE_|ERR_/)
})

test('HTTP/1.0 needs no Host; 100-continue is known', async () => {
  expect(statuses(await raw('GET /v1/items/7 HTTP/1.0\r\n\r\n'))).toEqual([200])
  const seen = await raw(
    `POST /v1/text HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 14\r\n${close}`,
    50,
    '{"text":"yes"}',
  )
  expect(statuses(seen)).toEqual([100, 200])
})

test.each([
  [
    'headers that drip',
    ['GET /v1/items/7 HTTP/1.1\r\nHost: x\r\n', ...Array.from({ length: 40 }, () => [100, 'A: b\r\n']).flat()],
  ],
  [
    'a body that drips',
    [
      'POST /v1/text HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n',
      ...Array.from({ length: 40 }, () => [100, ' ']).flat(),
    ],
  ],
])('%s are cut when their time is over, and not much later', async (_name, parts) => {
  const started = performance.now()
  const seen = await raw(...parts)
  const ms = performance.now() - started
  expect(statuses(seen)).toEqual([408])
  expect(seen).toContain('request-timeout')
  expect(ms).toBeGreaterThan(700)
  expect(ms).toBeLessThan(2500)
})

const url = (path: string) => `${running.url}${path}`

test('the description and its page are made once and not sent twice', async () => {
  for (const path of ['/v1/docs', '/v1/openapi.json']) {
    const first = await fetch(url(path))
    const tag = first.headers.get('etag') ?? ''
    expect([first.status, tag]).toEqual([200, expect.stringMatching(/^"[\w-]{43}"$/)])
    expect(await first.text()).toBe(await (await fetch(url(path))).text())
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`]) {
      const again = await fetch(url(path), { headers: { 'if-none-match': known } })
      expect([again.status, await again.text()]).toEqual([304, ''])
    }
    expect((await fetch(url(path), { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
  }
  // Four thousand of them cost less than one did: the process answers meanwhile.
  const many = Promise.all(
    Array.from({ length: 400 }, () => fetch(url('/v1/docs')).then((response) => response.text())),
  )
  const started = performance.now()
  expect((await fetch(url('/livez'))).status).toBe(200)
  expect(performance.now() - started).toBeLessThan(2000)
  await many
})

test('JSON that is not UTF-8, in another charset or encoded is refused, never changed', async () => {
  const post = (body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    fetch(url('/v1/text'), { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })
  const bad = Buffer.concat([Buffer.from('{"text":"a'), Buffer.from([0xff, 0xfe]), Buffer.from('b"}')])
  const good = Buffer.from('{"text":"é\u{1F600}"}')
  const latin = Buffer.from('{"text":"é"}', 'latin1')
  const codes = async (response: Response) => [response.status, ((await response.json()) as { code?: string }).code]
  expect(await codes(await post(bad))).toEqual([400, 'malformed-request'])
  expect(await codes(await post(latin, { 'content-type': 'application/json; charset=iso-8859-1' }))).toEqual([
    415,
    'charset-unsupported',
  ])
  expect(await codes(await post(good, { 'content-encoding': 'gzip' }))).toEqual([415, 'content-encoding-unsupported'])
  expect(await (await post(good, { 'content-encoding': 'identity' })).json()).toBe('é\u{1F600}')
  expect(await (await post(good, { 'content-type': 'application/json; charset=utf-8' })).json()).toBe('é\u{1F600}')
})
