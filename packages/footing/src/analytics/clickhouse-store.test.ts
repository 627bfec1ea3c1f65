// A real ClickHouse against the cases that every store must pass: npm run test:clickhouse.
import { isFootingError } from '@footing/kernel'
import { describe, expect, test } from 'vitest'
import { analyticsConformance } from './conformance.ts'
import { defineEvent } from './define-event.ts'
import { clickhouseAnalytics } from './drivers/clickhouse.ts'
import { readClickhouseTarget } from './drivers/clickhouse-target.ts'
import { openAnalytics } from './open-analytics.ts'

const url = process.env.FOOTING_TEST_CLICKHOUSE_URL ?? ''
const event = defineEvent({ name: 'clickhouse_only', dimensions: { country: 'text' }, measures: { cents: 'int' } })
const range = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) }

describe('ClickHouse', () => {
  test.each(analyticsConformance.map((entry) => [entry.name, entry] as const))('%s', async (_case, entry) => {
    const target = readClickhouseTarget(new URL(url))
    await entry.run({ driver: () => clickhouseAnalytics(target, 'month') })
  })

  test('tables in parts of a day: events of 300 of them in one batch', async () => {
    const own = defineEvent({ name: `daily_${Date.now().toString(36)}` })
    const analytics = openAnalytics({ url, events: [own], part: 'day' })
    for (let days = 0; days < 300; days += 1)
      await analytics.track(own, { at: new Date(Date.now() - days * 86_400_000) })
    await analytics.flush()
    const from = new Date(Date.now() - 400 * 86_400_000)
    const [row] = await analytics.query({ event: own, from, to: range.to, select: { n: 'count' } })
    expect(row?.values.n).toBe(300)
    await analytics.close()
  })

  test('wrong credentials are told, without them', async () => {
    const wrong = new URL(url)
    wrong.password = 'another-secret'
    const analytics = openAnalytics({ url: wrong.href, events: [event] })
    const error: unknown = await analytics
      .query({ event, ...range, select: { n: 'count' } })
      .catch((thrown: unknown) => thrown)
    expect(isFootingError(error, 'analytics-access-refused')).toBe(true)
    expect(JSON.stringify([error, String(error), Object(error).cause])).not.toContain('another-secret')
    await analytics.close()
  })
})
