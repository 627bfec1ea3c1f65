// Two real streaming replicas that are half a second late: nobody reads behind their own write, replicas take most reads,
// one that dies is left out and comes back.

import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { isFootingError } from '@footing/kernel'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { openChaosProxy } from '../../testing/chaos-proxy.ts'
import { type ReplicatedPostgres, startReplicatedPostgres } from '../../testing/servers/replicated-postgres.ts'
import type { Database, DataSource, QueryScope } from '../contract/contract.ts'
import { openDataSource } from '../data-source.ts'

interface Tables {
  note: { id: string; text: string }
}

let servers: ReplicatedPostgres
let source: DataSource
let db: Database<Tables>
const scopes = new AsyncLocalStorage<QueryScope>()

beforeAll(async () => {
  servers = await startReplicatedPostgres({ replicas: 2, delayMs: 500 })
  const setup = openDataSource({ url: servers.url })
  await setup.forModule('notes').query('create schema notes')
  await setup.forModule('notes').query('create table notes.note (id text primary key, text text not null)')
  await setup.close()
  for (const { url } of servers.replicas) {
    const replica = openDataSource({ url })
    const known = () => replica.forModule('notes').query(`select to_regclass('notes.note')::text as name`)
    await vi.waitFor(async () => expect(await known()).toEqual([{ name: 'notes.note' }]), { timeout: 10_000 })
    await replica.close()
  }
}, 60_000)

afterAll(() => servers.stop())

beforeEach(() => {
  source = open()
  db = source.forModule<Tables>('notes')
})

afterEach(() => source.close())

function open(options: { maxReplicaLagMs?: number; replicaUrls?: string[] } = {}): DataSource {
  return openDataSource({
    url: servers.url,
    replicaUrls: servers.replicas.map(({ url }) => url),
    replicaProbeMs: 20,
    scope: () => scopes.getStore(),
    ...options,
  })
}

const session = <T>(work: () => Promise<T>, writes: QueryScope['writes'] = { position: undefined }): Promise<T> =>
  scopes.run({ writes: writes ?? { position: undefined } }, work)

const read = (id: string, consistency: 'latest' | 'own-writes' | 'any') =>
  db.read({ consistency }).selectFrom('note').select('text').where('id', '=', id).executeTakeFirst()

const inRotation = (data = source) => data.replicas.filter(({ condition }) => condition === 'in-rotation').length
const readsByReplicas = () => source.replicas.reduce((sum, { reads }) => sum + reads, 0)

async function allInRotation(data = source): Promise<void> {
  await data.forModule<Tables>('notes').read({ consistency: 'any' }).selectFrom('note').selectAll().limit(1).execute()
  await expect.poll(() => inRotation(data)).toBe(2)
}

test('a write is seen at once by its own session, and later by replicas', async () => {
  await allInRotation()
  const id = randomUUID()
  await session(async () => {
    await db.write().insertInto('note').values({ id, text: 'mine' }).execute()
    expect(await read(id, 'any')).toBeUndefined()
    expect(await read(id, 'own-writes')).toEqual({ text: 'mine' })
    expect(await read(id, 'latest')).toEqual({ text: 'mine' })
  })
  await expect.poll(() => read(id, 'any'), { timeout: 5000 }).toEqual({ text: 'mine' })
})

test('the position of a transaction counts too, and travels to another process', async () => {
  await allInRotation()
  const id = randomUUID()
  const writes: { position: string | undefined } = { position: undefined }
  await session(() => db.transaction((tx) => tx.insertInto('note').values({ id, text: 'mine' }).execute()), writes)
  expect(writes.position).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/)

  const elsewhere = open()
  await allInRotation(elsewhere)
  const seen = await session(
    () =>
      elsewhere
        .forModule<Tables>('notes')
        .read({ consistency: 'own-writes' })
        .selectFrom('note')
        .select('text')
        .where('id', '=', id)
        .execute(),
    { position: writes.position },
  )
  expect(seen).toEqual([{ text: 'mine' }])
  await elsewhere.close()
})

test.each(['unknown', 'FFFFFFFF/FFFFFFFF', `0/0'; drop table notes.note; --`])(
  'the position %j is served by the primary',
  async (position) => {
    await allInRotation()
    const before = readsByReplicas()
    await session(() => read(randomUUID(), 'own-writes'), { position })
    expect(readsByReplicas()).toBe(before)
  },
)

