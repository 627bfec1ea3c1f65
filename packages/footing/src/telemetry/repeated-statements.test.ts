// A query in a loop is named with its route; a query for all at once is not.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createApp } from '../app/create-app.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { route } from '../module/route.ts'
import { startTestApp } from '../testing/start-test-app.ts'
import { type RepeatedStatement, watchRepeatedStatements } from './repeated-statements.ts'
import { startTelemetry } from './start-telemetry.ts'

interface ShelfTables {
  book: { id: number; title: string }
}

let folder: string
let shelf: Awaited<ReturnType<typeof start>>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing-shelf-'))
  await writeFile(
    join(folder, '0001-book.sql'),
    `create table book (id int primary key, title text not null); insert into book select n, 'b' || n from generate_series(1, 50) n`,
  )
  shelf = await start()
})
afterAll(async () => {
  await shelf?.stop()
  await rm(folder, { recursive: true, force: true })
})

const Ids = z.object({ ids: z.string() })
const Titles = z.array(z.string())

function start() {
  const manifest = defineModule('shelf', {
    owner: '@acme/shelf',
    tables: ['book'],
    migrations: pathToFileURL(`${folder}/`),
  })
  const implementation = implement(manifest, ({ database }) => {
    const db = database<ShelfTables>()
    const numbers = (ids: string) => ids.split(',').map(Number)
    return {
      port: {},
      routes: [
        route({
          method: 'GET',
          path: '/looped',
          auth: 'none',
          query: Ids,
          out: Titles,
          handle: async ({ query }) => {
            const titles: string[] = []
            for (const id of numbers(query.ids)) {
              const book = await db.read().selectFrom('book').select('title').where('id', '=', id).executeTakeFirst()
              titles.push(book?.title ?? '')
            }
            return titles
          },
        }),
        route({
          method: 'GET',
          path: '/at-once',
          auth: 'none',
          query: Ids,
          out: Titles,
          handle: async ({ query }) => {
            const books = await db
              .read()
              .selectFrom('book')
              .select('title')
              .where('id', 'in', numbers(query.ids))
              .execute()
            return books.map(({ title }) => title)
          },
        }),
        route({
          method: 'GET',
          path: '/growing',
          auth: 'none',
          out: Titles,
          handle: async () => {
            for (let length = 2; length < 20; length++) {
              const ids = Array.from({ length }, (_, index) => index)
              await db.read().selectFrom('book').select('title').where('id', 'in', ids).execute()
            }
            return []
          },
        }),
      ],
    }
  })
  return startTestApp(createApp({ name: 'shelf', version: '1.0.0', modules: [implementation] }))
}

const get = (path: string) => fetch(`${shelf.url}/v1${path}`).then((answer) => answer.json())

/** The record of a request is published when its answer has left, so another request is awaited behind it. */
async function watched(work: () => Promise<unknown>): Promise<readonly RepeatedStatement[]> {
  const found: RepeatedStatement[] = []
  const stop = watchRepeatedStatements({ report: (repeated) => found.push(repeated) })
  await work()
  await get('/at-once?ids=1')
  stop()
  return found
}

test('a query in a loop is reported once, with route, module, count and statement', async () => {
  const found = await watched(() => get('/looped?ids=1,2,3,4,5,6,7,8'))
  expect(found).toHaveLength(1)
  expect(found[0]).toMatchObject({ route: expect.stringContaining('GET /v1/looped'), module: 'shelf', times: 8 })
  expect(found[0]?.text).toContain('"shelf"."book"')
  expect(found[0]?.durationMs).toBeGreaterThan(0)
})

test('a query for all at once is not, nor a few repetitions, nor the same query in many requests', async () => {
  expect(await watched(() => get('/at-once?ids=1,2,3,4,5,6,7,8'))).toEqual([])
  expect(await watched(() => get('/looped?ids=1,2,3'))).toEqual([])
  expect(await watched(() => Promise.all(Array.from({ length: 20 }, () => get('/looped?ids=1'))))).toEqual([])
})

test('lists of another length are the same statement', async () => {
  expect(await watched(() => get('/growing'))).toMatchObject([{ times: 18 }])
})

test('the log says it in words, and no value of a parameter is in it', async () => {
  const lines: string[] = []
  const telemetry = startTelemetry({ write: (line) => lines.push(line), repeatedStatements: 5 })
  await get('/looped?ids=41,42,43,44,45,46')
  await get('/at-once?ids=1')
  telemetry.stop()
  const warning = lines.find((line) => line.includes('sent one statement 6 times'))
  expect(warning).toBeDefined()
  expect(warning).not.toContain('"41"')
})
