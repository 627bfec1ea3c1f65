// kill -9 of a process that archives or erases: after each one every row is in the table or in a file, once, with its content.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openDataSource } from '../data/data-source.ts'
import { openStorage } from '../storage/open-storage.ts'
import { createTestDatabase } from '../testing/test-database.ts'
import { openArchive } from './archive.ts'

const kills = Number(process.env.FOOTING_ARCHIVE_KILLS ?? 30)
const lanes = 3
const program = fileURLToPath(new URL('./killed-process.fixture.ts', import.meta.url))

// The numbers of a seed, so that a run that fails can be repeated: FOOTING_ARCHIVE_SEED.
function numbersOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

interface Lane {
  readonly killed: Readonly<Record<string, number>>
  readonly survived: number
  readonly archived: number
}

async function drill(seed: number, times: number): Promise<Lane> {
  const random = numbersOf(seed)
  const database = await createTestDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'footing-drill-'))
  const data = openDataSource({ url: database.url, poolSize: 2 })
  const storage = openStorage({ folder })
  const tables = [{ module: 'shop', table: 'event', timeColumn: 'at', olderThanDays: 90, batchRows: 40 }]
  const archive = openArchive({ data, storage, tables, leaseMs: 1 })
  // What must be there: id → content. Rows of the archive are never changed; rows of the table may be at any time.
  const expected = new Map<number, string>()
  const killed: Record<string, number> = {}
  let survived = 0
  let nextId = 0

  const addRows = async (count: number): Promise<void> => {
    const rows = Array.from({ length: count }, () => ({ id: nextId++, name: `row ${random()}` }))
    for (const { id, name } of rows) expected.set(id, name)
    const text = `insert into shop.event select r.id, '2020-01-01'::timestamptz + r.id * interval '1 minute', r.name
                  from unnest($1::int[], $2::text[]) as r(id, name)`
    await database.query(text, [rows.map(({ id }) => id), rows.map(({ name }) => name)])
  }
  // A user changes and deletes rows while the process works; what the statement says it did is what must be there.
  const disturb = async (): Promise<void> => {
    const [from, name] = [Math.floor(random() * nextId), `changed ${random()}`]
    const changed = await database.query(
      'update shop.event set name = $2 where id between $1 and $1 + 3 returning id',
      [from, name],
    )
    for (const { id } of changed) expected.set(Number(id), name)
    const gone = await database.query('delete from shop.event where id = $1 returning id', [
      Math.floor(random() * nextId),
    ])
    for (const { id } of gone) expected.delete(Number(id))
  }
  const account = async (): Promise<void> => {
    const found: [number, string][] = []
    await archive.query({ module: 'shop', table: 'event', live: true }, (rows) => {
      for (const { id, name } of rows) found.push([Number(id), String(name)])
    })
    expect(found.length, 'rows doubled or lost').toBe(expected.size)
    expect(new Map(found)).toEqual(expected)
  }

  try {
    await database.query(
      'create schema shop; create table shop.event (id int primary key, at timestamptz not null, name text)',
    )
    await addRows(150)
    await archive.status()
    for (let kill = 0; kill < times; kill += 1) {
      await addRows(Math.floor(random() * 60))
      const timed = random() < 0.25
      const moment = ['before', 'during', 'after'][Math.floor(random() * 3)] ?? 'before'
      const step = timed ? 0 : 1 + Math.floor(random() * 70)
      const args = ['--conditions=@footing/source', program, database.url, folder, String(step), moment]
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
      const exited = once(child, 'exit')
      const disturbing = disturb()
      // Not a wait for anything: the point at which it dies is what is random here.
      if (timed) await Promise.race([delay(250 + random() * 500), exited]).then(() => child.kill('SIGKILL'))
      const [, signal] = await exited
      await disturbing
      if (signal === 'SIGKILL') killed[timed ? 'timed' : moment] = (killed[timed ? 'timed' : moment] ?? 0) + 1
      else survived += 1
      await account()
    }
    // One run that is left alone mends everything: no state is stuck, nothing old is left, no file is unknown.
    const [report] = await archive.run()
    expect(report?.outcome).toBe('done')
    await account()
    const [status] = await archive.status()
    expect(Object.keys(status?.states ?? {})).toEqual(['deleted'])
    expect(status?.due).toBe(0)
    expect((await archive.verify()).findings).toEqual([])
    return { killed, survived, archived: status?.states.deleted?.rows ?? 0 }
  } finally {
    await storage.close()
    await data.close()
    await database.drop()
    await rm(folder, { recursive: true })
  }
}

