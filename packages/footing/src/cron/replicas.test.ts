// Four replicas whose clocks are up to three minutes apart, killed in the middle of ticks: each tick has one effective run.
// npm run test:cron-skew does the same for longer, with the clock of the whole process moved by faketime.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { provisionDatabase } from '../app/provision-database.ts'
import { openDataSource } from '../data/data-source.ts'
import { startTestApp } from '../testing/start-test-app.ts'
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts'
import { openCronAdmin } from './admin.ts'
import { app } from './replica.fixture.ts'

const seconds = Number(process.env.FOOTING_CRON_SECONDS ?? 5)
const kills = Number(process.env.FOOTING_CRON_KILLS ?? 2)
const faketime = process.env.FOOTING_FAKETIME
const skews = [-90, -30, 30, 90]
const program = fileURLToPath(new URL('./replica.fixture.ts', import.meta.url))

let database: TestDatabase
const alive = new Map<number, { readonly skew: number; readonly child: ChildProcess }>()
const killed = new Set<number>()

const runTable = `create table public.run (
  tick timestamptz, attempt int, pid int, shown timestamptz, began timestamptz default clock_timestamp(), ended timestamptz)`

beforeAll(async () => {
  database = await createTestDatabase()
  await provisionDatabase(database.directUrl, app)
  await database.query(runTable)
})
afterAll(async () => {
  for (const pid of alive.keys()) process.kill(pid, 'SIGKILL')
  await database?.drop()
})

async function replica(skew: number): Promise<void> {
  const node = [process.execPath, '--conditions=@footing/source', program]
  const [command = '', ...words] =
    faketime === undefined ? node : [faketime, '-f', `${skew < 0 ? '' : '+'}${skew}s`, ...node]
  const child = spawn(command, words, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      DATABASE_URL: database.url,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      ...(faketime === undefined ? { SKEW_MS: String(skew * 1000) } : {}),
    },
  })
  // Its own number: faketime starts it as a process of its own.
  const [said] = await once(child.stdout, 'data')
  alive.set(Number(said), { skew, child })
}

/** Ends a process that is in the middle of a tick, and starts another one. */
async function killOne(): Promise<void> {
  for (;;) {
    const rows = await database.query('select pid from public.run where ended is null order by began desc')
    const pid = rows.map((row) => Number(row.pid)).find((one) => alive.has(one))
    const found = pid === undefined ? undefined : alive.get(pid)
    if (pid !== undefined && found !== undefined) {
      killed.add(pid)
      alive.delete(pid)
      process.kill(pid, 'SIGKILL')
      await once(found.child, 'exit')
      return replica(found.skew)
    }
    await delay(20)
  }
}

async function storeTime(seconds = 0): Promise<string> {
  const [row] = await database.query(
    `select (date_trunc('second', clock_timestamp()) + $1 * interval '1 second')::text as now`,
    [seconds],
  )
  return String(row?.now)
}

test('one effective run for each tick, whatever clocks say and whoever dies', {
  timeout: 60_000 + seconds * 4000,
}, async () => {
  await Promise.all(skews.map(replica))
  // The first whole second that all replicas see: what came before the declaration has no tick.
  const begin = await storeTime(1)
  const end = delay(seconds * 1000)
  for (let count = 0; count < kills; count += 1) {
    await killOne()
    await delay((seconds * 1000) / (kills + 1) / 4)
  }
  await end
  const last = await storeTime()

  // The last tick may not be decided yet, and what died in a tick begins again when its lease of 15 seconds has ended.
  for (let open = 1; open > 0; ) {
    await delay(250)
    const [row] = await database.query(
      `select count(*) filter (where tick <= $1 and state in ('waiting', 'running'))::int
         + (count(*) filter (where tick = $1) = 0)::int as open from footing_cron.tick`,
      [last],
    )
    open = Number(row?.open)
  }

  // Every second has its tick, and each of them is done.
  const undone = await database.query(
    `select s::text as second, t.state from generate_series($1::timestamptz, $2::timestamptz, '1 second') s
     left join footing_cron.tick t on t.schedule = 'shop.beat' and t.tick = s where t.state is distinct from 'done'`,
    [begin, last],
  )
  expect(undone).toEqual([])
  const runs = await database.query(
    `select tick::text as tick, attempt, pid, ended is not null as ended,
       extract(epoch from shown - began)::float8 as skew from public.run where tick >= $1 and tick <= $2 order by tick, began`,
    [begin, last],
  )
  // One run for each tick, but for those whose process was killed.
  const survived = runs.filter(({ pid }) => !killed.has(Number(pid)))
  const [ticks] = await database.query(
    `select count(*)::int as count from footing_cron.tick where tick between $1 and $2`,
    [begin, last],
  )
  const done = new Set(runs.filter(({ ended }) => ended).map(({ tick }) => tick))
  expect(done.size).toBe(ticks?.count)
  expect(new Set(survived.map(({ tick }) => tick)).size).toBe(survived.length)
  expect(new Set(runs.map(({ tick, attempt }) => `${tick} ${attempt}`)).size).toBe(runs.length)
  const again = runs.filter(({ attempt }) => Number(attempt) > 1)
  for (const { tick, attempt } of again) {
    const before = runs.find((run) => run.tick === tick && Number(run.attempt) === Number(attempt) - 1)
    // Killed before it could record its run, or after.
    if (before !== undefined) expect(killed).toContain(Number(before.pid))
  }
  expect(again.length).toBeGreaterThanOrEqual(Math.min(1, kills))
  expect(killed.size).toBe(kills)
  // The clocks were as wrong as they were meant to be.
  for (const { skew } of survived) expect(skews.some((meant) => Math.abs(meant - Number(skew)) < 5)).toBe(true)
  process.stderr.write(
    `${done.size} ticks, ${runs.length} runs, ${killed.size} kills, ${again.length} begun again, ` +
      `${new Set(survived.map(({ pid }) => pid)).size} processes\n`,
  )
})

test('a module that lives in another process fires there', async () => {
  const running = await startTestApp(app, {
    ownership: false,
    place: { module: 'shop', entry: new URL('./replica.fixture.ts', import.meta.url).href },
  })
  const data = openDataSource({ url: running.database.url, poolSize: 1 })
  try {
    await running.database.query(runTable)
    const admin = openCronAdmin(data)
    await admin.pause('shop.beat')
    await admin.trigger('shop.closing')
    let rows: readonly Readonly<Record<string, unknown>>[] = []
    while (rows.length === 0) {
      await delay(100)
      rows = await running.database.query('select pid from public.run where attempt = 0')
    }
    expect(rows).toHaveLength(1)
    expect(rows[0]?.pid).not.toBe(process.pid)
  } finally {
    await data.close()
    await running.stop()
  }
})
