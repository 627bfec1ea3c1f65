// What a route may set for itself, and what browsers of other sites may do.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createApp, type RunningApp } from '../app/create-app.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { op } from '../module/operation.ts'
import { route } from '../module/route.ts'

const Text = z.object({ text: z.string() })

const notes = defineModule('notes', { owner: '@acme/notes', port: { add: op({ in: Text, out: z.boolean() }) } })

const notesModule = implement(notes, ({ self }) => ({
  port: { add: async () => true },
  routes: [
    route({
      method: 'POST',
      path: '/once',
      auth: 'none',
      body: Text,
      out: z.boolean(),
      handle: ({ body }) => self.add(body),
    }),
    route({ method: 'POST', path: '/small', auth: 'none', bodyLimit: '64b', body: z.json(), handle: async () => {} }),
    route({
      method: 'POST',
      path: '/any',
      auth: 'none',
      body: z.json(),
      out: z.json(),
      handle: async ({ body }) => body,
    }),
    route({ method: 'GET', path: '/late', auth: 'none', deadline: '30ms', handle: () => new Promise<void>(() => {}) }),
  ],
}))

let running: RunningApp

beforeAll(async () => {
  const http = { cors: { origins: ['https://shop.example'] } }
  const app = createApp({ name: 'notes', modules: [notesModule], http })
  running = await app.start({ env: { NODE_ENV: 'test', DRAIN_DELAY_MS: '0' }, port: 0 })
})
afterAll(() => running.stop())

function post(path: string, body: string, headers: Record<string, string> = {}) {
  const init = { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } }
  return fetch(`${running.url}/v1${path}`, init)
}

test('a route may take less and wait shorter than the others', async () => {
  expect((await post('/small', JSON.stringify('x'.repeat(100)))).status).toBe(413)
  const late = await fetch(`${running.url}/v1/late`)
  expect([late.status, await late.json()]).toMatchObject([504, { code: 'deadline-exceeded' }])
})

test('nesting without end neither crashes the process nor leaks a stack', async () => {
  const deep = await post('/any', `${'['.repeat(20_000)}${']'.repeat(20_000)}`)
  expect(deep.status).toBeGreaterThanOrEqual(400)
  expect(await deep.text()).not.toMatch(/node_modules|at .*\.(ts|js):/)
  expect(await (await post('/any', '[[1]]')).json()).toEqual([[1]])
})

test('only the listed origin may read answers in a browser', async () => {
  const preflight = (origin: string) =>
    fetch(`${running.url}/v1/once`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    })
  expect((await preflight('https://shop.example')).headers.get('access-control-allow-origin')).toBe(
    'https://shop.example',
  )
  expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull()
  const answer = await post('/once', '{"text":"a"}', { origin: 'https://shop.example' })
  expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example')
})

test('a worker opens no door unless it is given a port, and then only for health', async () => {
  const app = createApp({ name: 'notes', modules: [notesModule] })
  const env = { NODE_ENV: 'test', DRAIN_DELAY_MS: '0', ROLE: 'worker' }
  const quiet = await app.start({ env })
  expect([quiet.url, quiet.role, await quiet.ports.notes.add({ text: 'a' })]).toEqual([undefined, 'worker', true])
  await quiet.stop()
  const asked = await app.start({ env, port: 0 })
  expect((await fetch(`${asked.url}/readyz`)).status).toBe(200)
  expect((await fetch(`${asked.url}/v1/late`)).status).toBe(404)
  await asked.stop()
})

test('behind a proxy that ends TLS, production tells browsers to stay with it; over plain HTTP nobody is told', async () => {
  const app = createApp({ name: 'notes', modules: [notesModule] })
  const env = { NODE_ENV: 'production', HOST: '127.0.0.1', DRAIN_DELAY_MS: '0' }
  const header = async (settings: Record<string, string>, sent: Record<string, string>) => {
    const one = await app.start({ env: { ...env, ...settings }, port: 0 })
    const response = await fetch(`${one.url}/livez`, { headers: sent })
    await one.stop()
    return response.headers.get('strict-transport-security')
  }
  expect(await header({ TRUST_PROXY: 'true' }, { 'x-forwarded-proto': 'https' })).toBe('max-age=31536000')
  expect(await header({ TRUST_PROXY: 'true' }, {})).toBeNull()
  expect(await header({}, { 'x-forwarded-proto': 'https' })).toBeNull()
})
