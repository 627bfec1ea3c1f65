// What an application does with Redis and with its access log while it runs.
import { setTimeout as delay } from 'node:timers/promises'
import { manualClock } from '@footing/kernel'
import { expect, test } from 'vitest'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { op } from '../module/operation.ts'
import { describedAs, type Schema } from '../module/schema.ts'
import { redis } from '../redis/use-redis.ts'
import { createTestDatabase } from '../testing/test-database.ts'
import { testServer } from '../testing/test-servers.ts'
import { createApp } from './create-app.ts'
import { provisionDatabase } from './provision-database.ts'

const words: Schema<{ text: string }> = describedAs(
  { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as { text: string } }) } },
  { type: 'object' },
)

function hotApp() {
  const manifest = defineModule('prices', {
    owner: '@a',
    uses: [redis()],
    port: { price: op({ out: words, idempotent: true }) },
  })
  let loads = 0
  return createApp({
    name: `app-${process.pid}`,
    modules: [
      implement(manifest, (kit) => {
        const { hot } = kit.redis
        const load = async () => {
          loads += 1
          return { text: `load ${loads}` }
        }
        return { port: { price: () => hot.read('price', load, { ttlMs: 10_000, whenAway: 'load' }) } }
      }),
    ],
  })
}

test('REDIS_URL gives each module its part of Redis, and its state stands in /readyz', async () => {
  const running = await hotApp().start({ env: { REDIS_URL: await testServer('redis'), PORT: '0' }, profile: 'test' })
  try {
    expect(await running.ports.prices.price()).toEqual({ text: 'load 1' })
    expect(await running.ports.prices.price()).toEqual({ text: 'load 1' })
    const ready = await fetch(`${running.url}/readyz`)
    expect(await ready.json()).toEqual({ status: 'ready', checks: { redis: 'ok' } })
  } finally {
    await running.stop()
  }
})

test('a Redis that is away keeps nobody from starting: it is told in /readyz, and reads do what they declared', async () => {
  const running = await hotApp().start({
    env: { REDIS_URL: 'redis://:hunter2@127.0.0.1:1', REDIS_TIMEOUT_MS: '50', PORT: '0' },
    profile: 'test',
  })
  try {
    expect(await running.ports.prices.price()).toMatchObject({ text: expect.stringMatching(/^load/) })
    const ready = await fetch(`${running.url}/readyz`)
    expect(ready.status).toBe(200)
    expect(await ready.json()).toEqual({ status: 'ready', checks: { redis: 'redis-away' } })
  } finally {
    await running.stop()
  }
})

test('a missing REDIS_URL is told with all other settings; a URL that cannot be read is told without it', async () => {
  await expect(hotApp().start({ env: { PORT: '0' }, profile: 'test' })).rejects.toMatchObject({
    code: 'settings-invalid',
    message: expect.stringContaining('REDIS_URL is not set'),
  })
  const wrong = await hotApp()
    .start({ env: { REDIS_URL: 'http://hunter2@x', PORT: '0' }, profile: 'test' })
    .catch((error: unknown) => error)
  expect(wrong).toMatchObject({ code: 'settings-invalid' })
  expect(String(wrong)).not.toContain('hunter2')
})

test('a running application seals its access log every minute', async () => {
  const database = await createTestDatabase()
  await database.query('create schema shop')
  await database.query('create table shop.item (id int primary key)')
  const shop = defineModule('shop', { owner: '@a', tables: ['item'], access: { item: { key: 'id' } } })
  const app = createApp({ name: 'sealing', modules: [implement(shop, () => ({ port: {} }))] })
  await provisionDatabase(database.directUrl, app)
  await database.query('insert into shop.item select n from generate_series(1, 5) n')
  const clock = manualClock(Date.now())
  const running = await app.start({
    env: { DATABASE_URL: database.url, PORT: '0', DRAIN_DELAY_MS: '0' },
    profile: 'test',
    clock,
  })
  const sealed = async () =>
    Number((await database.query('select coalesce(sum(entries), 0)::int as sum from footing_access.seal'))[0]?.sum)
  expect(await sealed()).toBe(0)
  await clock.advance(60_000)
  const end = performance.now() + 10_000
  while ((await sealed()) < 5 && performance.now() < end) await delay(20)
  expect(await sealed()).toBe(5)
  const stopped = running.stop()
  await clock.advance(0)
  await stopped
  await database.drop()
})
