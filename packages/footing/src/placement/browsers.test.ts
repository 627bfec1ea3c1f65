// The ports of modules and browsers: what a page of any site can make a browser send, over the wire as browsers send it.

import { createSecretKey } from 'node:crypto'
import { request } from 'node:http'
import { systemClock } from '@footing/kernel'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningApp } from '../app/create-app.ts'
import { createApp } from '../app/create-app.ts'
import { implement } from '../module/implement.ts'
import { developmentKeys } from './module-keys.ts'
import { billing, billingModule, shop } from './shop.fixture.ts'
import { signCall } from './signature.ts'

// Wide open, as in the example.
const app = createApp({
  name: 'shop',
  modules: [implement(shop, () => ({ port: {} })), billingModule],
  http: { cors: { origins: '*' } },
})

let served: RunningApp
let schema: string
beforeAll(async () => {
  served = (await app.start({ env: {}, port: 0, profile: 'development', serve: ['billing'] })) as unknown as RunningApp
  schema = String((await send('POST', {})).headers['footing-schema'])
})
afterAll(() => served?.stop())

interface Sent {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly code: string | undefined
  readonly text: string
}

const path = '/modules/billing/quote'

function send(method: string, headers: Readonly<Record<string, string>>, body = '', to = path): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: served.port,
        method,
        path: to,
        headers: { host: `localhost:${served.port}`, ...headers },
      },
      (answer) => {
        let text = ''
        answer.on('data', (chunk: Buffer) => {
          text += chunk.toString()
        })
        answer.on('end', () => {
          const code = /"code":"([a-z-]+)"/.exec(text)?.[1]
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, code, text })
        })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

const body = '{"amount":2}'
function signed(keys = developmentKeys()): Record<string, string> {
  const headers = { 'footing-schema': schema }
  const authorization = signCall({ method: 'POST', path, headers, body }, keys, systemClock)
  return { 'content-type': 'application/json', ...headers, authorization }
}

test('a process of this machine is answered', async () => {
  const answer = await send('POST', signed(), body)
  expect([answer.status, answer.text]).toEqual([200, '{"total":4}'])
  expect((await send('POST', { ...signed(), host: `127.0.0.1:${served.port}` }, body)).status).toBe(200)
})

test.each([
  ['a page of another site', { origin: 'http://evil.test' }],
  ['a page that hides where it is from', { origin: 'null' }],
  ['a page of this very address', { origin: 'http://localhost' }],
  ['a request that a page makes without CORS', { 'sec-fetch-site': 'cross-site' }],
  ['an image, a script, a frame', { 'sec-fetch-dest': 'script' }],
  ['a name that its owner points here', { host: 'evil.test' }],
  ['such a name with our port', { host: 'localhost.evil.test:4350' }],
])('%s is refused, even with the right key', async (_name, headers) => {
  const answer = await send('POST', { ...signed(), ...headers }, body)
  expect([answer.status, answer.code]).toEqual([403, 'call-from-browser'])
  expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
})

test('no preflight opens a port; those of the application are opened as it says', async () => {
  const preflight = {
    origin: 'http://evil.test',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,footing-schema',
  }
  for (const to of [path, '/modules', '/modules/', '/modules/docs', '/modules/billing/none']) {
    const answer = await send('OPTIONS', preflight, '', to)
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  }
  const own = await send('OPTIONS', preflight, '', '/modules-of-the-application')
  expect(own.headers['access-control-allow-origin']).toBe('*')
})

test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
  'a form of a page (%s) is refused',
  async (type) => {
    const answer = await send('POST', { ...signed(), 'content-type': type }, body)
    expect(answer.status).toBe(415)
  },
)

test('the key is made up by the process: nothing that is written anywhere opens a port', async () => {
  const secret = createSecretKey(Buffer.from('known to everybody: for development only'))
  const signing = { id: 'development', secret }
  const answer = await send('POST', signed({ signing, find: () => signing, development: true }), body)
  expect([answer.status, answer.code]).toEqual([401, 'call-unsigned'])
  // Applications of one process share it.
  const here = await app.start({
    env: {},
    port: 0,
    profile: 'development',
    place: { billing: `http://127.0.0.1:${served.port}` },
  })
  expect(await here.ports[billing.name].quote({ amount: 5 })).toEqual({ total: 10 })
  await here.stop()
})
