// What the facade adds to a store: the buffer and its bounds, ages, retries, limits, closing.
import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { manualClock } from '@footing/kernel'
import { expect, test } from 'vitest'
import { analyticsOn } from './analytics.ts'
import type { AnalyticsLimits } from './analytics-limits.ts'
import type { AnalyticsDriver, Batch } from './contract/contract.ts'
import { analyticsError } from './contract/errors.ts'
import { defineEvent } from './define-event.ts'
import { openAnalytics } from './open-analytics.ts'

const event = defineEvent({ name: 'visit', dimensions: { page: 'text' }, measures: { ms: 'int' } })
const other = defineEvent({ name: 'other' })

function fakeStore(insert: (batch: Batch) => Promise<void> = async () => undefined) {
  const attempts: Batch[] = []
  const state = { prepared: 0, upkeep: 0, closed: 0 }
  const driver: AnalyticsDriver = {
    guarantees: {
      durable: false,
      transactional: false,
      atomicBatches: true,
      deduplicated: 'for-a-day',
      exactQuantiles: true,
      exactUniques: true,
    },
    prepare: async () => {
      state.prepared += 1
    },
    insert: async (batch) => {
      attempts.push(batch)
      await insert(batch)
    },
    query: async () => [],
    maintain: async () => {
      state.upkeep += 1
      return { created: 0, dropped: 0, postponed: false }
    },
    eventsOf: async () => [],
    eraseUser: async () => 0,
    countUser: async () => 0,
    ping: async () => undefined,
    close: async () => {
      state.closed += 1
    },
  }
  return { driver, attempts, state }
}

function open(driver: AnalyticsDriver, limits: Partial<AnalyticsLimits> = {}) {
  const clock = manualClock(Date.UTC(2026, 0, 1))
  return { clock, analytics: analyticsOn(driver, { events: [event, other], clock, random: () => 1, ...limits }) }
}

test('a batch is sent when it is full, or when its first event is old enough, or by flush', async () => {
  const { driver, attempts } = fakeStore()
  const { analytics, clock } = open(driver, { batchSize: 3, batchAgeMs: 500 })
  for (let n = 0; n < 4; n += 1) await analytics.track(event)
  await clock.advance(0)
  expect(attempts.map(({ rows }) => rows.length)).toEqual([3])
  await clock.advance(499)
  expect(attempts).toHaveLength(1)
  await clock.advance(1)
  expect(attempts.map(({ rows }) => rows.length)).toEqual([3, 1])
  await Promise.all([analytics.track(event), analytics.track(other)])
  await analytics.flush()
  expect(attempts.slice(2).map((batch) => batch.event.name)).toEqual(['visit', 'other'])
  expect(new Set(attempts.map(({ token }) => token)).size).toBe(4)
  expect(analytics.stats).toMatchObject({ accepted: 6, stored: 6, waiting: 0, dropped: 0, lost: 0 })
  await analytics.close()
})

test('a store that is away: the same batch again with longer pauses, the bound holds, drops are counted', async () => {
  let away = true
  const { driver, attempts } = fakeStore(async () => {
    if (away) throw analyticsError('analytics-unreachable', { reason: 'ECONNREFUSED' })
  })
  const { analytics, clock } = open(driver, { maxWaiting: 10, batchSize: 5 })
  const outcomes: string[] = []
  for (let n = 0; n < 25; n += 1) outcomes.push(await analytics.track(event))
  expect(outcomes.filter((outcome) => outcome === 'dropped')).toHaveLength(15)
  const times: number[] = []
  for (let ms = 0; ms < 8000; ms += 50) {
    const before = attempts.length
    await clock.advance(50)
    if (attempts.length > before) times.push(clock.now() - Date.UTC(2026, 0, 1))
  }
  // 250 ms, then each pause twice as long.
  expect(times).toEqual([250, 750, 1750, 3750, 7750])
  expect(new Set(attempts.map(({ token }) => token)).size).toBe(2)
  expect(analytics.stats).toMatchObject({ waiting: 10, dropped: 15, lastFailure: 'analytics-unreachable' })
  const late = expect(analytics.flush({ timeoutMs: 100 })).rejects.toMatchObject({ code: 'analytics-flush-late' })
  await clock.advance(100)
  await late
  away = false
  await analytics.flush()
  expect(analytics.stats).toMatchObject({ stored: 10, waiting: 0, lost: 0 })
  await analytics.close()
})

