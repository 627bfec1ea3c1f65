import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addMonths, dateOf } from './month.ts'

test.each([
  ['2026-01-15', 1, '2026-02-15'],
  ['2026-01-31', 1, '2026-02-28'],
  ['2026-01-31', 2, '2026-03-31'],
  ['2028-01-30', 1, '2028-02-29'],
  ['2026-11-30', 3, '2027-02-28'],
  ['2026-12-31', 12, '2027-12-31'],
  ['2026-05-05', 0, '2026-05-05'],
])('%s + %i months is %s', (start, count, end) => {
  expect(addMonths(start, count)).toBe(end)
})

const anyDay = fc.integer({ min: 0, max: 40_000 }).map((days) => dateOf(days * 86_400_000))

test('months follow each other without gap or overlap, 28 to 31 days long, and do not drift', () => {
  fc.assert(
    fc.property(anyDay, fc.integer({ min: 0, max: 240 }), (start, count) => {
      const days = (Date.parse(addMonths(start, count + 1)) - Date.parse(addMonths(start, count))) / 86_400_000
      expect(days).toBeGreaterThanOrEqual(28)
      expect(days).toBeLessThanOrEqual(31)
      const day = Number(start.slice(8))
      const kept = Number(addMonths(start, count).slice(8))
      expect(kept === day || (kept < day && day > 28)).toBe(true)
    }),
  )
})
