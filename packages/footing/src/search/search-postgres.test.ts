// What only PostgreSQL can show: many documents, missing tables, older snapshots, other declarations, what is left in the tables.
import { manualClock, systemClock } from '@footing/kernel'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database, DataSource } from '../data/contract/contract.ts'
import { openDataSource } from '../data/data-source.ts'
import { lintMigration } from '../migrations/hazards/lint-migration.ts'
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts'
import type { SearchDriver } from './contract/contract.ts'
import { defineSearchIndex } from './contract/define-index.ts'
import { markUp } from './contract/highlight.ts'
import { readQueryText } from './contract/query-text.ts'
import { postgresDriver } from './drivers/postgres.ts'
import { openSearch } from './open-search.ts'
import { lostPutChannel, searchOn } from './search.ts'
import { searchMigration } from './search-migration.ts'

const books = defineSearchIndex({
  name: 'book',
  language: 'german',
  fields: { title: { weight: 'A', typos: true }, body: {} },
  filters: { author: 'keyword', publishedAt: 'date' },
})

let database: TestDatabase
let data: DataSource
let db: Database<Record<never, never>>
const search = openSearch()

beforeAll(async () => {
  database = await createTestDatabase()
  data = openDataSource({ url: database.url, poolSize: 6 })
  db = data.forModule('library')
  await database.query(`create schema library; set search_path = library; ${searchMigration(books).repeat(2)}`)
})
afterAll(async () => {
  await data?.close()
  await database?.drop()
})

const rows = async () => Number((await database.query('select count(*) from library.search_book'))[0]?.count)
const book = (id: string, version: number, body = 'Bücher') => ({ id, version, fields: { title: `Band ${id}`, body } })

test('ten thousand documents: put in one call, found by the index, paged to the end, rebuilt without a rest', async () => {
  const all = Array.from({ length: 10_000 }, (_, number) =>
    book(`b-${number}`, 1, `${number % 100 === 0 ? 'Selten' : 'Häufig'} ${'Wort '.repeat(150)}`),
  )
  expect(await search.put(db, books, all)).toEqual({ written: 10_000, stale: 0, deferred: 0 })
  expect((await search.search(db, books, { query: 'häufige' })).total).toEqual({ value: 9900, exact: true })
  const seen = new Set<string>()
  let after: string | undefined
  do {
    const page = await search.search(db, books, {
      query: 'selten',
      limit: 30,
      ...(after === undefined ? {} : { after }),
    })
    for (const { id } of page.hits) seen.add(id)
    after = page.next
  } while (after !== undefined)
  expect(seen.size).toBe(100)
  await database.query('analyze library.search_book')
  const plan = await database.query(
    `explain select id from library.search_book where words @@ websearch_to_tsquery('pg_catalog.german', 'selten')`,
  )
  expect(JSON.stringify(plan)).toContain('search_book_words')
  await search.rebuild(
    db,
    books,
    (async function* () {
      yield book('only', 1)
    })(),
  )
  expect(await rows()).toBe(1)
})

test('a transaction with an older snapshot is refused when a rebuild began since, and loses nothing', async () => {
  const late = db.transaction(
    async (tx) => {
      await tx.query('select 1 from library.search_index')
      await search.rebuild(
        db,
        books,
        (async function* () {
          yield book('rebuilt', 1)
        })(),
      )
      await search.put(tx, books, [book('late', 1)])
    },
    { isolation: 'repeatable read' },
  )
  await expect(late).rejects.toMatchObject({ code: 'data-serialization-failure', retryable: true })
})

test('a rebuild waits for open transactions, and puts get on meanwhile', async () => {
  const open = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  const holder = db.transaction(async (tx) => {
    await search.put(tx, books, [book('held', 3)])
    started.resolve()
    await open.promise
  })
  await started.promise
  let read = false
  const rebuilding = search.rebuild(
    db,
    books,
    (async function* () {
      read = true
      yield book('source', 1)
    })(),
  )
  for (let number = 0; number < 20; number += 1) await search.put(db, books, [book(`free-${number}`, 1)])
  expect(read).toBe(false)
  open.resolve()
  await holder
  await rebuilding
  expect((await search.search(db, books, {})).total.value).toBe(1)
})

test('removed documents are forgotten after a while, and only then', async () => {
  const clock = manualClock(Date.now())
  const forgetful = openSearch({ clock, keepRemovedMs: 60_000 })
  await search.rebuild(db, books, (async function* () {})())
  await search.put(db, books, [book('a', 1), book('b', 1)])
  await forgetful.remove(db, books, [{ id: 'a', version: 2 }])
  expect(await rows()).toBe(2)
  await database.query(`update library.search_book set removed_at = removed_at - interval '2 minutes' where id = 'a'`)
  await forgetful.remove(db, books, [{ id: 'b', version: 2 }])
  expect(await rows()).toBe(2)
  await clock.advance(3_600_000)
  await forgetful.remove(db, books, [{ id: 'b', version: 3 }])
  expect(await rows()).toBe(1)
})

