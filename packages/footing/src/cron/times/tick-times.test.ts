import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { tickTimes } from './tick-times.ts'

interface Golden {
  readonly oracle: string
  readonly hoursBefore: number
  readonly hoursAfter: number
  readonly corrected: readonly (readonly [zone: string, change: number, pattern: string])[]
  readonly cases: readonly (readonly [zone: string, change: number, pattern: string, ticks: readonly number[]])[]
}

// Written by scripts/cron-oracle.py.
const golden = JSON.parse(readFileSync(new URL('./golden/cronsim-2026.golden.json', import.meta.url), 'utf8')) as Golden

function ticks(pattern: string, zone: string, begin: number, end: number): number[] {
  const times = tickTimes('test', pattern, zone)
  const found: number[] = []
  for (let tick = times.next(begin); tick !== undefined && tick <= end; tick = times.next(tick)) found.push(tick)
  return found
}

test('every change of the clock in 2026, in 12 zones with 10 patterns, is as cronsim has it', () => {
  expect(golden.cases).toHaveLength(240)
  const different = golden.cases.flatMap(([zone, change, pattern, expected]) => {
    const begin = (change - golden.hoursBefore * 3600) * 1000
    const found = ticks(pattern, zone, begin, (change + golden.hoursAfter * 3600) * 1000)
    const seconds = found.map((tick) => (tick - begin) / 1000)
    return seconds.join() === expected.join() ? [] : [{ zone, change, pattern, expected, seconds }]
  })
  expect(different).toEqual([])
})

test('the table is cronsim’s own but for one case, where it steps over a time that the clock shows', () => {
  expect(golden.corrected).toEqual([['Australia/Lord_Howe', 1775314800, '0 */2 * * *']])
})

const iso = (pattern: string, zone: string, begin: string, end: string) =>
  ticks(pattern, zone, Date.parse(begin), Date.parse(end)).map((tick) => new Date(tick).toISOString())

describe('the published policy', () => {
  test('a fixed time in the gap fires once, at its end', () => {
    // 02:00 to 03:00 is skipped; 01:00 UTC is 03:00.
    expect(iso('0,15,30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', '2026-03-29T12:00Z')).toEqual([
      '2026-03-29T01:00:00.000Z',
    ])
    expect(iso('0 2,3 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', '2026-03-29T12:00Z')).toEqual([
      '2026-03-29T01:00:00.000Z',
    ])
  })

  test('a fixed time that the clock shows twice fires the first time', () => {
    expect(iso('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', '2026-10-25T12:00Z')).toEqual([
      '2026-10-25T00:30:00.000Z',
    ])
    // Also for one who asks in the second of the two hours.
    expect(iso('30 2 * * *', 'Europe/Berlin', '2026-10-25T01:10Z', '2026-10-26T00:00Z')).toEqual([])
  })

  test('an interval follows elapsed time: 24 real hours have 24 full hours and 96 quarters, 25 on the long day', () => {
    const day = (date: string) => [`${date}T00:00Z`, new Date(Date.parse(date) + 86_400_000 - 1).toISOString()] as const
    for (const date of ['2026-03-29', '2026-10-25', '2026-06-01']) {
      // Midnight itself is not after midnight.
      expect(iso('0 * * * *', 'Europe/Berlin', ...day(date))).toHaveLength(23)
      expect(iso('*/15 * * * *', 'America/New_York', ...day(date))).toHaveLength(95)
    }
  })

  test('seconds, and a day of the month joined with a weekday as cron joins them', () => {
    expect(iso('*/20 * * * * *', 'UTC', '2026-01-01T00:00Z', '2026-01-01T00:01Z')).toHaveLength(3)
    // Either of the two.
    expect(iso('0 0 1 * 1', 'UTC', '2026-05-31T12:00Z', '2026-06-08T12:00Z')).toHaveLength(2)
    // Both, because one of them begins with a star.
    expect(iso('0 0 */2 * 1', 'UTC', '2026-05-31T12:00Z', '2026-06-30T12:00Z')).toEqual([
      '2026-06-01T00:00:00.000Z',
      '2026-06-15T00:00:00.000Z',
      '2026-06-29T00:00:00.000Z',
    ])
  })

  test('a leap day is found years ahead, in a zone that changes its clock', () => {
    const [first] = iso('30 2 29 2 *', 'Europe/Berlin', '2026-01-01T00:00Z', '2030-01-01T00:00Z')
    expect(first).toBe('2028-02-29T01:30:00.000Z')
    expect(iso('*/30 3 29 2 *', 'Europe/Berlin', '2026-01-01T00:00Z', '2028-03-01T00:00Z')).toHaveLength(2)
  })

  test('a zone that left out a whole day, and one that jumps at midnight', () => {
    expect(iso('0 9 * * *', 'Pacific/Apia', '2011-12-29T12:00Z', '2011-12-31T12:00Z')).toEqual([
      '2011-12-29T19:00:00.000Z',
      '2011-12-30T10:00:00.000Z', // 09:00 of the day that was not, at the end of the gap
      '2011-12-30T19:00:00.000Z',
    ])
    expect(iso('0 0 * * *', 'America/Santiago', '2026-09-05T12:00Z', '2026-09-07T00:00Z')).toEqual([
      '2026-09-06T04:00:00.000Z',
    ])
  })
})