test('what cannot be stored for too long is lost and counted, and leaves its place', async () => {
  const { driver } = fakeStore(async () => {
    throw new Error('broken')
  })
  const { analytics, clock } = open(driver, { giveUpAfterMs: 60_000, batchAgeMs: 0 })
  await analytics.track(event)
  await clock.advance(100_000)
  expect(analytics.stats).toMatchObject({ lost: 1, waiting: 0, stored: 0, lastFailure: 'analytics-failed' })
  await analytics.close()
})

test('a batch that fails by itself does not hold up the others', async () => {
  const { driver } = fakeStore(async ({ event: { name } }) => {
    if (name === 'visit') throw analyticsError('analytics-failed', { operation: 'insert', reason: 'poison' })
  })
  const { analytics, clock } = open(driver, { batchAgeMs: 0 })
  await analytics.track(event)
  await analytics.track(other)
  await clock.advance(10)
  expect(analytics.stats).toMatchObject({ stored: 1, waiting: 1 })
  const closed = analytics.close()
  await clock.advance(5000)
  expect(await closed).toMatchObject({ lost: 1, waiting: 0 })
})

test('with whenFull wait, track waits for room and goes on in order; closing ends the wait', async () => {
  let release = (): void => undefined
  const { driver } = fakeStore(
    () =>
      new Promise((resolve) => {
        release = resolve
      }),
  )
  const { analytics, clock } = open(driver, { maxWaiting: 2, batchSize: 2, whenFull: 'wait' })
  await analytics.track(event)
  await analytics.track(event)
  let third: string | undefined
  const waiting = analytics.track(event).then((outcome) => {
    third = outcome
  })
  await clock.advance(10)
  expect(third).toBeUndefined()
  release()
  await waiting
  expect(third).toBe('accepted')
  await analytics.track(event)
  const fifth = analytics.track(event)
  const closing = analytics.close()
  expect(await fifth).toBe('dropped')
  await clock.advance(1)
  release()
  expect(await closing).toMatchObject({ stored: 4, dropped: 1, lost: 0 })
})

test('a buffer smaller than a batch is sent when it is full', async () => {
  const { driver, attempts } = fakeStore()
  const { analytics } = open(driver, { maxWaiting: 3, whenFull: 'wait' })
  // The clock stands still: only a full buffer can be what sends.
  for (let n = 0; n < 10; n += 1) expect(await analytics.track(event)).toBe('accepted')
  await analytics.flush()
  expect(attempts.map(({ rows }) => rows.length)).toEqual([3, 3, 3, 1])
  await analytics.close()
})

test('memory is bounded by bytes as well', async () => {
  const { driver } = fakeStore(() => new Promise(() => undefined))
  const { analytics, clock } = open(driver, { maxWaitingBytes: 10_000, closeMs: 0 })
  const page = 'x'.repeat(1000)
  for (let n = 0; n < 20; n += 1) await analytics.track(event, { dimensions: { page } })
  expect(analytics.stats.waiting).toBe(4)
  expect(analytics.stats.dropped).toBe(16)
  const closed = analytics.close()
  await clock.advance(1)
  expect(await closed).toMatchObject({ lost: 4 })
})

