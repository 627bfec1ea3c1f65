// Search as a capability: a module's indexes in its kit, on PostgreSQL and, with FOOTING_TEST_ELASTICSEARCH_URL, on a server.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../app/create-app.ts'
import { capabilityConformance } from '../capability/conformance.ts'
import type { Database } from '../data/contract/contract.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { startTestApp, type TestApp } from '../testing/start-test-app.ts'
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts'
import { defineSearchIndex } from './contract/define-index.ts'
import type { ModuleSearch } from './module-search.ts'
import { searchMigration } from './search-migration.ts'
import { search } from './use-search.ts'

const indexes = {
  articles: defineSearchIndex({
    name: 'article',
    language: 'english',
    fields: { title: {} },
    filters: { author: 'keyword' },
    personal: 'author',
  }),
  tags: defineSearchIndex({ name: 'tag', language: 'simple', fields: { title: {} } }),
}
// Given by `npm run test:elasticsearch`.
const server = process.env.FOOTING_TEST_ELASTICSEARCH_URL
const serverUrl = () => ({
  SEARCH_URL: `${server}&refresh=wait`.replace('/footing_test', `/t${randomBytes(6).toString('hex')}`),
})

let folder: string
let database: TestDatabase
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing-search-'))
  await writeFile(join(folder, '0001-search.sql'), Object.values(indexes).map(searchMigration).join('\n'))
  database = await createTestDatabase()
})
afterAll(async () => {
  await database?.drop()
  await rm(folder, { recursive: true })
})

function library(guarantees: readonly string[] = []) {
  const held: { search?: ModuleSearch<typeof indexes>; db?: Database<Record<never, never>> } = {}
  const content = defineModule('content', {
    owner: '@a',
    tables: ['search_index', 'search_article', 'search_tag'],
    migrations: pathToFileURL(`${folder}/`),
    uses: [search(indexes)],
    guarantees: { search: guarantees },
    personal: {
      search_index: { none: 'about indexes' },
      search_article: { none: 'documents are erased through the index' },
      search_tag: { none: 'nobody is in it' },
    },
  })
  const module = implement(content, (kit) => {
    Object.assign(held, { search: kit.search, db: kit.database() })
    return { port: {} }
  })
  // Set by the set-up of the module, which has run when the application has started.
  return { held: held as Required<typeof held>, app: createApp({ name: 'library', modules: [module] }) }
}

const drivers: Readonly<Record<string, () => Readonly<Record<string, string>>>> = {
  postgresql: () => ({}),
  ...(server === undefined ? {} : { elasticsearch: serverUrl }),
}

