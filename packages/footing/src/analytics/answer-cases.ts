// Cases about questions: every store gives the same answers.
import assert from 'node:assert/strict'
import { manualClock } from '@footing/kernel'
import { type AnalyticsCase, day, hour, orderEvent, refused, start, withAnalytics } from './conformance-case.ts'
import type { BucketUnit } from './contract/contract.ts'

/** The cases. */
export const answerCases: readonly AnalyticsCase[] = [
  {
    name: 'counts, sums and averages by day and dimension; what is left out is null and in no sum',
    async run(harness) {
      const event = orderEvent()
      await withAnalytics(harness, { events: [event] }, async (analytics) => {
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
    async run(harness) {
      const event = orderEvent()
      await withAnalytics(harness, { events: [event] }, async (analytics) => {
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
    async run(harness) {
      const event = orderEvent()
      await withAnalytics(harness, { events: [event] }, async (analytics) => {
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
    async run(harness) {
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
      await withAnalytics(harness, { events: [event], keepDays: 10_000, clock }, async (analytics) => {
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
    async run(harness) {
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
      await withAnalytics(harness, { events: [event] }, async (analytics) => {
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
    async run(harness) {
      const event = orderEvent()
      await withAnalytics(harness, { events: [event] }, async (analytics) => {
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
    async run(harness) {
      const event = orderEvent()
      await withAnalytics(harness, { events: [event] }, async (analytics) => {
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
    name: 'more rows than the limit are an error and no cut answer',
    async run(harness) {
      const event = orderEvent()
      await withAnalytics(harness, { events: [event] }, async (analytics) => {
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
    name: 'names of a question that are not declared are refused before the store sees them',
    async run(harness) {
      const event = orderEvent()
      const range = { from: new Date(start - hour), to: new Date(start) }
      await withAnalytics(harness, { events: [event] }, async (analytics) => {
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
