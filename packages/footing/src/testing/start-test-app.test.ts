// A whole application in a test: its own database, a counted route, a clock that the test moves, nothing left behind.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { manualClock } from '@footing/kernel'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createApp } from '../app/create-app.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { route } from '../module/route.ts'
import { startTestApp } from './start-test-app.ts'
import { testServer } from './test-servers.ts'

interface NoteTables {
  note: { text: string }
}

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing-test-app-'))
  await writeFile(join(folder, '0001-note.sql'), 'create table note (text text primary key)')
})

afterAll(() => rm(folder, { recursive: true }))

function notesApp() {
  const notes = defineModule('notes', {
    owner: '@acme/notes',
    tables: ['note'],
    migrations: pathToFileURL(`${folder}/`),
  })
  const notesModule = implement(notes, ({ database }) => {
    const db = database<NoteTables>()
    return {
      port: {},
      routes: [
        route({
          method: 'POST',
          path: '/notes',
          auth: 'none',
          body: z.object({ text: z.string() }),
          out: z.array(z.string()),
          handle: async ({ body }) => {
            await db.write().insertInto('note').values(body).execute()
            return (await db.read().selectFrom('note').select('text').execute()).map(({ text }) => text)
          },
        }),
        route({
          method: 'GET',
          path: '/slow',
          auth: 'none',
          deadline: '2s',
          out: z.object({}),
          handle: async () => {
            await db.query('select pg_sleep(30)')
            return {}
          },
        }),
      ],
    }
  })
  return createApp({ name: 'notes', modules: [notesModule] })
}

test('two at once share nothing, queries are counted by route, and stopping drops the database', async () => {
  const [one, two] = await Promise.all([startTestApp(notesApp()), startTestApp(notesApp())])
  const post = (url: string) =>
    fetch(`${url}/v1/notes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'hello' }),
    })
  for (const { url } of [one, two]) {
    const answer = await post(url)
    expect([answer.status, await answer.json()]).toEqual([200, ['hello']])
  }
  expect(one.queries.count()).toBe(2)
  const sent = one.queries.queries.filter(({ module }) => module === 'notes')
  expect(new Set(sent.map(({ route }) => route))).toEqual(new Set(['POST /v1/notes']))
  await Promise.all([one.stop(), two.stop(), two.stop()])

  const admin = new pg.Client({ connectionString: await testServer('postgres') })
  await admin.connect()
  const name = new URL(one.database.directUrl).pathname.slice(1)
  expect((await admin.query('select 1 from pg_database where datname = $1', [name])).rowCount).toBe(0)
  await admin.end()
})

test('a module has the rights of its manifest and no others', async () => {
  const notes = await startTestApp(notesApp())
  await notes.database.query('create schema secrets')
  await notes.database.query('create table secrets.token (text text)')
  const outcome = notes.database.query(
    "select has_schema_privilege(r.rolname, 'secrets', 'usage') as may from pg_roles r where r.rolname ~ '_notes$'",
  )
  expect(await outcome).toContainEqual({ may: false })
  await notes.stop()
})

test('a deadline that the test lets pass reaches the database', async () => {
  const clock = manualClock()
  const notes = await startTestApp(notesApp(), { clock })
  const answer = fetch(`${notes.url}/v1/slow`)
  const sleeping = () =>
    notes.database.query(`select 1 from pg_stat_activity where query like '%pg_sleep(30)%' and pid <> pg_backend_pid()
      and state = 'active' and datname = current_database()`)
  await expect.poll(sleeping).toHaveLength(1)
  await clock.advance(2001)
  expect((await answer).status).toBe(504)
  await expect.poll(sleeping).toHaveLength(0)
  await notes.stop()
})