describe.each(Object.entries(drivers))('%s', (driver, env) => {
  const quiet = { profile: 'test', role: 'worker' } as const

  test.each(capabilityConformance)('$name', (one) =>
    one.run({
      name: 'search',
      env: { DATABASE_URL: database.url, ...env() },
      start: (given, guarantees) => library(guarantees).app.start({ ...quiet, env: given }),
      wrong: { name: 'SEARCH_URL', value: 'elasticsearch://user:top-secret@host:9200/x?colour=red' },
    }),
  )

  describe('started', () => {
    let held: ReturnType<typeof library>['held']
    let running: TestApp<ReturnType<typeof library>['app']['options']['modules']>
    beforeAll(async () => {
      const made = library()
      held = made.held
      running = await startTestApp(made.app, { env: env() })
    })
    afterAll(() => running?.stop())

    test('a module puts, finds, removes and rebuilds through its kit', async () => {
      const { articles, tags } = held.search
      await articles.put([{ id: '1', version: 1, fields: { title: 'Sailing boats' } }])
      const committed = held.db.transaction((tx) =>
        articles.put.in(tx, [{ id: '2', version: 1, fields: { title: 'Rowing boats' } }]),
      )
      expect(await committed).toMatchObject(driver === 'postgresql' ? { written: 1 } : { deferred: 1 })
      const broken = held.db.transaction(async (tx) => {
        await articles.put.in(tx, [{ id: '3', version: 1, fields: { title: 'Sunken boats' } }])
        throw new RangeError('sunk')
      })
      await expect(broken).rejects.toThrow('sunk')
      const found = async () => (await articles.search({ query: 'boat' })).hits.map(({ id }) => id).toSorted()
      await expect.poll(found, { timeout: 10_000 }).toEqual(['1', '2'])
      expect((await tags.search({ query: 'boats' })).hits).toEqual([])
      await articles.remove([{ id: '2', version: 2 }])
      expect(await found()).toEqual(['1'])
      await articles.rebuild(
        (async function* () {
          yield { id: '9', version: 1, fields: { title: 'A boat' } }
        })(),
      )
      expect(await found()).toEqual(['9'])
      // Only a caller without types gets here.
      await expect(articles.put.in(undefined as never, [])).rejects.toThrow(TypeError)
      await expect(articles.put.in({} as never, [])).rejects.toThrow(TypeError)
    })

    test('it tells its driver, its health and its numbers', async () => {
      expect(running.app.capabilities()).toContainEqual(
        expect.objectContaining({ name: 'search', driver, from: driver === 'postgresql' ? undefined : 'SEARCH_URL' }),
      )
      expect(await running.app.health()).toMatchObject({ search: 'ok' })
    })

    test('documents of a person are exported and removed for good, those of others stay', async () => {
      const { articles } = held.search
      const of = (author: string, id: string, version = 5) => ({
        id,
        version,
        fields: { title: 'x' },
        filters: { author },
      })
      const mine = Array.from({ length: 230 }, (_, number) => of('7', `mine-${number}`))
      const others = [of('70', 'other-1'), of('8', 'other-2'), { id: 'nobody', version: 5, fields: { title: 'x' } }]
      await articles.put([...mine, ...others])
      let text = ''
      for await (const part of running.app.personalData.export('7')) text += part
      const exported = JSON.parse(text).stores['search of content: articles']
      expect(exported).toHaveLength(230)
      expect(exported[0]).toEqual({ id: expect.stringContaining('mine-'), version: 5 })
      // Identifiers that the index would hold in another form are of nobody.
      for (const hostile of ['7\u0001', 'x'.repeat(1500), '"*', '7 OR 8']) {
        expect((await running.app.personalData.erase(hostile)).stores).toMatchObject([{ erased: 0, left: 0 }])
      }
      const proof = await running.app.personalData.erase('7')
      expect(proof.stores).toEqual([{ store: 'search of content: articles', erased: 230, left: 0 }])
      // The same documents, sent again by somebody who was late.
      expect(await articles.put(mine)).toMatchObject({ written: 0, stale: 230 })
      expect((await articles.search({ filters: { author: '7' } })).hits).toEqual([])
      for (const author of ['70', '8']) expect((await articles.search({ filters: { author } })).total.value).toBe(1)
    })
  })
})

test('a document of the highest version is told as left, with the reason', async () => {
  const { app, held } = library()
  const running = await startTestApp(app)
  await held.search.articles.put([
    { id: 'top', version: Number.MAX_SAFE_INTEGER, fields: {}, filters: { author: '7' } },
    { id: 'low', version: 1, fields: {}, filters: { author: '7' } },
  ])
  expect((await running.app.personalData.erase('7')).stores).toMatchObject([
    { erased: 1, left: 1, why: expect.stringContaining('rebuild') },
  ])
  await running.stop()
})

test('without SEARCH_URL the database is needed, with one it is not', async () => {
  const quiet = { profile: 'test', role: 'worker' } as const
  const module = implement(defineModule('content', { owner: '@a', uses: [search(indexes)] }), () => ({ port: {} }))
  const app = createApp({ name: 'library', modules: [module] })
  await expect(app.start({ ...quiet, env: {} })).rejects.toThrow('DATABASE_URL is not set')
  const running = await app.start({
    ...quiet,
    env: { SEARCH_URL: 'elasticsearch://user:top-secret@127.0.0.1:1/x?tls=no' },
  })
  expect((await running.health()).search).toBe('search-unreachable')
  await running.stop()
})

test.each([{ a: undefined }, { a: {} }, { a: indexes.articles, b: indexes.articles }])(
  'the declaration %j is refused',
  (declared) => {
    // Only a caller without types gets here.
    expect(() => search(declared as never)).toThrow(expect.objectContaining({ code: 'search-index-invalid' }))
  },
)

test.each(['title', 'nothing', 'constructor', 'at'])(
  'personal: %j names no keyword filter and is refused',
  (personal) => {
    const define = () =>
      defineSearchIndex({
        name: 'a',
        language: 'simple',
        fields: { title: {} },
        filters: { author: 'keyword', at: 'date' },
        personal: personal as 'author',
      })
    expect(define).toThrow(expect.objectContaining({ code: 'search-index-invalid' }))
  },
)
