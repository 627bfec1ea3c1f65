// Read your writes over HTTP: the place of a write goes out with the answer and comes back with the next request.
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { createApp, type RunningApp } from '../app/create-app.ts'
import type { DataSource } from '../data/contract/contract.ts'
import { openDataSource } from '../data/data-source.ts'
import { databaseScope } from '../data/work-scope.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { route } from '../module/route.ts'
import { type ReplicatedPostgres, startReplicatedPostgres } from '../testing/servers/replicated-postgres.ts'
import { positionHeader, positionToSend, writesOf } from './write-position.ts'

interface NoteTables {
  note: { text: string }
}

const notes = defineModule('notes', { owner: '@acme/notes', tables: ['note'] })
const notesModule = implement(notes, ({ database }) => {
  const db = database<NoteTables>()
  const text = z.object({ text: z.string() })
  return {
    port: {},
    routes: [
      route({
        method: 'POST',
        path: '/notes',
        auth: 'none',
        body: text,
        handle: async ({ body }) => {
          await db.write().insertInto('note').values(body).execute()
        },
      }),
      route({
        method: 'GET',
        path: '/notes',
        auth: 'none',
        query: text,
        out: z.object({ found: z.number() }),
        handle: async ({ query }) => {
          const found = await db
            .read({ consistency: 'own-writes' })
            .selectFrom('note')
            .selectAll()
            .where('text', '=', query.text)
            .execute()
          return { found: found.length }
        },
      }),
    ],
  }
})

let servers: ReplicatedPostgres
const processes: { data: DataSource; app: RunningApp }[] = []

beforeAll(async () => {
  servers = await startReplicatedPostgres({ replicas: 1, delayMs: 400 })
  const setup = openDataSource({ url: servers.url })
  await setup.forModule('notes').query('create schema notes')
  await setup.forModule('notes').query('create table notes.note (text text)')
  await setup.close()
  for (let number = 0; number < 2; number += 1) {
    const replicaUrls = servers.replicas.map(({ url }) => url)
    const data = openDataSource({ url: servers.url, replicaUrls, replicaProbeMs: 20, scope: databaseScope })
    const app = await createApp({ name: 'notes', modules: [notesModule] }).start({
      env: {},
      profile: 'test',
      port: 0,
      opened: { data },
    })
    processes.push({ data, app })
  }
}, 60_000)

afterAll(async () => {
  for (const { app, data } of processes) {
    await app.stop()
    await data.close()
  }
  await servers.stop()
})

const url = (process: number) => `${processes[process]?.app.url}/v1/notes`
const write = (process: number, text: string) =>
  fetch(url(process), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
  })
const read = async (process: number, text: string, headers: Record<string, string> = {}) =>
  (await fetch(`${url(process)}?text=${text}`, { headers })).json()

test('with the header another process sees the write, without it the replica may be late', async () => {
  await vi.waitFor(
    async () => {
      await read(1, 'warm-up')
      expect(processes[1]?.data.replicas[0]).toMatchObject({ condition: 'in-rotation' })
    },
    { timeout: 10_000 },
  )
  await vi.waitFor(async () => expect(await read(1, 'nothing')).toEqual({ found: 0 }))
  const answer = await write(0, 'mine')
  const position = answer.headers.get(positionHeader) ?? ''
  expect(position).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/)
  expect(await read(1, 'mine', { [positionHeader]: position })).toEqual({ found: 1 })
  expect((await fetch(`${url(1)}?text=mine`)).headers.get(positionHeader)).toBeNull()
})

test.each(['', 'x', 'FFFFFFFF/FFFFFFFF', '0/1; drop table notes.note'])(
  'the header %j gets an answer from the primary',
  async (header) => {
    expect(await read(0, 'none', { [positionHeader]: header })).toEqual({ found: 0 })
  },
)

test('only what is new is sent, and nothing long is kept', () => {
  expect(positionToSend({ position: '0/2' }, { [positionHeader]: '0/2' })).toBeUndefined()
  expect(positionToSend({ position: '0/3' }, { [positionHeader]: '0/2' })).toBe('0/3')
  expect(positionToSend(undefined, {})).toBeUndefined()
  expect(writesOf({})).toBeUndefined()
  expect(writesOf({ [positionHeader]: '0/5' })).toEqual({ position: '0/5' })
  expect(writesOf({ [positionHeader]: 'x'.repeat(10_000) })?.position).toHaveLength(40)
})
