// What PostgreSQL has of its own: a database that goes away, parts that somebody reads, rights of modules.
import { manualClock } from '@footing/kernel'
import { expect, test } from 'vitest'
import { openDataSource } from '../../data/data-source.ts'
import { openChaosProxy } from '../../testing/chaos-proxy.ts'
import { createTestDatabase } from '../../testing/test-database.ts'
import { defineEvent } from '../define-event.ts'
import { openAnalytics } from '../open-analytics.ts'

const event = defineEvent({ name: 'visit', dimensions: { page: 'text' }, measures: { ms: 'int' } })

test('the database goes away in the middle and comes back: bounds hold, what was accepted is there once', async () => {
  const database = await createTestDatabase()
  const proxy = await openChaosProxy(database.url)
  const data = openDataSource({ url: proxy.url, poolSize: 2, connectTimeoutMs: 500 })
  const analytics = openAnalytics({ data, events: [event], maxWaiting: 500, batchSize: 50, attemptMs: 300 })
  await analytics.track(event)
  await analytics.flush()
  // Answers are held back first, so that attempts end by their own limit; then there is nothing to connect to.
  proxy.freeze(true)
  for (let n = 0; n < 100; n += 1) await analytics.track(event, { measures: { ms: n } })
  await expect.poll(() => analytics.stats.failedAttempts, { timeout: 20_000 }).toBeGreaterThan(1)
  proxy.accept(false)
  proxy.cut()
  for (let n = 100; n < 2000; n += 1) {
    await analytics.track(event, { measures: { ms: n } })
    expect(analytics.stats.waiting).toBeLessThanOrEqual(500)
  }
  await expect(analytics.flush({ timeoutMs: 300 })).rejects.toMatchObject({ code: 'analytics-flush-late' })
  const { accepted, dropped } = analytics.stats
  expect(dropped).toBeGreaterThan(1000)
  expect(accepted + dropped).toBe(2001)
  proxy.freeze(false)
  proxy.accept(true)
  await analytics.flush({ timeoutMs: 20_000 })
  expect(analytics.stats).toMatchObject({ stored: accepted, waiting: 0, lost: 0 })
  const [found] = await database.query(
    'select count(*)::int as stored, count(distinct m_ms)::int as different from footing_analytics.event_visit',
  )
  expect(found).toEqual({ stored: accepted, different: accepted - 1 })
  await analytics.close()
  await data.close()
  await proxy.close()
  await database.drop()
})

test('a part that somebody reads is dropped by a later run; inserts go on meanwhile', async () => {
  const database = await createTestDatabase()
  const data = openDataSource({ url: database.url, poolSize: 4 })
  const clock = manualClock(Date.UTC(2026, 0, 15))
  const analytics = openAnalytics({ data, events: [event], clock, keepDays: 60, maintainEveryMs: 0 })
  await analytics.track(event)
  await analytics.flush()
  await clock.advance(120 * 86_400_000)
  await data.forModule('footing').transaction(async (tx) => {
    await tx.query('select count(*) from footing_analytics.event_visit')
    expect(await analytics.maintain()).toEqual({ created: 4, dropped: 0, postponed: true })
    await analytics.track(event)
    await analytics.flush()
  })
  // January and February are over for longer than 60 days in the middle of May.
  expect(await analytics.maintain()).toEqual({ created: 0, dropped: 2, postponed: false })
  const [found] = await database.query('select count(*)::int as n from footing_analytics.event_visit')
  expect(found).toEqual({ n: 1 })
  await analytics.close()
  await data.close()
  await database.drop()
})

test('tokens are forgotten after a day, so that their table stays small', async () => {
  const database = await createTestDatabase()
  const data = openDataSource({ url: database.url, poolSize: 2 })
  const analytics = openAnalytics({ data, events: [event] })
  for (let n = 0; n < 3; n += 1) {
    await analytics.track(event)
    await analytics.flush()
  }
  await database.query(
    `update footing_analytics.batch set stored_at = now() - interval '25 hours'
     where token in (select token from footing_analytics.batch limit 2)`,
  )
  await analytics.maintain()
  expect(await database.query('select count(*)::int as n from footing_analytics.batch')).toEqual([{ n: 1 }])
  await analytics.close()
  await data.close()
  await database.drop()
})

test('a role without rights adds events in its own transaction and can neither read nor change them', async () => {
  const database = await createTestDatabase()
  const role = `footing_analytics_${process.pid}`
  const data = openDataSource({ url: database.url, poolSize: 3 })
  const limited = openDataSource({
    url: database.url,
    poolSize: 3,
    roleOf: (name) => (name === 'shop' ? role : undefined),
  })
  const analytics = openAnalytics({ data, events: [event] })
  await database.query(`create role ${role}`)
  await database.query('create schema shop')
  await database.query(`grant usage on schema shop to ${role}`)
  try {
    await limited.forModule('shop').transaction((tx) => analytics.track.in(tx, event, { measures: { ms: 1 } }))
    for (const text of ['select * from', 'delete from']) {
      const forbidden = limited.forModule('shop').transaction((tx) => tx.query(`${text} footing_analytics.event_visit`))
      await expect(forbidden).rejects.toMatchObject({ code: 'data-foreign-table' })
    }
    expect(await database.query('select m_ms::int as ms from footing_analytics.event_visit')).toEqual([{ ms: 1 }])
  } finally {
    await analytics.close()
    await limited.close()
    await data.close()
    await database.query(`drop owned by ${role}`)
    await database.query(`drop role ${role}`)
    await database.drop()
  }
})

test('a question that takes too long ends with its own code', async () => {
  const database = await createTestDatabase()
  const data = openDataSource({ url: database.url, poolSize: 3 })
  const analytics = openAnalytics({ data, events: [event] })
  await analytics.track(event)
  await analytics.flush()
  const range = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) }
  await data.forModule('footing').transaction(async (tx) => {
    await tx.query('lock table footing_analytics.event_visit in access exclusive mode')
    const late = analytics.query({ event, ...range, select: { n: 'count' }, timeoutMs: 100 })
    await expect(late).rejects.toMatchObject({ code: 'analytics-timeout' })
  })
  await analytics.close()
  await data.close()
  await database.drop()
})