test(`${kills} erasures, killed at random points: nobody else's row is lost, and the last one leaves nothing`, {
  timeout: 600_000,
}, async () => {
  const random = numbersOf(Number(process.env.FOOTING_ARCHIVE_SEED ?? 20_260_601))
  const database = await createTestDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'footing-drill-'))
  const data = openDataSource({ url: database.url, poolSize: 2 })
  const storage = openStorage({ folder })
  const tables = [{ module: 'shop', table: 'event', timeColumn: 'at', olderThanDays: 90, batchRows: 40 }]
  const archive = openArchive({ data, storage, tables, leaseMs: 1 })
  await database.query(
    `create schema shop; create table shop.event (id int primary key, at timestamptz not null, owner int);
     insert into shop.event select n, timestamptz '2020-01-01Z' + n * interval '1 minute', n % ${kills + 1} from generate_series(1, 200) n`,
  )
  await archive.run()
  const rows = async () => {
    const found: string[] = []
    await archive.query({ module: 'shop', table: 'event' }, (part) => {
      for (const { id, owner } of part) found.push(`${id} of ${owner}`)
    })
    return found.toSorted()
  }
  let expected = await rows()
  const killed = { count: 0 }
  for (let owner = 0; owner < kills; owner += 1) {
    const moment = ['before', 'during', 'after'][Math.floor(random() * 3)] ?? 'before'
    const args = ['--conditions=@footing/source', program, database.url, folder, String(1 + Math.floor(random() * 40))]
    const child = spawn(process.execPath, [...args, moment, '40', String(owner)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const [, signal] = await once(child, 'exit')
    if (signal === 'SIGKILL') killed.count += 1
    const isTheirs = (row: string) => row.endsWith(` of ${owner}`)
    expect((await rows()).filter((row) => !isTheirs(row))).toEqual(expected.filter((row) => !isTheirs(row)))
    // Once more, left alone.
    const request = { module: 'shop', table: 'event', columns: ['owner'], subject: String(owner) }
    await archive.erase(request)
    expect(await archive.erase(request)).toEqual({ erased: 0, files: 0 })
    expected = expected.filter((row) => !isTheirs(row))
    expect(await rows()).toEqual(expected)
    expect((await archive.verify()).findings).toEqual([])
  }
  expect(killed.count).toBeGreaterThan(kills * 0.5)
  // Identifiers that the column cannot hold are of nobody.
  for (const subject of ["1' or true --", '1.5', '99999999999999999999', '']) {
    const none = await archive.erase({ module: 'shop', table: 'event', columns: ['owner', 'nothing'], subject })
    expect(none).toEqual({ erased: 0, files: 0 })
  }
  await storage.close()
  await data.close()
  await database.drop()
  await rm(folder, { recursive: true })
})

test(`${kills} processes, killed at random points`, { timeout: 600_000 }, async () => {
  const seed = Number(process.env.FOOTING_ARCHIVE_SEED ?? 20_260_601)
  const results = await Promise.all(
    Array.from({ length: lanes }, (_, lane) => drill(seed + lane, Math.ceil(kills / lanes))),
  )
  const total = results.flatMap(({ killed }) => Object.values(killed)).reduce((sum, count) => sum + count, 0)
  // A drill in which hardly anything died would prove nothing.
  expect(total, JSON.stringify(results)).toBeGreaterThan(kills * 0.7)
  for (const { archived } of results) expect(archived).toBeGreaterThan(100)
  process.stderr.write(`archive drill: ${JSON.stringify(results)}\n`)
})