test('ticks come in order, each once, wherever one begins to ask', () => {
  const patterns = [...new Set(golden.cases.map(([, , pattern]) => pattern))]
  const zones = [...new Set(golden.cases.map(([zone]) => zone))]
  fc.assert(
    fc.property(
      fc.constantFrom(...patterns),
      fc.constantFrom(...zones),
      fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 11, 30) }),
      fc.integer({ min: 1, max: 36 * 3_600_000 }),
      (pattern, zone, begin, ahead) => {
        const times = tickTimes('test', pattern, zone)
        const first = times.next(begin) ?? 0
        expect(first).toBeGreaterThan(begin)
        const later = times.next(begin + ahead) ?? 0
        expect(later).toBeGreaterThanOrEqual(first)
        // What comes next does not depend on where the asking began.
        if (first > begin + ahead) expect(later).toBe(first)
      },
    ),
    { numRuns: 300 },
  )
})

describe('refused', () => {
  test.each([
    ['', 'UTC', 'cron-pattern-invalid'],
    ['0 3 * *', 'UTC', 'cron-pattern-invalid'],
    ['0 3 * * * 2026 *', 'UTC', 'cron-pattern-invalid'],
    ['60 3 * * *', 'UTC', 'cron-pattern-invalid'],
    ['0 24 * * *', 'UTC', 'cron-pattern-invalid'],
    ['0 22-4 * * *', 'UTC', 'cron-pattern-invalid'],
    ['@daily', 'UTC', 'cron-pattern-invalid'],
    ['*/0 * * * *', 'UTC', 'cron-pattern-invalid'],
    ["0 3 * * *'; drop table x; --", 'UTC', 'cron-pattern-invalid'],
    ['0 3 * * 日', 'UTC', 'cron-pattern-invalid'],
    [`${'0,'.repeat(5000)}0 * * * *`, 'UTC', 'cron-pattern-invalid'],
    ['0 0 30 2 *', 'UTC', 'cron-pattern-never'],
    ['0 0 31 4,6,9,11 *', 'Europe/Berlin', 'cron-pattern-never'],
    ['0 3 * * *', 'Europe/Atlantis', 'cron-zone-unknown'],
    ['0 3 * * *', '', 'cron-zone-unknown'],
    ['0 3 * * *', '../../etc/localtime', 'cron-zone-unknown'],
  ])('%j in %j: %s', (pattern, zone, code) => {
    expect(() => tickTimes('billing.nightly', pattern, zone)).toThrow(expect.objectContaining({ code }))
  })
})
