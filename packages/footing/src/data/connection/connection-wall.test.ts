// The wall in small: more callers than PostgreSQL has connections. Straight to it some are refused, through PgBouncer none.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isFootingError } from '@footing/kernel'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEmbeddedPostgres } from '../../servers/embedded/embedded-postgres.ts'
import { findPgBouncer, type PgBouncer, startPgBouncer } from '../../servers/pooler/start-pgbouncer.ts'
import { testServer } from '../../testing/test-servers.ts'
import type { DataSource, EmbeddedServer } from '../contract/contract.ts'
import { openDataSource } from '../data-source.ts'

const processes = 10
const poolSize = 10
const callers = 500

let folder: string
let server: EmbeddedServer
let pooler: PgBouncer

beforeAll(async () => {
  // Whoever asks the desk for a pooler has the program afterwards.
  await testServer('pgbouncer')
  folder = await mkdtemp(join(tmpdir(), 'footing-wall-'))
  const settings = { max_connections: '20', fsync: 'off' }
  server = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), settings, temporary: true })
  pooler = await startPgBouncer({
    program: (await findPgBouncer(process.env)) ?? 'pgbouncer',
    serverUrl: server.url,
    folder: join(folder, 'pgbouncer'),
    settings: { default_pool_size: '10', server_idle_timeout: '1' },
  })
})

afterAll(async () => {
  await pooler?.stop()
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** As many data sources as an application has processes, and callers at all of them at once: answers by code. */
async function rush(url: string): Promise<Readonly<Record<string, number>>> {
  const sources: DataSource[] = Array.from({ length: processes }, () => openDataSource({ url, poolSize }))
  const outcomes: Record<string, number> = {}
  const call = async (number: number): Promise<string> => {
    const source = sources[number % processes]
    try {
      await source?.forModule('x').transaction(async (tx) => {
        await tx.query('select pg_sleep(0.002)')
        await tx.query('select 1')
      })
      return 'answered'
    } catch (error) {
      return isFootingError(error) ? error.code : String(error)
    }
  }
  for (const outcome of await Promise.all(Array.from({ length: callers }, (_, number) => call(number)))) {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  }
  await Promise.all(sources.map((source) => source.close()))
  return outcomes
}

test('straight to the server callers are refused, with the code that says so and nothing else', async () => {
  const { answered = 0, 'data-too-many-connections': refused = 0, ...others } = await rush(server.url)
  expect(refused).toBeGreaterThan(0)
  expect(others).toEqual({})
  expect(answered + refused).toBe(callers)
})

test('through PgBouncer everybody is answered', async () => {
  expect(await rush(pooler.urlFor(server.url))).toEqual({ answered: callers })
})

test('the sum at start-up says beforehand which of the two it will be', async () => {
  const [straight, pooled] = [server.url, pooler.urlFor(server.url)].map((url) => openDataSource({ url, poolSize }))
  expect(await straight?.sizing(processes)).toMatchObject({ fits: false, wanted: 100 })
  expect(await pooled?.sizing(processes)).toMatchObject({ fits: true, pooled: true })
  await Promise.all([straight?.close(), pooled?.close()])
})
