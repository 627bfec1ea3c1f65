// Hearing a module that is not needed, and events that outlive the version that announced them: whole applications on a database.
import { afterEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { createApp } from '../app/create-app.ts'
import { provisionDatabase } from '../app/provision-database.ts'
import { openDataSource } from '../data/data-source.ts'
import { defineModule } from '../module/define-module.ts'
import { type AnyImplementation, implement } from '../module/implement.ts'
import { defineEvents, event, op } from '../module/operation.ts'
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts'
import { openEventsAdmin } from './admin.ts'

const Article = z.object({ article: z.string() })
const contentEvents = defineEvents('content', { published: event(Article, { key: 'article' }) })
const billing = defineModule('billing', {
  owner: '@acme/payments',
  hears: [contentEvents],
  port: { supports: op({ out: z.object({ yes: z.boolean() }) }) },
})
const content = defineModule('content', {
  owner: '@acme/press',
  needs: [billing],
  events: contentEvents,
  tables: ['article'],
  port: { publish: op({ in: Article }) },
})

const supports = { supports: async () => ({ yes: true }) }
const contentModule = implement(content, ({ database, emit }) => ({
  port: {
    publish: ({ article }) => database().transaction((tx) => emit.in(tx, 'published', { article })),
  },
}))

let database: TestDatabase | undefined
const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
  await database?.drop()
  database = undefined
})

async function start<const Modules extends readonly AnyImplementation[]>(
  modules: Modules,
  options: { readonly role?: 'web' | 'worker'; readonly place?: Record<string, string> } = {},
) {
  database ??= await createTestDatabase()
  const app = createApp({ name: 'press', modules })
  await provisionDatabase(database.directUrl, app)
  const running = await app.start({
    env: { DATABASE_URL: database.url, DATABASE_DIRECT_URL: database.directUrl, DRAIN_DELAY_MS: '0' },
    profile: 'test',
    role: options.role ?? 'worker',
    port: 0,
    ...(options.place === undefined ? {} : { place: options.place }),
  })
  stops.push(() => running.stop())
  return running
}

const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 20_000, interval: 10 })

describe('hears', () => {
  test('a module hears one that needs it, in one process and in two, and each effect is there once', async () => {
    const heard: string[] = []
    const hearing = implement(billing, () => ({
      port: supports,
      on: {
        'content.published': {
          from: 'beginning',
          handle: async ({ article }) => {
            heard.push(article)
          },
        },
      },
    }))
    const whole = await start([hearing, contentModule])
    await whole.ports.content.publish({ article: 'one' })
    await until(() => heard.length === 1)
    await whole.stop()
    // A process that only announces, and one that hears: by the doorbell, or by looking.
    const web = await start([hearing, contentModule], { role: 'web' })
    await web.ports.content.publish({ article: 'two' })
    await start([hearing, contentModule])
    await until(() => heard.length === 2)
    await web.ports.content.publish({ article: 'three' })
    await until(() => heard.length === 3)
    expect(heard).toEqual(['one', 'two', 'three'])
  }, 60_000)

  test('start-up refuses a contract of nobody, and one that is not that of the manifest', async () => {
    const alone = implement(billing, () => ({ port: supports }))
    await expect(start([alone])).rejects.toMatchObject({
      code: 'event-unknown',
      details: { reason: 'this application has no module content' },
    })
    const other = defineModule('content', {
      owner: '@acme/press',
      events: { published: event(Article, { key: 'article' }) },
    })
    await expect(start([alone, implement(other, () => ({}))])).rejects.toMatchObject({
      code: 'event-contract-differs',
      details: { module: 'billing', event: 'content.published', emitter: 'content' },
    })
  })

  test('a manifest says only what can be', () => {
    const fault = (define: () => unknown, words: string) =>
      expect(define).toThrow(
        expect.objectContaining({ code: 'module-definition-invalid', message: expect.stringContaining(words) }),
      )
    const owner = '@acme/press'
    fault(() => defineModule('content', { owner, hears: [contentEvents] }), 'it names content in hears')
    fault(() => defineModule('mail', { owner, needs: [content], hears: [contentEvents] }), 'hears it without that')
    // @ts-expect-error the contract of another module
    fault(() => defineModule('mail', { owner, events: contentEvents }), 'its events are those of content')
    // @ts-expect-error no contract
    fault(() => defineModule('mail', { owner, hears: [{ module: 'content' }] }), 'was not made by defineEvents')
    const mail = defineModule('mail', { owner, hears: [contentEvents] })
    implement(mail, () => ({ on: { 'content.published': async ({ article }) => void article.length } }))
    // @ts-expect-error it announces no such event
    implement(mail, () => ({ on: { 'content.withdrawn': async () => undefined } }))
    // @ts-expect-error the key is a field of the payload
    event(Article, { key: 'slug' })
  })
})

describe('an event of the version before', () => {
  const version = (schema: z.ZodType<{ article: string }>, heard: unknown[]) => {
    const paper = defineModule('paper', {
      owner: '@acme/press',
      tables: ['paper'],
      events: { printed: event(schema as typeof Article) },
      port: { print: op({ in: Article }) },
    })
    return implement(paper, ({ emit }) => ({
      port: { print: ({ article }) => emit('printed', { article }) },
      on: {
        'paper.printed': {
          from: 'beginning',
          attempts: 1,
          handle: async (payload) => {
            heard.push(payload)
          },
        },
      },
    }))
  }

  test('is read by the schema of the version that handles it, and set aside where it does not fit', async () => {
    const heard: unknown[] = []
    const old = await start([version(Article, [])], { role: 'web' })
    await old.ports.paper.print({ article: 'old' })
    await old.stop()
    const wider = await start([version(Article.extend({ pages: z.number().default(1) }), heard)])
    await until(() => heard.length === 1)
    expect(heard).toEqual([{ article: 'old', pages: 1 }])
    await wider.stop()
    const second = await start([version(Article, [])], { role: 'web' })
    await second.ports.paper.print({ article: 'misfit' })
    await second.stop()
    await start([version(Article.extend({ pages: z.number() }), heard)])
    const data = openDataSource({ url: database?.url ?? '', scope: () => undefined, poolSize: 1 })
    stops.push(() => data.close())
    const admin = openEventsAdmin(data)
    await vi.waitUntil(async () => (await admin.parked()).length === 1, { timeout: 20_000, interval: 20 })
    expect(await admin.parked()).toMatchObject([
      { event: 'paper.printed', code: 'invalid-event', payload: { article: 'misfit' } },
    ])
    expect(heard).toHaveLength(1)
  }, 60_000)

  test('a payload that is too large is refused where it is announced', async () => {
    const running = await start([version(Article, [])])
    await expect(running.ports.paper.print({ article: 'x'.repeat(300_000) })).rejects.toMatchObject({
      code: 'event-too-large',
    })
  })
})

test('an application with tables and events does not start on a database without the log', async () => {
  database = await createTestDatabase()
  const app = createApp({ name: 'press', modules: [implement(billing, () => ({ port: supports })), contentModule] })
  await expect(
    app.start({ env: { DATABASE_URL: database.url }, profile: 'test', role: 'worker', port: 0 }),
  ).rejects.toMatchObject({ code: 'events-tables-missing' })
})