test('missing tables and changed declarations are told', async () => {
  const other = defineSearchIndex({ name: 'absent', language: 'simple', fields: { text: {} } })
  await expect(search.put(db, other, [{ id: '1', version: 1, fields: {} }])).rejects.toMatchObject({
    code: 'search-index-missing',
  })
  await expect(search.search(db, other, {})).rejects.toMatchObject({ code: 'search-index-missing' })
  await expect(search.search(data.forModule('elsewhere'), books, {})).rejects.toMatchObject({
    code: 'search-index-missing',
  })
  const changed = defineSearchIndex({ ...books, language: 'english' })
  for (const call of [
    () => search.put(db, changed, [book('x', 1)]),
    () => search.search(db, changed, {}),
    () => search.rebuild(db, changed, (async function* () {})()),
  ]) {
    await expect(call()).rejects.toMatchObject({ code: 'search-index-changed' })
  }
  const plain = defineSearchIndex({ name: 'book', language: 'german', fields: { title: {} } })
  await expect(search.search(db, plain, { query: 'x', typos: true })).rejects.toMatchObject({
    code: 'search-unsupported',
  })
})

test('the migration passes the review of migrations', async () => {
  const review = await lintMigration({
    name: 'library/0001-search.sql',
    sql: searchMigration(books),
    transactional: true,
  })
  expect(review.hazards).toEqual([])
})

test.each([
  { name: 'B' },
  { name: 'x"; drop table y; --' },
  { name: 'x'.repeat(31) },
  { language: "english'; --" },
  { fields: {} },
  { fields: { 'a b': {} } },
  { fields: { title: { weight: "A'" } } },
  { fields: { aB: {}, a_b: {} } },
  { filters: { x: 'text' } },
])('the declaration %j is refused', (part) => {
  const declaration: object = { name: 'good', language: 'english', fields: { title: {} }, ...part }
  // Only a caller without types gets here.
  expect(() => defineSearchIndex(declaration as typeof books)).toThrow(
    expect.objectContaining({ code: 'search-index-invalid' }),
  )
})

describe('the facade in front of a driver that lacks something', () => {
  const lacking = (part: Partial<SearchDriver>): SearchDriver => ({
    ...postgresDriver(systemClock),
    guarantees: { transactional: false, readAfterWrite: false, typoTolerant: false, exactTotal: false },
    ...part,
  })
  const plain = defineSearchIndex({ name: 'book', language: 'german', fields: { title: { typos: true } } })

  test('an ability that the driver lacks is refused', async () => {
    const weak = searchOn(lacking({}))
    await expect(weak.search(db, plain, { query: 'x', typos: true })).rejects.toMatchObject({
      code: 'search-unsupported',
    })
  })

  test('a deferred put that fails is told, and close waits for it', async () => {
    const lost: unknown[] = []
    const listen = (fact: unknown) => void lost.push(fact)
    lostPutChannel.subscribe(listen)
    const weak = searchOn(lacking({ write: () => Promise.reject(new Error('away')) }))
    const result = await db.transaction((tx) => weak.put(tx, plain, [{ id: '1', version: 1, fields: {} }]))
    expect(result.deferred).toBe(1)
    await Promise.all([weak.close(), weak.close()])
    lostPutChannel.unsubscribe(listen)
    expect(lost).toMatchObject([{ index: 'book', documents: 1, error: { message: 'away' } }])
    await expect(weak.search(db, plain, {})).rejects.toMatchObject({ code: 'search-closed' })
  })
})

test('a query text is read as websearch does', () => {
  const words = (text: string) =>
    readQueryText(text).map((terms) =>
      terms.map(({ text: word, phrase, negated }) => `${negated ? '-' : ''}${phrase ? `"${word}"` : word}`),
    )
  expect(words('a "b c" -d or -"e f" --g')).toEqual([
    ['a', '"b c"', '-d'],
    ['-"e f"', '-g'],
  ])
  expect(words('or or "open')).toEqual([['"open"']])
  expect(words('- "" *** !')).toEqual([])
})

test('marks of an excerpt are balanced whatever a driver gives', () => {
  expect(markUp('a\uE001b\uE000c\uE000d')).toBe('ab<mark>cd</mark>')
  expect(markUp(`<&>"'`)).toBe('&lt;&amp;&gt;&quot;&#39;')
})