test('storing runs outside of the request that filled the batch', async () => {
  const request = new AsyncLocalStorage<string>()
  const seen: (string | undefined)[] = []
  const { driver } = fakeStore(async () => {
    seen.push(request.getStore())
  })
  const { analytics, clock } = open(driver, { batchSize: 2, batchAgeMs: 10 })
  await request.run('a request with a deadline', async () => {
    for (let n = 0; n < 3; n += 1) await analytics.track(event)
  })
  await clock.advance(10)
  expect(seen).toEqual([undefined, undefined])
  await analytics.close()
})

test('upkeep runs by itself, and not after closing; closing twice is closing once', async () => {
  const { driver, state } = fakeStore()
  const { analytics, clock } = open(driver, { maintainEveryMs: 1000 })
  await analytics.track(event)
  await analytics.flush()
  await clock.advance(3500)
  expect(state).toMatchObject({ prepared: 1, upkeep: 3 })
  await Promise.all([analytics.close(), analytics.close()])
  await clock.advance(10_000)
  expect(state).toMatchObject({ upkeep: 3, closed: 1 })
  expect(clock.pending).toBe(0)
  expect(await analytics.track(event)).toBe('refused')
  await expect(analytics.flush()).rejects.toMatchObject({ code: 'analytics-closed' })
  await expect(analytics.maintain()).rejects.toMatchObject({ code: 'analytics-closed' })
})

test('each fate of an event is published', async () => {
  const facts: unknown[] = []
  const listen = (fact: unknown): void => void facts.push(fact)
  subscribe('footing:analytics', listen)
  const { driver } = fakeStore()
  const { analytics } = open(driver, { maxWaiting: 1 })
  await analytics.track(event)
  await analytics.track(event)
  await analytics.track(event, { measures: { ms: Number.NaN } })
  await analytics.flush()
  await analytics.close()
  unsubscribe('footing:analytics', listen)
  expect(facts).toMatchObject([
    { what: 'dropped', event: 'visit', count: 1 },
    { what: 'refused', event: 'visit', reason: 'wrong-type' },
    { what: 'stored', event: 'visit', count: 1 },
  ])
})

test.each<Partial<AnalyticsLimits>>([
  { maxWaiting: 0 },
  { batchSize: 10_001 },
  { giveUpAfterMs: 86_400_000 },
  { keepDays: Number.NaN },
  { events: [event, event] },
])('the options %j are refused', (limits) => {
  expect(() => open(fakeStore().driver, limits)).toThrow(expect.objectContaining({ code: 'analytics-option-invalid' }))
})

test.each([
  { name: 'Visit' },
  { name: 'a"; drop table' },
  { name: 'x'.repeat(41) },
  { name: 'a', dimensions: { 'b-c': 'text' as const } },
  { name: 'a', dimensions: { b: 'date' as 'text' } },
  { name: 'a', measures: { b: 'text' as 'int' } },
  { name: 'a', dimensions: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`d${n}`, 'text' as const])) },
])('the declaration %j is refused', (declaration) => {
  expect(() => defineEvent(declaration)).toThrow(expect.objectContaining({ code: 'analytics-event-invalid' }))
})

test.each([
  'nonsense',
  'mysql://host/db',
  'clickhouse://host:8123',
  'clickhouse://user:top-secret@host/a/b',
  'clickhouse://user:top-secret@host/db?colour=red',
  'clickhouse://user:top-secret%zz@host/db',
  'clickhouse://user:top-secret%0a@host/db',
  "clickhouse://user:top-secret@host/db';--",
])('the URL %s is refused without repeating its secret', (url) => {
  let error: unknown
  try {
    openAnalytics({ url, events: [] })
  } catch (thrown) {
    error = thrown
  }
  expect(error).toMatchObject({ code: 'analytics-url-invalid' })
  expect(JSON.stringify(error) + String(error)).not.toContain('top-secret')
})

test('without a URL and without data there is no store', () => {
  expect(() => openAnalytics({ events: [] })).toThrow(expect.objectContaining({ code: 'analytics-option-invalid' }))
})
