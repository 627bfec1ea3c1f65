// What browsers of other sites are told, over a real server; expectations are those of the Fetch standard.
import { afterEach, expect, test } from 'vitest'
import { createApp, type RunningApp } from '../app/create-app.ts'

import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { route } from '../module/route.ts'
import type { CorsOptions } from './http-options.ts'

const hello = defineModule('hello', { owner: '@acme/any' })
const helloModule = implement(hello, () => ({
  routes: [route({ method: 'GET', path: '/hello', auth: 'none', handle: () => Promise.resolve() })],
}))

let running: RunningApp | undefined
afterEach(() => running?.stop())

async function ask(cors: CorsOptions, sent: Record<string, string>, method = 'GET', path = '/v1/hello') {
  const app = createApp({ name: 'hello', modules: [helloModule], http: { cors } })
  running = await app.start({ env: { NODE_ENV: 'test', DRAIN_DELAY_MS: '0' }, port: 0 })
  const { status, headers } = await fetch(`${running.url}${path}`, { method, headers: sent })
  const told = [...headers].filter(([name]) => name.startsWith('access-control') || name === 'vary')
  return { status, ...Object.fromEntries(told) }
}
const shop = 'https://shop.example'
const listed: CorsOptions = { origins: [shop], credentials: true }
const exposed = { 'access-control-expose-headers': 'x-request-id' }
const question = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization,x-mine' }
const answer = {
  ...exposed,
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers': 'authorization,x-mine',
  'access-control-max-age': '600',
}

test('every site, whether it says its name or not: one answer for all caches', async () => {
  const told = { status: 204, ...exposed, 'access-control-allow-origin': '*' }
  expect(await ask({ origins: '*' }, {})).toEqual(told)
  expect(await ask({ origins: '*' }, { origin: 'https://any.example' })).toEqual(told)
})

test('a listed site, with credentials; caches keep its answers apart', async () => {
  const credentials = { vary: 'Origin', 'access-control-allow-credentials': 'true' }
  const named = { ...credentials, 'access-control-allow-origin': shop }
  expect(await ask(listed, { origin: shop })).toEqual({ status: 204, ...exposed, ...named })
  for (const origin of ['https://evil.example', `${shop}.evil.example`, 'https://SHOP.example', 'null', '*']) {
    expect(await ask(listed, { origin }), origin).toEqual({ status: 204, ...exposed, ...credentials })
  }
})

test.each(['/v1/hello', '/v1/nothing'])('the question before, at %s', async (path) => {
  const vary = 'Access-Control-Request-Headers'
  expect(await ask({ origins: '*' }, { ...question, origin: shop }, 'OPTIONS', path)).toEqual({
    ...{ status: 204, ...answer, vary },
    'access-control-allow-origin': '*',
  })
  const asked = await ask(listed, { ...question, origin: 'https://evil.example' }, 'OPTIONS', path)
  expect(asked).toEqual({
    ...{ status: 204, ...answer, vary: `Origin, ${vary}` },
    'access-control-allow-credentials': 'true',
  })
})

test('every site and credentials do not go together', async () => {
  await expect(ask({ origins: '*', credentials: true }, {})).rejects.toThrow('list the origins')
})
