// Rehearsal: without any pooler, code that relies on a session fails at once, and the same code fails behind PgBouncer.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import type { DataSource } from '../contract/contract.ts'
import { openDataSource } from '../data-source.ts'

let database: TestDatabase
let source: DataSource

beforeAll(async () => {
  database = await createTestDatabase()
  // Hidden in a function, where no look at the statement can find it.
  await database.query(`create function remember(what text) returns void language sql
    as $$ select set_config('app.who', what, false) $$`)
  await database.query('create table public.notes (id serial primary key)')
})

afterEach(() => source.close())
afterAll(() => database.drop())

const who = async () => {
  const [row] = await source
    .forModule('x')
    .query<{ who: string | null }>(`select current_setting('app.who', true) as who`)
  return row?.who ?? ''
}
const pid = async () => (await source.forModule('x').query<{ pid: number }>('select pg_backend_pid() as pid'))[0]?.pid

test('without rehearsal hidden session state seems to work: the mistake goes unseen', async () => {
  source = openDataSource({ url: database.directUrl, poolSize: 3 })
  await source.forModule('x').query(`select remember('me')`)
  expect(await who()).toBe('me')
})

test('in rehearsal it is gone with the next statement, on every connection', async () => {
  source = openDataSource({ url: database.directUrl, poolSize: 3, rehearsal: true })
  for (let turn = 0; turn < 8; turn += 1) {
    await source.forModule('x').query(`select remember('me')`)
    expect(await who()).toBe('')
  }
})

test('two statements never share a connection, and a transaction has one', async () => {
  source = openDataSource({ url: database.directUrl, poolSize: 3, rehearsal: true })
  let last = await pid()
  for (let turn = 0; turn < 8; turn += 1) {
    const next = await pid()
    expect(next).not.toBe(last)
    last = next
  }
  const inside = await source.forModule('x').transaction(async (tx) => {
    const ask = async () => (await tx.query<{ pid: number }>('select pg_backend_pid() as pid'))[0]?.pid
    return [await ask(), await ask(), await ask()]
  })
  expect(new Set(inside).size).toBe(1)
})

test('with a single connection the state is gone all the same', async () => {
  source = openDataSource({ url: database.directUrl, poolSize: 1, rehearsal: true })
  await source.forModule('x').query(`select remember('me')`)
  expect(await who()).toBe('')
})

test('many at once get along', async () => {
  source = openDataSource({ url: database.directUrl, poolSize: 3, rehearsal: true })
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, n) => source.forModule('x').query<{ n: number }>('select $1::int as n', [n])),
  )
  expect(answers.map(([row]) => row?.n)).toEqual(Array.from({ length: 60 }, (_, n) => n))
  expect(source.stats.open).toBeLessThanOrEqual(3)
})

test('a real pooler does to it what the rehearsal does: strangers see the state', async () => {
  source = openDataSource({ url: database.url, poolSize: 3 })
  const [first, second] = [source, openDataSource({ url: database.url, poolSize: 3 })]
  await first.forModule('x').query(`select remember('me')`)
  const [row] = await second
    .forModule('x')
    .query<{ who: string | null }>(`select current_setting('app.who', true) as who`)
  expect(row?.who).toBe('me')
  await second.close()
})
