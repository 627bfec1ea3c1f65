// Cases about storing: everything once, nothing that no store can hold, nothing for longer than it is kept.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { manualClock } from '@footing/kernel'
import type { Transaction } from '../data/contract/contract.ts'
import { analyticsOn } from './analytics.ts'
import {
  type AnalyticsCase,
  day,
  hour,
  limitsOf,
  orderEvent,
  refused,
  start,
  withAnalytics,
} from './conformance-case.ts'
import type { Analytics } from './contract/contract.ts'
import { defineEvent } from './define-event.ts'

/** The cases. */
export const storingCases: readonly AnalyticsCase[] = [
  {
    name: 'what no store can hold is refused and counted, and hurts nothing else',
    async run(harness) {
      const event = orderEvent()
      await withAnalytics(harness, { events: [event] }, async (analytics) => {
        // Past the types, as input from outside comes.
        const track = (occurrence: unknown) => analytics.track(event, occurrence as object)
        const hostile: readonly unknown[] = [
          { measures: { ms: Number.NaN } },
          { measures: { ms: Number.POSITIVE_INFINITY } },
          { measures: { ms: 1e101 } },
          { measures: { cents: 1.5 } },
          { measures: { cents: 2 ** 53 } },
          { measures: { cents: '1' } },
          { dimensions: { items: 2n } },
          { dimensions: { country: { toString: () => 'x' } } },
          { dimensions: { country: 'x'.repeat(1001) } },
          { dimensions: { constructor: 'x' } },
          { dimensions: { 'country"; drop': 'x' } },
          { user: 'x'.repeat(201) },
          { user: 7 },
          { at: new Date(Number.NaN) },
          { at: '2026-01-01' },
          null,
          7,
          new Proxy(
            {},
            {
              get() {
                throw new Error('a getter that throws')
              },
            },
          ),
        ]
        for (const occurrence of hostile) {
          // Null is nothing to say, as leaving it out is.
          assert.equal(await track(occurrence), occurrence === null ? 'accepted' : 'refused')
        }
        assert.equal(await analytics.track({ ...event, name: 'event_nobody_declared' }), 'refused')
        await analytics.track(event, { dimensions: { country: 'good' } })
        await analytics.flush()
        const range = { from: new Date(start - hour), to: new Date(start + hour), select: { n: 'count' } } as const
        assert.equal((await analytics.query({ event, ...range }))[0]?.values.n, 2)
        const refused = Object.values(analytics.stats.refused).reduce((sum, count) => sum + count, 0)
        assert.equal(refused, hostile.length)
      })
    },
  },
  {
    name: 'a batch counts once however often it is sent, one after the other and at once, over several parts',
    async run(harness) {
      const event = orderEvent()
      const driver = harness.driver()
      await driver.prepare([event])
      const rows = Array.from({ length: 300 }, (_, index) => ({
        at: start - index * day,
        user: null,
        dimensions: ['AT', index, null],
        measures: [1, null],
      }))
      const batch = { token: randomUUID(), event, rows }
      await driver.insert(batch, 10_000)
      await driver.insert(batch, 10_000)
      const second = { ...batch, token: randomUUID() }
      await Promise.all(Array.from({ length: 5 }, () => driver.insert(second, 20_000)))
      await driver.insert(batch, 10_000)
      await driver.close()
      await withAnalytics(harness, { events: [event] }, async (analytics) => {
        const range = { from: new Date(start - 400 * day), to: new Date(start + hour), select: { n: 'count' } } as const
        assert.equal((await analytics.query({ event, ...range }))[0]?.values.n, 600)
        const rows = await analytics.query({ event, ...range, by: ['items'] })
        assert.ok(rows.every(({ values }) => values.n === 2))
      })
    },
  },
  {
    name: 'while a batch of many parts is being stored, a question sees all of it or nothing, where that is guaranteed',
    async run(harness) {
      const event = orderEvent()
      const driver = harness.driver()
      await driver.prepare([event])
      const rows = Array.from({ length: 5000 }, (_, index) => ({
        at: start - (index % 300) * day,
        user: null,
        dimensions: [null, null, null],
        measures: [null, null],
      }))
      const range = { from: new Date(start - 400 * day), to: new Date(start + hour), select: { n: 'count' } } as const
      await withAnalytics(harness, { events: [event] }, async (analytics) => {
        const seen = new Set<number | null | undefined>()
        let storing = true
        const stored = driver.insert({ token: randomUUID(), event, rows }, 20_000).finally(() => {
          storing = false
        })
        while (storing) seen.add((await analytics.query({ event, ...range }))[0]?.values.n)
        await stored
        seen.add((await analytics.query({ event, ...range }))[0]?.values.n)
        assert.ok(seen.has(rows.length))
        seen.delete(0)
        if (analytics.guarantees.atomicBatches) assert.deepEqual([...seen], [rows.length])
      })
      await driver.close()
    },
  },
  {
    name: 'late events are stored, too late ones and those of the future are refused or clamped, and counted',
    async run(harness) {
      const event = orderEvent()
      const range = {
        from: new Date(start - 200 * day),
        to: new Date(start + 200 * day),
        select: { n: 'count' },
      } as const
      await withAnalytics(harness, { events: [event], keepDays: 100 }, async (analytics) => {
        assert.equal(await analytics.track(event, { at: new Date(start - 99 * day) }), 'accepted')
        assert.equal(await analytics.track(event, { at: new Date(start - 101 * day) }), 'refused')
        assert.equal(await analytics.track(event, { at: new Date(start + 100 * day) }), 'accepted')
        assert.equal(await analytics.track(event, { at: new Date(start + 60_000) }), 'accepted')
        await analytics.flush()
        assert.equal(analytics.stats.clamped, 1)
        assert.equal(analytics.stats.refused['too-old'], 1)
        const rows = await analytics.query({
          event,
          ...range,
          every: 'minute',
          from: new Date(start - hour),
          to: new Date(start + hour),
        })
        assert.deepEqual(
          rows.map(({ bucket }) => bucket?.getTime()),
          [start, start + 60_000],
        )
        assert.equal((await analytics.query({ event, ...range }))[0]?.values.n, 3)
      })
      await withAnalytics(harness, { events: [event], future: 'refuse' }, async (analytics) => {
        assert.equal(await analytics.track(event, { at: new Date(start + day) }), 'refused')
        assert.equal(analytics.stats.refused['in-future'], 1)
      })
    },
  },
  {
    name: 'upkeep drops what is too old as a whole and keeps the rest; again it does nothing',
    async run(harness) {
      const event = orderEvent()
      const clock = manualClock(start)
      const limits = { events: [event], keepDays: 90, clock, maintainEveryMs: 0 }
      await withAnalytics(harness, limits, async (analytics) => {
        for (let days = 0; days < 90; days += 10) await analytics.track(event, { at: new Date(start - days * day) })
        await analytics.flush()
        const count = async () => {
          const range = { from: new Date(start - 400 * day), to: new Date(start + 400 * day) }
          return (await analytics.query({ event, ...range, select: { n: 'count' } }))[0]?.values.n
        }
        await analytics.maintain()
        assert.equal(await count(), 9)
        await clock.advance(60 * day)
        // Another case may be at its own upkeep: then the run says so and the next one does it.
        const first = await maintained(analytics)
        // December and January are over for longer than 90 days; of February the 28th is not.
        const left = Array.from({ length: 9 }, (_, n) => start - n * 10 * day).filter(
          (at) => at >= Date.UTC(2026, 1, 1),
        )
        assert.equal(await count(), left.length)
        assert.ok(first.dropped >= 2)
        assert.equal((await maintained(analytics)).dropped, 0)
        assert.equal(await analytics.track(event, {}), 'accepted')
        await analytics.flush()
        assert.equal(await count(), left.length + 1)
      })
    },
  },
  {
    name: 'an event of a transaction is there if, and only if, that commits; where this is not guaranteed it is refused',
    async run(harness) {
      const event = orderEvent()
      await withAnalytics(harness, { events: [event] }, async (analytics) => {
        const { transaction } = harness
        if (!analytics.guarantees.transactional || transaction === undefined) {
          assert.equal(analytics.guarantees.transactional, false)
          // Only the mark is looked at: the store must refuse before it touches the transaction.
          const { transactionBrand } = await import('../data/contract/contract.ts')
          const tx = { [transactionBrand]: true } as unknown as Transaction<unknown>
          return refused('analytics-unsupported', analytics.track.in(tx, event, {}))
        }
        const measures = { cents: 5 }
        await transaction((tx) => analytics.track.in(tx, event, { measures }))
        await transaction(async (tx) => {
          await analytics.track.in(tx, event, { measures })
          throw new Error('rolled back')
        }).catch(() => undefined)
        await refused(
          'analytics-value-invalid',
          transaction((tx) => analytics.track.in(tx, event, { measures: { cents: 0.5 } })),
        )
        const range = { from: new Date(start - hour), to: new Date(start + hour) }
        const [row] = await analytics.query({ event, ...range, select: { cents: { sum: 'cents' } } })
        assert.equal(row?.values.cents, 5)
      })
    },
  },
  {
    name: 'the events of one user are read and erased; those of others and the numbers of all stay',
    async run(harness) {
      for (const erase of ['anonymise', 'delete'] as const) {
        const event = defineEvent({ ...orderEvent(), erase })
        await withAnalytics(harness, { events: [event] }, async (analytics) => {
          const users = ['ada', 'ad', 'ada ', "a'\\d", undefined]
          for (let n = 0; n < 2500; n += 1) {
            const at = new Date(start - Math.floor(n / 100) * hour)
            const dimensions = { country: "a'b\\", items: n % 7, trial: n % 2 === 0 }
            await analytics.track(event, { at, user: 'ada', dimensions, measures: { cents: n } })
          }
          for (const user of users.slice(1)) await analytics.track(event, { user, measures: { cents: 1 } })
          const seen: number[] = []
          for await (const { at, dimensions, measures } of analytics.eventsOf(event, 'ada')) {
            const n = Number(measures.cents)
            seen.push(n)
            assert.equal(at.getTime(), start - Math.floor(n / 100) * hour)
            assert.deepEqual(dimensions, { country: "a'b\\", items: n % 7, trial: n % 2 === 0 })
            assert.equal(measures.ms, null)
          }
          assert.deepEqual(
            seen.toSorted((a, b) => a - b),
            Array.from({ length: 2500 }, (_, n) => n),
          )
          for (const nobody of ['x'.repeat(201), 'ada\0', '%', "' or 1 = 1 --"]) {
            assert.deepEqual(await analytics.eraseUser(event, nobody), { erased: 0, left: 0 })
          }
          // What waits in the buffer is of the user as well.
          await analytics.track(event, { user: 'ada', measures: { cents: 1 } })
          assert.deepEqual(await analytics.eraseUser(event, 'ada'), { erased: 2501, left: 0 })
          assert.deepEqual(await analytics.eraseUser(event, 'ada'), { erased: 0, left: 0 })
          assert.deepEqual(await analytics.eventsOf(event, 'ada').next(), { done: true, value: undefined })
          const select = { n: 'count', users: { unique: 'user' } } as const
          const range = { from: new Date(start - 90 * day), to: new Date(start + hour) }
          const [row] = await analytics.query({ event, ...range, select })
          assert.deepEqual(row?.values, { n: erase === 'delete' ? 4 : 2505, users: 3 })
        })
      }
    },
  },
  {
    name: 'many who begin at once make one schema; a new dimension is added, a changed type is refused',
    async run(harness) {
      const event = orderEvent()
      const six = Array.from({ length: 6 }, () => analyticsOn(harness.driver(), limitsOf({ events: [event] })))
      await Promise.all(six.map((analytics) => analytics.track(event, { measures: { cents: 1 } })))
      await Promise.all(six.map((analytics) => analytics.flush()))
      await Promise.all(six.map((analytics) => analytics.close()))
      const wider = defineEvent({ ...event, dimensions: { ...event.dimensions, campaign: 'text' } })
      const range = { from: new Date(start - hour), to: new Date(start + hour), select: { n: 'count' } } as const
      await withAnalytics(harness, { events: [wider] }, async (analytics) => {
        await analytics.track(wider, { dimensions: { campaign: 'spring' } })
        await analytics.flush()
        const rows = await analytics.query({ event: wider, ...range, by: ['campaign'] })
        assert.deepEqual(
          rows.map(({ by, values }) => [by.campaign, values.n]),
          [
            ['spring', 1],
            [null, 6],
          ],
        )
      })
      const changed = defineEvent({ name: event.name, dimensions: { country: 'int' } })
      await withAnalytics(harness, { events: [changed] }, (analytics) =>
        refused('analytics-schema-differs', analytics.query({ event: changed, ...range })),
      )
    },
  },
  {
    name: '100,000 events of four processes at once are all there, once',
    async run(harness) {
      const event = orderEvent()
      const limits = { events: [event], maxWaiting: 2000, whenFull: 'wait' } as const
      const four = Array.from({ length: 4 }, () => analyticsOn(harness.driver(), limitsOf(limits)))
      await Promise.all(
        four.map(async (analytics, process) => {
          for (let n = 0; n < 25_000; n += 1) {
            const cents = process * 25_000 + n
            await analytics.track(event, { user: `u${cents % 5000}`, measures: { cents } })
            assert.ok(analytics.stats.waiting <= 2000)
          }
          await analytics.flush({ timeoutMs: 60_000 })
        }),
      )
      assert.ok(four.every(({ stats }) => stats.stored === 25_000 && stats.dropped === 0))
      await Promise.all(four.map((analytics) => analytics.close()))
      await withAnalytics(harness, { events: [event] }, async (analytics) => {
        const [row] = await analytics.query({
          event,
          from: new Date(start - hour),
          to: new Date(start + hour),
          select: {
            n: 'count',
            cents: { sum: 'cents' },
            users: { unique: 'user' },
            mid: { quantile: 'cents', at: 0.5 },
          },
          timeoutMs: 60_000,
        })
        assert.deepEqual(row?.values, { n: 100_000, cents: 4_999_950_000, users: 5000, mid: 49_999.5 })
      })
    },
  },
]

async function maintained(analytics: Analytics) {
  for (let attempt = 0; ; attempt += 1) {
    const report = await analytics.maintain()
    if (!report.postponed || attempt === 100) return report
  }
}
