// Logs and metrics of a real request: one line each with ids, no secret, bounded labels.

import type { JsonValue } from '@footing/kernel'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createApp, defineModule, implement, op, route } from '../index.ts'

const shop = defineModule('shop', { owner: '@acme/shop', port: { price: op({ out: z.number() }) } })

const shopModule = implement(shop, ({ log, self }) => ({
  port: { price: async () => 3 },
  authenticate: async ({ token }) => (token === undefined ? undefined : { id: 'u1' }),
  routes: [
    route({
      method: 'GET',
      path: '/price',
      out: z.object({ price: z.number() }),
      handle: async ({ headers }) => {
        log.info('asked', {
          password: 'hunter2',
          request: { authorization: headers.authorization },
          deep: { a: { token: 'hunter2' } },
        })
        return { price: await self.price() }
      },
    }),
    route({
      method: 'GET',
      path: '/fault',
      auth: 'none',
      handle: async () => {
        throw new Error('disk is full at postgres://me:hunter2@db/app')
      },
    }),
  ],
}))

test('a request gives one line for itself and one per thing that was written, joined by its ids', async () => {
  const lines: Record<string, JsonValue>[] = []
  const app = createApp({ name: 'shop', modules: [shopModule] })
  const running = await app.start({
    env: { NODE_ENV: 'test', DRAIN_DELAY_MS: '0' },
    port: 0,
    telemetry: { write: (line) => lines.push(JSON.parse(line)) },
  })
  const call = (path: string) =>
    fetch(`${running.url}${path}`, {
      headers: {
        authorization: 'Bearer hunter2',
        'x-request-id': 'test-request-1',
        traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      },
    })
  await (await call('/v1/price?secret=hunter2')).text()
  await (await call('/v1/fault')).text()
  await (await call('/v1/nothing/at/all')).text()
  const metrics = await (await call('/metrics')).text()
  await running.stop()

  const written = lines.find((line) => line.message === 'asked')
  expect(written).toMatchObject({
    level: 'info',
    module: 'shop',
    requestId: 'test-request-1',
    traceId: 'a'.repeat(32),
    userId: 'u1',
    operation: 'GET /v1/price',
    fields: { password: '[redacted]', request: { authorization: '[redacted]' }, deep: { a: { token: '[redacted]' } } },
  })
  const requests = lines.filter((line) => line.message === 'request')
  expect(requests.slice(0, 3)).toMatchObject([
    { method: 'GET', route: '/v1/price', status: 200, requestId: 'test-request-1', userId: 'u1' },
    { route: '/v1/fault', status: 500, code: 'operation-failed', level: 'error' },
    { status: 404, code: 'route-missing' },
  ])
  const fault = lines.find((line) => line.message === 'a request failed')
  expect(JSON.stringify(fault)).toContain('disk is full')
  expect(JSON.stringify(lines)).not.toContain('hunter2')

  expect(metrics).toContain(
    'footing_request_duration_seconds_count{method="GET",route="/v1/price",module="shop",status="2xx"} 1',
  )
  expect(metrics).toContain(
    'footing_call_duration_seconds_count{module="shop",operation="price",caller="shop",code="ok"} 1',
  )
  expect(metrics).not.toContain('nothing/at/all')
})
