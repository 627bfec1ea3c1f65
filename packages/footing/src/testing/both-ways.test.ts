// The test kit over two processes: the same test in every placement, one time, one count of statements, nothing left.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { manualClock } from '@footing/kernel'
import { describe, expect, test } from 'vitest'
import { app } from './both-ways/both-ways.fixture.ts'
import type { RehearsalNotes, RehearsalPlan } from './both-ways/rehearsal-notes.ts'
import { findSharedReference } from './both-ways/shared-reference.ts'
import { bothWays } from './both-ways.ts'
import { startTestApp } from './start-test-app.ts'

const entry = new URL('./both-ways/both-ways.fixture.ts', import.meta.url)

test('a test runs once in one process and once for each module elsewhere', async () => {
  const pids: number[] = []
  const run = bothWays({ app, entry, pooled: false }, async (running) => {
    const { stock } = running.app.ports
    expect(await stock.put({ id: 1 })).toMatchObject({ name: 'item 1' })
    expect(await stock.all()).toEqual([1])
    pids.push(await stock.pid())
  })
  await run()
  // All here, then names, stock and desk leave in turn.
  expect(pids.map((pid) => pid === process.pid)).toEqual([true, true, false, true])
})

test('a failure says in which placement it happened', async () => {
  const run = bothWays({ app, entry, modules: ['stock'], pooled: false }, async (running) => {
    expect(await running.app.ports.stock.pid()).toBe(process.pid)
  })
  await expect(run()).rejects.toThrow('(stock in another process)')
})

test('one clock, one count of statements, one database', async () => {
  const clock = manualClock(Date.parse('2026-01-01T00:00:00Z'))
  const running = await startTestApp(app, { clock, pooled: false, place: { module: 'stock', entry } })
  const { stock } = running.app.ports
  await clock.advance(86_400_000)
  expect(await stock.put({ id: 7 })).toEqual({ name: 'item 7', at: '2026-01-02T00:00:00.000Z' })
  expect(running.queries.count()).toBe(1)
  expect(await running.database.query('select id from stock.item')).toEqual([{ id: 7 }])
  await fetch(`${running.url}/v1/names`)
  expect(running.queries.count('GET /v1/names')).toBe(1)
  const pid = await stock.pid()
  await running.stop()
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test('an entry that is another application, or none, is told', async () => {
  for (const file of ['./both-ways/messages.ts', './nothing.ts', '../placement/shop.fixture.ts']) {
    const place = { module: 'stock', entry: new URL(file, import.meta.url) }
    await expect(startTestApp(app, { pooled: false, place })).rejects.toMatchObject({ code: 'second-process-failed' })
  }
})

describe('a rehearsal', () => {
  const calm: Omit<RehearsalPlan, 'notes'> = {
    latencyMs: 0,
    duplicateEvery: 0,
    loseEvery: 0,
    loseAll: false,
    restartAfter: 0,
  }

  async function rehearse(
    plan: Partial<RehearsalPlan>,
    work: (running: Awaited<ReturnType<typeof start>>) => Promise<void>,
  ) {
    const notes = await mkdtemp(join(tmpdir(), 'footing-notes-'))
    const running = await start({ ...calm, ...plan, notes })
    await work(running).finally(() => running.stop())
    const files = await readdir(notes)
    const all = await Promise.all(files.map((file) => readFile(join(notes, file), 'utf8')))
    await rm(notes, { recursive: true })
    const [own] = all
      .map((text) => JSON.parse(text) as RehearsalNotes)
      .filter(({ calls }) => Object.keys(calls).some((label) => label.startsWith('stock.')))
    if (own === undefined) throw new Error('nothing was noted')
    return own
  }
  const start = (rehearsal: RehearsalPlan) =>
    startTestApp(app, { pooled: false, place: { module: 'stock', entry, rehearsal } })

  test('finds an operation that is declared idempotent and is not', async () => {
    const notes = await rehearse({ duplicateEvery: 1 }, async ({ app: { ports } }) => {
      await ports.stock.put({ id: 1 })
      expect(await ports.stock.take({ id: 1 })).toBe(1)
      expect(await ports.stock.all()).toEqual([])
    })
    expect(notes.calls['stock.take']).toMatchObject({ seconds: 1, secondFailed: { 'operation-failed': 1 } })
    expect(notes.calls['stock.all']).toMatchObject({ seconds: 1, secondFailed: {}, secondDiffered: 0 })
    expect(notes.calls['stock.put']).toMatchObject({ seconds: 0, idempotent: false })
    expect(notes.disturbed).toEqual({ duplicates: 2, lost: 0, restarts: 0 })
  })

  test('lost answers are asked for again where that is harmless, and a caller that repeats blindly is noted', async () => {
    const notes = await rehearse({ loseEvery: 1, loseAll: true }, async ({ app: { ports } }) => {
      const first = ports.stock.put({ id: 1 })
      await expect(first).rejects.toMatchObject({ code: 'call-interrupted' })
      expect(await ports.stock.all()).toEqual([1])
    })
    expect(notes.calls['stock.put']?.codes).toEqual({ 'call-interrupted': 1 })
    expect(notes.calls['stock.all']?.codes).toEqual({})
  })

  test('the process is replaced while calls go on, and a route that calls in a loop is counted', async () => {
    const pids = new Set<number>()
    const notes = await rehearse({ restartAfter: 3, latencyMs: 1 }, async ({ app: { ports }, url }) => {
      for (let id = 1; id <= 8; id++) await ports.stock.put({ id })
      await expect.poll(async () => pids.add(await ports.stock.pid()).size, { timeout: 20_000 }).toBe(2)
      expect(await ports.stock.all()).toHaveLength(8)
      expect(await (await fetch(`${url}/v1/names`)).json()).toHaveLength(8)
    })
    expect(notes.disturbed.restarts).toBe(1)
    expect(notes.routes).toMatchObject([{ route: 'GET /v1/names', requests: 1, operation: 'stock.all' }])
  })
})

test('one object in two places of a value is found, equal ones are not', () => {
  const shared = { id: 1 }
  expect(findSharedReference({ a: [shared], b: { c: shared } })).toBe('/b/c')
  expect(findSharedReference({ a: { id: 1 }, b: { id: 1 }, c: [], d: [], e: null, f: 'x', g: 'x' })).toBeUndefined()
})
