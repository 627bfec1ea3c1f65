// What every store of events must do, as cases that a test suite of any kind can run: those of this project do, and yours may.
import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { isFootingError, manualClock } from '@footing/kernel'
import type { Transaction } from '../data/contract.ts'
import { analyticsOn } from './analytics.ts'
import type { AnalyticsLimits } from './analytics-limits.ts'
import type { Analytics, AnalyticsDriver, BucketUnit, EventType } from './contract.ts'
import { defineEvent } from './define-event.ts'

/** Where a case runs. Event names are new for each case, so that many may run in one store. */
export interface AnalyticsCasePlace {
  driver(): AnalyticsDriver
  /** Runs work in a transaction of the store's database, where the store guarantees `transactional`. */
  readonly transaction?: <T>(work: (tx: Transaction<unknown>) => Promise<T>) => Promise<T>
}

/** One case. It throws an AssertionError when the store is wrong. */
export interface AnalyticsCase {
  readonly name: string
  run(place: AnalyticsCasePlace): Promise<void>
}

const start = Date.UTC(2026, 2, 15, 12)
const hour = 3_600_000
const day = 24 * hour

/** All cases. What a store does not guarantee must be refused, so no case is ever skipped. */
export const analyticsConformance: readonly AnalyticsCase[] = [
  {
    name: 'counts, sums and averages by day and dimension; what is left out is null and in no sum',
    async run(place) {
      const event = orderEvent()
      await withAnalytics(place, { events: [event] }, async (analytics) => {
        const add = (days: number, country: string | null, cents?: number) =>
          analytics.track(event, {
            at: new Date(start - days * day),
            dimensions: { country },
            ...(cents === undefined ? {} : { measures: { cents, ms: cents / 2 } }),
          })
        await Promise.all([add(0, 'AT', 100), add(0, 'AT', 50), add(0, 'DE'), add(1, 'DE', 7), add(1, null, -7)])
        await analytics.flush()
        const rows = await analytics.query({
          event,
          from: new Date(start - 3 * day),
          to: new Date(start + hour),
          every: 'day',
          by: ['country'],
          select: { orders: 'count', cents: { sum: 'cents' }, mean: { avg: 'ms' } },
        })
        assert.deepEqual(
          rows.map(({ bucket, by, values }) => [
            bucket?.toISOString(),
            by.country,
            values.orders,
            values.cents,
            values.mean,
          ]),
          [
            ['2026-03-14T00:00:00.000Z', 'DE', 1, 7, 3.5],
            ['2026-03-14T00:00:00.000Z', null, 1, -7, -3.5],
            ['2026-03-15T00:00:00.000Z', 'AT', 2, 150, 37.5],
            ['2026-03-15T00:00:00.000Z', 'DE', 1, null, null],
          ],
        )
        const [all] = await analytics.query({
          event,
          from: new Date(start - 3 * day),
          to: new Date(start + hour),
          select: { orders: 'count', cents: { sum: 'cents' } },
        })
        assert.deepEqual([all?.bucket, all?.by, all?.values], [undefined, {}, { orders: 5, cents: 150 }])
      })
    },
  },
  {
    name: 'from counts, to does not; nothing in between is no row, or one with zero',
    async run(place) {
      const event = orderEvent()
      await withAnalytics(place, { events: [event] }, async (analytics) => {
        for (const ms of [-1, 0, 1]) await analytics.track(event, { at: new Date(start - day + ms) })
        await analytics.flush()
        const count = async (from: number, to: number, every?: BucketUnit) => {
          const range = { from: new Date(start - day + from), to: new Date(start - day + to) }
          const select = { orders: 'count', cents: { sum: 'cents' }, mid: { quantile: 'ms', at: 0.5 } } as const
          const rows = await analytics.query({ event, ...range, select, ...(every === undefined ? {} : { every }) })
          return rows.map(({ values }) => [values.orders, values.cents, values.mid])
        }
        assert.deepEqual(await count(0, 1), [[1, null, null]])
        assert.deepEqual(await count(-1, 2), [[3, null, null]])
        assert.deepEqual(await count(100, 200), [[0, null, null]])
        assert.deepEqual(await count(100, 200, 'minute'), [])
      })
    },
  },
  {
    name: 'quantiles are interpolated between values, uniques are counted one by one',
    async run(place) {
      const event = orderEvent()
      await withAnalytics(place, { events: [event] }, async (analytics) => {
        const values = Array.from({ length: 500 }, (_, index) => ((index * 7919) % 1009) / 8)
        for (const [index, ms] of values.entries()) {
          const user = index % 3 === 0 ? {} : { user: `user-${index % 41}` }
          const dimensions = { country: `c${index % 7}`, items: index % 11 }
          await analytics.track(event, { ...user, dimensions, measures: { ms, cents: Math.floor(ms) } })
        }
        await analytics.flush()
        const [row] = await analytics.query({
          event,
          from: new Date(start - hour),
          to: new Date(start + hour),
          select: {
            least: { quantile: 'ms', at: 0 },
            median: { quantile: 'ms', at: 0.5 },
            p95: { quantile: 'ms', at: 0.95 },
            cents: { quantile: 'cents', at: 0.333 },
            most: { quantile: 'ms', at: 1 },
            users: { unique: 'user' },
            countries: { unique: { dimension: 'country' } },
            items: { unique: { dimension: 'items' } },
          },
        })
        const tolerance = analytics.guarantees.exactQuantiles ? 1e-9 : 0.05
        const sorted = values.toSorted((a, b) => a - b)
        const cents = sorted.map(Math.floor)
        near(row?.values.least, quantileOf(sorted, 0), tolerance)
        near(row?.values.median, quantileOf(sorted, 0.5), tolerance)
        near(row?.values.p95, quantileOf(sorted, 0.95), tolerance)
        near(row?.values.cents, quantileOf(cents, 0.333), tolerance)
        near(row?.values.most, quantileOf(sorted, 1), tolerance)
        near(row?.values.users, 41, analytics.guarantees.exactUniques ? 0 : 0.02)
        assert.deepEqual([row?.values.countries, row?.values.items], [7, 11])
      })
    },
  },
  {
    name: 'minutes, hours, days, weeks and months of a time zone, over changes of its clock',
    async run(place) {
      const event = orderEvent()
      const zones = [
        'UTC',
        'Europe/Vienna',
        'America/Sao_Paulo',
        'America/Havana',
        'Australia/Lord_Howe',
        'Asia/Kathmandu',
      ]
      // Around changes: Vienna 2026, Lord Howe 2026, São Paulo 2018 (no midnight), Havana 2025 (two of them).
      const changes = [
        Date.UTC(2026, 2, 29, 1),
        Date.UTC(2025, 9, 26, 1),
        Date.UTC(2025, 9, 4, 15, 30),
        Date.UTC(2018, 10, 4, 3),
        Date.UTC(2018, 1, 18, 2),
        Date.UTC(2025, 10, 2, 5),
      ]
      const times = changes.flatMap((change) => Array.from({ length: 60 }, (_, n) => change + (n - 30) * 25 * 60_000))
      const clock = manualClock(Date.UTC(2026, 4, 1))
      await withAnalytics(place, { events: [event], keepDays: 10_000, clock }, async (analytics) => {
        for (const at of times) await analytics.track(event, { at: new Date(at) })
        await analytics.flush()
        for (const timeZone of zones) {
          for (const every of ['day', 'week', 'month', 'hour'] as const) {
            for (const change of changes) {
              const [from, to] = [change - 12 * hour, change + 11 * hour]
              const rows = await analytics.query({
                event,
                from: new Date(from),
                to: new Date(to),
                every,
                timeZone,
                select: { n: 'count' },
              })
              const expected = new Map<string, number>()
              for (const at of times.filter((time) => time >= from && time < to).toSorted((a, b) => a - b)) {
                const label = labelOf(every, timeZone, at)
                expected.set(label, (expected.get(label) ?? 0) + 1)
              }
              const found = rows.map(({ values }) => values.n)
              assert.deepEqual(found, [...expected.values()], `${timeZone} ${every} ${new Date(change).toISOString()}`)
            }
          }
        }
      })
    },
  },
  {
    name: 'filters by values, several and none; texts of every kind come back as they were',
    async run(place) {
      const event = orderEvent()
      const texts = [
        "'; drop table event; --",
        '\\',
        "\\'",
        '"`$1 %s {p:String}',
        '\t\r\n',
        '',
        'null',
        'NULL',
        '\\N',
        'ᴺᵁᴸᴸ',
        'äß𝄞😀',
        'e\u0301',
        '\u202e',
        'x'.repeat(1000),
        '漢'.repeat(1000),
      ]
      await withAnalytics(place, { events: [event] }, async (analytics) => {
        for (const [items, country] of texts.entries()) {
          await analytics.track(event, {
            user: country.slice(0, 200),
            dimensions: { country, items, trial: items % 2 === 0 },
          })
        }
        await analytics.track(event, {})
        await analytics.flush()
        const range = { from: new Date(start - hour), to: new Date(start + hour), select: { n: 'count' } } as const
        const rows = await analytics.query({ event, ...range, by: ['country', 'items', 'trial'] })
        assert.deepEqual(
          new Set(rows.map(({ by }) => JSON.stringify([by.country, by.items, by.trial]))),
          new Set([...texts.map((text, items) => JSON.stringify([text, items, items % 2 === 0])), '[null,null,null]']),
        )
        const count = async (where: Parameters<typeof asked>[0]) => (await asked(where))[0]?.values.n
        const asked = (where: { country?: string | null | (string | null)[]; items?: number[]; trial?: boolean }) =>
          analytics.query({ event, ...range, where })
        for (const country of texts) assert.equal(await count({ country }), 1, JSON.stringify(country.slice(0, 20)))
        assert.equal(await count({ country: null }), 1)
        assert.equal(await count({ country: ['', '\\', null, 'not there'] }), 3)
        assert.equal(await count({ country: [] }), 0)
        assert.equal(await count({ items: [0, 1, 2], trial: true }), 2)
        assert.equal(await count({ trial: false, items: [0, 1, 2, 99] }), 1)
      })
    },
  },
  {
    name: 'NUL and halves of characters become the replacement character, alike when asked for',
    async run(place) {
      const event = orderEvent()
      await withAnalytics(place, { events: [event] }, async (analytics) => {
        await analytics.track(event, { user: 'a\0b', dimensions: { country: 'x\0\ud800y' } })
        await analytics.flush()
        const range = { from: new Date(start - hour), to: new Date(start + hour) }
        const where = { country: 'x\0\udc00y' }
        const rows = await analytics.query({ event, ...range, where, by: ['country'], select: { n: 'count' } })
        assert.deepEqual(
          rows.map(({ by, values }) => [by.country, values.n]),
          [['x\ufffd\ufffdy', 1]],
        )
      })
    },
  },
  {
    name: 'numbers at their ends: sums of integers are whole, floats stay what they were',
    async run(place) {
      const event = orderEvent()
      await withAnalytics(place, { events: [event] }, async (analytics) => {
        const measure = async (country: string, values: readonly { cents?: number; ms?: number }[]) => {
          for (const measures of values) await analytics.track(event, { dimensions: { country }, measures })
        }
        const most = Number.MAX_SAFE_INTEGER
        await measure(
          'large',
          Array.from({ length: 1100 }, () => ({ cents: most })),
        )
        await measure('small', [{ cents: -most, ms: -1e100 }])
        await measure('tiny', [{ ms: 5e-324 }])
        await measure('third', [{ ms: 0.1 + 0.2 }])
        await measure('zero', [{ ms: -0, cents: -0 }])
        await measure('huge', [{ ms: 1e100 }, { ms: 1e100 }])
        await analytics.flush()
        const rows = await analytics.query({
          event,
          from: new Date(start - hour),
          to: new Date(start + hour),
          by: ['country'],
          select: { cents: { sum: 'cents' }, ms: { sum: 'ms' }, top: { quantile: 'ms', at: 1 } },
        })
        const found = Object.fromEntries(rows.map(({ by, values }) => [by.country, values]))
        // More than 64 bits can hold.
        assert.equal(found.large?.cents, Number(BigInt(most) * 1100n))
        assert.deepEqual([found.small?.cents, found.small?.ms], [-most, -1e100])
        assert.deepEqual([found.tiny?.ms, found.tiny?.top], [5e-324, 5e-324])
        assert.deepEqual([found.third?.ms, found.third?.top], [0.1 + 0.2, 0.1 + 0.2])
        assert.deepEqual([found.zero?.ms, found.zero?.cents], [0, 0])
        assert.equal(found.huge?.ms, 2e100)
      })
    },
  },
  {
    name: 'what no store can hold is refused and counted, and hurts nothing else',
    async run(place) {
      const event = orderEvent()
      await withAnalytics(place, { events: [event] }, async (analytics) => {
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
    async run(place) {
      const event = orderEvent()
      const driver = place.driver()
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
      await withAnalytics(place, { events: [event] }, async (analytics) => {
        const range = { from: new Date(start - 400 * day), to: new Date(start + hour), select: { n: 'count' } } as const
        assert.equal((await analytics.query({ event, ...range }))[0]?.values.n, 600)
        const rows = await analytics.query({ event, ...range, by: ['items'] })
        assert.ok(rows.every(({ values }) => values.n === 2))
      })
    },
  },
  {
    name: 'while a batch of many parts is being stored, a question sees all of it or nothing, where that is guaranteed',
    async run(place) {
      const event = orderEvent()
      const driver = place.driver()
      await driver.prepare([event])
      const rows = Array.from({ length: 5000 }, (_, index) => ({
        at: start - (index % 300) * day,
        user: null,
        dimensions: [null, null, null],
        measures: [null, null],
      }))
      const range = { from: new Date(start - 400 * day), to: new Date(start + hour), select: { n: 'count' } } as const
      await withAnalytics(place, { events: [event] }, async (analytics) => {
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
    name: 'more rows than the limit are an error and no cut answer',
    async run(place) {
      const event = orderEvent()
      await withAnalytics(place, { events: [event] }, async (analytics) => {
        for (let items = 0; items < 20; items += 1) await analytics.track(event, { dimensions: { items } })
        await analytics.flush()
        const ask = (limit: number) =>
          analytics.query({
            event,
            from: new Date(start - hour),
            to: new Date(start + hour),
            by: ['items'],
            select: { n: 'count' },
            limit,
          })
        assert.equal((await ask(20)).length, 20)
        await refused('analytics-groups-exceeded', ask(19))
      })
    },
  },
  {
    name: 'late events are stored, too late ones and those of the future are refused or clamped, and counted',
    async run(place) {
      const event = orderEvent()
      const range = {
        from: new Date(start - 200 * day),
        to: new Date(start + 200 * day),
        select: { n: 'count' },
      } as const
      await withAnalytics(place, { events: [event], keepDays: 100 }, async (analytics) => {
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
      await withAnalytics(place, { events: [event], future: 'refuse' }, async (analytics) => {
        assert.equal(await analytics.track(event, { at: new Date(start + day) }), 'refused')
        assert.equal(analytics.stats.refused['in-future'], 1)
      })
    },
  },
  {
    name: 'upkeep drops what is too old as a whole and keeps the rest; again it does nothing',
    async run(place) {
      const event = orderEvent()
      const clock = manualClock(start)
      const limits = { events: [event], keepDays: 90, clock, maintainEveryMs: 0 }
      await withAnalytics(place, limits, async (analytics) => {
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
    async run(place) {
      const event = orderEvent()
      await withAnalytics(place, { events: [event] }, async (analytics) => {
        const { transaction } = place
        if (!analytics.guarantees.transactional || transaction === undefined) {
          assert.equal(analytics.guarantees.transactional, false)
          // Only the mark is looked at: the store must refuse before it touches the transaction.
          const { transactionBrand } = await import('../data/contract.ts')
          const tx = { [transactionBrand]: true } as unknown as Transaction<unknown>
          return refused('analytics-unsupported', analytics.track(tx, event, {}))
        }
        const measures = { cents: 5 }
        await transaction((tx) => analytics.track(tx, event, { measures }))
        await transaction(async (tx) => {
          await analytics.track(tx, event, { measures })
          throw new Error('rolled back')
        }).catch(() => undefined)
        await refused(
          'analytics-value-invalid',
          transaction((tx) => analytics.track(tx, event, { measures: { cents: 0.5 } })),
        )
        const range = { from: new Date(start - hour), to: new Date(start + hour) }
        const [row] = await analytics.query({ event, ...range, select: { cents: { sum: 'cents' } } })
        assert.equal(row?.values.cents, 5)
      })
    },
  },
  {
    name: 'many who begin at once make one schema; a new dimension is added, a changed type is refused',
    async run(place) {
      const event = orderEvent()
      const six = Array.from({ length: 6 }, () => analyticsOn(place.driver(), limitsOf({ events: [event] })))
      await Promise.all(six.map((analytics) => analytics.track(event, { measures: { cents: 1 } })))
      await Promise.all(six.map((analytics) => analytics.flush()))
      await Promise.all(six.map((analytics) => analytics.close()))
      const wider = defineEvent({ ...event, dimensions: { ...event.dimensions, campaign: 'text' } })
      const range = { from: new Date(start - hour), to: new Date(start + hour), select: { n: 'count' } } as const
      await withAnalytics(place, { events: [wider] }, async (analytics) => {
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
      await withAnalytics(place, { events: [changed] }, (analytics) =>
        refused('analytics-schema-differs', analytics.query({ event: changed, ...range })),
      )
    },
  },
  {
    name: '100,000 events of four processes at once are all there, once',
    async run(place) {
      const event = orderEvent()
      const limits = { events: [event], maxWaiting: 2000, whenFull: 'wait' } as const
      const four = Array.from({ length: 4 }, () => analyticsOn(place.driver(), limitsOf(limits)))
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
      await withAnalytics(place, { events: [event] }, async (analytics) => {
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
  {
    name: 'names of a question that are not declared are refused before the store sees them',
    async run(place) {
      const event = orderEvent()
      const range = { from: new Date(start - hour), to: new Date(start) }
      await withAnalytics(place, { events: [event] }, async (analytics) => {
        const hostile: readonly object[] = [
          { select: { n: { sum: 'cents"); drop' } } },
          { select: { n: { sum: '__proto__' } } },
          { select: { n: { median: 'cents' } } },
          { select: { n: { quantile: 'cents', at: 2 } } },
          { select: {} },
          { select: { n: 'count' }, by: ["country'"] },
          { select: { n: 'count' }, by: ['constructor'] },
          { select: { n: 'count' }, where: { nobody: 'x' } },
          { select: { n: 'count' }, where: { items: 'x' } },
          { select: { n: 'count' }, where: { items: Array.from({ length: 101 }, (_, n) => n) } },
          { select: { n: 'count' }, every: 'second' },
          { select: { n: 'count' }, every: 'day', timeZone: "Mars'; --" },
          { select: { n: 'count' }, every: 'minute', from: new Date(0 + 10 * day) },
          { select: { n: 'count' }, from: new Date(Number.NaN) },
          { select: { n: 'count' }, limit: 1e9 },
          { select: { n: 'count' }, event: { ...event, name: "x'; --" } },
        ]
        for (const question of hostile) {
          // Past the types, as input from outside comes.
          const asked = { event, ...range, ...question } as unknown as Parameters<typeof analytics.query>[0]
          await refused('analytics-query-invalid', analytics.query(asked))
        }
      })
    },
  },
]

function orderEvent() {
  return defineEvent({
    name: `case_${randomBytes(6).toString('hex')}`,
    dimensions: { country: 'text', items: 'int', trial: 'boolean' },
    measures: { cents: 'int', ms: 'float' },
  })
}

function limitsOf(limits: AnalyticsLimits): AnalyticsLimits {
  return { clock: manualClock(start), maintainEveryMs: 0, ...limits }
}

async function withAnalytics(
  place: AnalyticsCasePlace,
  limits: AnalyticsLimits & { readonly events: readonly EventType[] },
  work: (analytics: Analytics) => Promise<void>,
): Promise<void> {
  const analytics = analyticsOn(place.driver(), limitsOf(limits))
  try {
    await work(analytics)
  } finally {
    await analytics.close()
  }
}

async function maintained(analytics: Analytics) {
  for (let attempt = 0; ; attempt += 1) {
    const report = await analytics.maintain()
    if (!report.postponed || attempt === 100) return report
  }
}

// The local time up to the unit, with the offset where an hour comes twice: another way than the one that is tested.
function labelOf(every: BucketUnit, timeZone: string, at: number): string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  const text = format.format(at)
  if (every === 'month') return text.slice(0, 7)
  if (every === 'day') return text.slice(0, 10)
  if (every === 'week') {
    const date = new Date(`${text.slice(0, 10)}T00:00:00Z`)
    return new Date(date.getTime() - ((date.getUTCDay() + 6) % 7) * day).toISOString()
  }
  const local = Date.parse(`${text.replace(' ', 'T')}Z`)
  return `${text.slice(0, 13)} ${local - Math.floor(at / 1000) * 1000}`
}

function quantileOf(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1)
  const [below, above] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0]
  return below + (place - Math.floor(place)) * (above - below)
}

function near(found: number | null | undefined, expected: number, tolerance: number): void {
  assert.ok(typeof found === 'number', `there is no number, expected was ${expected}`)
  const far = Math.abs(found - expected) > tolerance * Math.max(1, Math.abs(expected))
  assert.ok(!far, `${found} is not ${expected} within ${tolerance}`)
}

async function refused(code: string, call: Promise<unknown>): Promise<void> {
  const outcome = await call.then(
    () => 'it was allowed',
    (error: unknown) => (isFootingError(error) ? error.code : String(error)),
  )
  assert.equal(outcome, code)
}