test('mixed load: no session reads behind its own write, and replicas take at least 60 % of the reads', async () => {
  await allInRotation()
  const before = readsByReplicas()
  let reads = 0
  let stale = 0
  const one = (number: number) =>
    session(async () => {
      const id = randomUUID()
      // One session in five writes; it reads its own row and others read what there is, as in an application.
      const wrote = number % 5 === 0
      if (wrote)
        await db
          .write()
          .insertInto('note')
          .values({ id, text: String(number) })
          .execute()
      for (let turn = 0; turn < 5; turn += 1) {
        const found = await read(id, 'own-writes')
        reads += 1
        if (wrote && found?.text !== String(number)) stale += 1
      }
    })
  for (let wave = 0; wave < 80; wave += 1)
    await Promise.all(Array.from({ length: 20 }, (_, index) => one(wave * 20 + index)))
  expect(stale).toBe(0)
  expect((readsByReplicas() - before) / reads).toBeGreaterThanOrEqual(0.6)
})

test('a new process finds its replicas in rotation at once, also while the primary is written to', async () => {
  const fresh = open()
  let writing = true
  const write = () => db.write().insertInto('note').values({ id: randomUUID(), text: 'x' }).execute()
  await write()
  const writer = (async () => {
    while (writing) await write()
  })()
  try {
    await fresh.ping()
    const asked = () => fresh.replicas.filter(({ lagMs }) => lagMs !== undefined).length
    await expect.poll(asked, { interval: 1 }).toBe(2)
    const notes = fresh.forModule<Tables>('notes')
    for (let turn = 0; turn < 100; turn += 1)
      await notes.read({ consistency: 'any' }).selectFrom('note').select('id').limit(1).execute()
    expect(fresh.replicas.map(({ condition }) => condition)).toEqual(['in-rotation', 'in-rotation'])
    expect(fresh.replicas.reduce((sum, { reads }) => sum + reads, 0)).toBe(100)
  } finally {
    writing = false
    await writer
    await fresh.close()
  }
})

test('a replica that is killed and started again under load: no failed read, and it takes reads again', async () => {
  await allInRotation()
  const [victim] = servers.replicas
  let over = false
  const failures: string[] = []
  const readers = Array.from({ length: 8 }, async () => {
    while (!over) {
      await read(randomUUID(), 'any').catch((error: unknown) =>
        failures.push(isFootingError(error) ? `${error.code}: ${error.message}` : String(error)),
      )
    }
  })
  await victim?.kill()
  await expect.poll(() => inRotation()).toBe(1)
  await victim?.start()
  await expect.poll(() => inRotation(), { timeout: 20_000 }).toBe(2)
  over = true
  await Promise.all(readers)
  expect(failures).toEqual([])
})

test('a replica that is too late leaves rotation, and comes back when it has caught up', async () => {
  const strict = open({ maxReplicaLagMs: 200 })
  const notes = strict.forModule<Tables>('notes')
  await allInRotation(strict)
  await notes.write().insertInto('note').values({ id: randomUUID(), text: 'x' }).execute()
  await expect
    .poll(() => strict.replicas.map(({ condition }) => condition), { interval: 10 })
    .toEqual(['lagging', 'lagging'])
  await expect.poll(() => inRotation(strict), { timeout: 5000 }).toBe(2)
  await strict.close()
})

test('a replica that hangs is left out', async () => {
  const proxy = await openChaosProxy(servers.replicas[0]?.url ?? '')
  const shaky = open({ replicaUrls: [proxy.url] })
  const notes = shaky.forModule<Tables>('notes')
  const list = () => notes.read({ consistency: 'any' }).selectFrom('note').select('id').limit(1).execute()
  await list()
  await expect.poll(() => inRotation(shaky)).toBe(1)
  proxy.freeze(true)
  await expect.poll(() => inRotation(shaky), { timeout: 10_000 }).toBe(0)
  await list()
  proxy.freeze(false)
  await expect.poll(() => inRotation(shaky), { timeout: 10_000 }).toBe(1)
  await shaky.close()
  await proxy.close()
})

test('a primary in the list of replicas takes no reads as one', async () => {
  const wrong = open({ replicaUrls: [servers.url] })
  await wrong.forModule<Tables>('notes').read({ consistency: 'any' }).selectFrom('note').select('id').limit(1).execute()
  await expect.poll(() => wrong.replicas[0]?.condition).toBe('not-a-replica')
  await wrong.close()
})

test('a table that a replica does not have yet is read from the primary', async () => {
  await allInRotation()
  const table = `t${randomUUID().replaceAll('-', '')}`
  await db.query(`create table notes.${table} (id text)`)
  const fresh = source.forModule<Record<string, { id: string }>>('notes')
  expect(await fresh.read({ consistency: 'any' }).selectFrom(table).select('id').execute()).toEqual([])
})

test('reads refuse what writes', async () => {
  const hidden = db
    .read()
    .with('made', (q) => q.insertInto('note').values({ id: 'x', text: 'x' }).returning('id'))
    .selectFrom('made')
    .select('id')
  const error = await hidden.execute().catch((e: unknown) => e)
  expect(isFootingError(error, 'data-write-in-read')).toBe(true)
})
