// Lengths of time as people write them.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Duration, milliseconds } from './duration.ts'

test.each<[Duration, number]>([
  [250, 250],
  ['300ms', 300],
  ['2s', 2000],
  ['1.5m', 90_000],
  ['1h', 3_600_000],
])('%s is %i ms', (text, expected) => {
  expect(milliseconds(text)).toBe(expected)
})

test('everything else is refused', () => {
  const wrong = fc.oneof(
    fc.string(),
    fc.constantFrom('', '5', '-1s', '1 s', '1e3s', '0s', 'Infinity', '1d', 0, -1, Number.NaN, Number.POSITIVE_INFINITY),
  )
  fc.assert(
    fc.property(wrong, (value) => {
      fc.pre(typeof value !== 'string' || !/^\d+(\.\d+)?(ms|s|m|h)$/.test(value) || Number.parseFloat(value) === 0)
      // The values are wrong on purpose; the type would not let them through.
      expect(() => milliseconds(value as Duration)).toThrow(TypeError)
    }),
  )
})
