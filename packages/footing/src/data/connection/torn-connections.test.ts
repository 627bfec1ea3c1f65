// Connections that are cut at any byte, callers that leave at any moment: every answer reaches its own caller, and what was
// told about a transaction is true.
import { AsyncLocalStorage } from 'node:async_hooks'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { isFootingError } from '@footing/kernel'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import type { QueryScope } from '../contract/contract.ts'
import { openDataSource } from '../data-source.ts'
import { compiled } from '../query/compiled-query.ts'

interface Tables {
  entry: { id: number; side: string }
}

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
  await database.query('create schema ledger')
  await database.query('create table ledger.entry (id int, side text, primary key (id, side))')
  await database.query('create table ledger.word (tag text primary key)')
})
afterAll(() => database.drop())

/** Numbers from 0 to 1, the same ones for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Stands in front of a server and tears nine of ten connections after some number of bytes, in the middle of any message. */
async function openShears(url: string, random: () => number): Promise<{ url: string; close(): void; torn(): number }> {
  const { hostname: host, port } = new URL(url)
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let torn = 0
  const server: Server = createServer((client) => {
    const upstream = connect({ host, port: Number(port) })
    const pair = [client, upstream] as const
    // Logging in takes about 900 bytes: some are torn before they are of use.
    let left = random() < 0.1 ? Number.POSITIVE_INFINITY : 600 + random() * 6_000
    const pass = (from: Socket, to: Socket) => (chunk: Buffer) => {
      const part = chunk.subarray(0, Math.max(0, Math.floor(left)))
      left -= chunk.length
      to.write(part)
      if (left > 0) return
      torn += 1
      from.destroy()
      to.end()
    }
    client.on('data', pass(client, upstream))
    upstream.on('data', pass(upstream, client))
    for (const socket of pair) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        for (const other of pair) if (other !== socket) other.end()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve))
  const address = server.address()
  target.port = String(typeof address === 'object' && address !== null ? address.port : 0)
  return {
    url: target.href,
    torn: () => torn,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

const entriesOf = compiled<Tables, { id: number }>()((q, { id }) =>
  q.selectFrom('entry').select(['id', 'side']).where('id', '=', id),
)

test.each([
  ['direct', () => database.directUrl],
  ['through PgBouncer', () => database.url],
])('torn connections and callers that leave, %s', async (_way, urlOf) => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const random = randomFrom(seed)
  await database.query('truncate ledger.entry')
  const shears = await openShears(urlOf(), random)
  const scopes = new AsyncLocalStorage<QueryScope>()
  const source = openDataSource({ url: shears.url, poolSize: 8, scope: () => scopes.getStore() })
  const db = source.forModule<Tables>('ledger')
  const faults: string[] = []
  const told = new Map<number, 'stored' | 'not stored' | 'unknown'>()
  const outcomes = new Map<string, number>()

  const check = (id: number, what: string, seen: unknown, expected: unknown): void => {
    if (JSON.stringify(seen) !== JSON.stringify(expected)) faults.push(`${id} ${what}: ${JSON.stringify(seen)}`)
  }
  const asks = async (id: number): Promise<void> => {
    const [row] = await db.query<{ tag: string }>(`select '${id}' || $1::text as tag, pg_sleep($2)`, [
      `-${id}`,
      random() / 500,
    ])
    check(id, 'unnamed', row?.tag, `${id}-${id}`)
  }
  const reads = async (id: number): Promise<void> =>
    check(id, 'named', await entriesOf.execute(db.read(), { id: -id }), [])
  const writes = async (id: number): Promise<void> => {
    told.set(id, 'unknown')
    const fails = random() < 0.2
    const begins = Math.floor(random() * 3)
    try {
      await db.transaction(async (tx) => {
        if (begins === 0) check(id, 'first', await entriesOf.execute(tx, { id }), [])
        if (begins === 1) await tx.query('select 1; select 2')
        await tx.query(`insert into ledger.entry values ($1, 'debit')`, [id])
        await tx
          .savepoint(() => tx.query(`insert into ledger.entry values ($1, 'debit')`, [id]))
          .catch((error: unknown) => {
            if (!isFootingError(error, 'data-unique-violation')) throw error
          })
        await tx.query(`insert into ledger.entry values ($1, 'credit')`, [id])
        check(id, 'own rows', (await entriesOf.execute(tx, { id })).length, 2)
        if (fails) throw new RangeError('changed its mind')
      })
      told.set(id, 'stored')
    } catch (error) {
      const open = isFootingError(error) && /^data-(connection-lost|timeout|cancelled)$/.test(error.code)
      told.set(id, open ? 'unknown' : 'not stored')
      throw error
    }
  }
  const one = async (id: number): Promise<void> => {
    const kind = [asks, reads, writes][Math.floor(random() * 3)] ?? asks
    const leaving = new AbortController()
    const scope: QueryScope = {
      ...(random() < 0.3 ? { signal: leaving.signal } : {}),
      ...(random() < 0.2 ? { deadlineAt: Date.now() + Math.floor(random() * 60) } : {}),
    }
    if (scope.signal !== undefined) void delay(random() * 40).then(() => leaving.abort())
    const outcome = await scopes
      .run(scope, () => kind(id))
      .then(
        () => 'done',
        (error: unknown) => (isFootingError(error) ? error.code : `${error}`),
      )
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  let next = 0
  const callers = Array.from({ length: 24 }, async () => {
    while (next < 1_000) {
      next += 1
      await one(next)
    }
  })
  await Promise.all(callers)

  const rows = await database.query('select id, count(*)::int as sides from ledger.entry group by id')
  const stored = new Map(rows.map(({ id, sides }) => [Number(id), Number(sides)]))
  for (const [id, sides] of stored) if (sides !== 2) faults.push(`${id} is stored by half`)
  for (const [id, outcome] of told) {
    if (outcome === 'stored' && !stored.has(id)) faults.push(`${id} was told to be stored`)
    if (outcome === 'not stored' && stored.has(id)) faults.push(`${id} was told not to be stored`)
  }
  const known =
    /^(done|RangeError: changed its mind|data-(connection-lost|connection-refused|timeout|cancelled|pool-exhausted))$/
  for (const outcome of outcomes.keys()) if (!known.test(outcome)) faults.push(`unexpected: ${outcome}`)
  expect(faults, `seed ${seed}`).toEqual([])
  expect(shears.torn()).toBeGreaterThan(10)
  expect(source.stats).toMatchObject({ waiting: 0, open: source.stats.idle })

  // Whoever is served now gets a connection without anything of before.
  const states = await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      db
        .query(`select ${n} as n, current_setting('lock_timeout') as limit, pg_current_xact_id_if_assigned() as xid`)
        .catch(String),
    ),
  )
  states.forEach((rows, n) => {
    if (typeof rows !== 'string') expect(rows).toEqual([{ n, limit: '0', xid: null }])
    else expect(rows).toMatch(/connection/)
  })
  await source.close()
  shears.close()
  await expect
    .poll(() =>
      database.query(`select query from pg_stat_activity where datname = current_database() and state like 'idle in%'`),
    )
    .toEqual([])
})
