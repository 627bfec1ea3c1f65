// Percentiles in constant memory: within 2 % of the exact ones.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LatencyHistogram } from './latency-histogram.ts'

test('a quantile is within 2 % of the exact one, above a microsecond resolution', () => {
  const durations = fc.array(fc.double({ min: 0.04, max: 3_000_000, noNaN: true }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(durations, fc.constantFrom(0.5, 0.95, 0.99, 1), (values, share) => {
      const histogram = new LatencyHistogram()
      for (const value of values) histogram.record(value)
      const sorted = values.toSorted((left, right) => left - right)
      const exact = sorted[Math.max(1, Math.ceil(values.length * share)) - 1] ?? 0
      expect(Math.abs(histogram.quantile(share) - exact)).toBeLessThanOrEqual(exact * 0.02 + 0.001)
      expect(histogram.count).toBe(values.length)
    }),
  )
})

test('nothing, negative and absurd durations do no harm', () => {
  const histogram = new LatencyHistogram()
  expect(histogram.quantile(0.5)).toBe(0)
  for (const odd of [0, -5, 1e12, Number.POSITIVE_INFINITY]) histogram.record(odd)
  expect(histogram.count).toBe(4)
  expect(histogram.quantile(1)).toBeGreaterThan(4_000_000)
})
