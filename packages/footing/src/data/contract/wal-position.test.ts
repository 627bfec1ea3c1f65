// Positions: every one survives the way into text and back, and their order is the order of the log.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatWalPosition, laterPosition, parseWalPosition } from './wal-position.ts'

const position = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })

test('text and number say the same', () => {
  fc.assert(fc.property(position, (value) => parseWalPosition(formatWalPosition(value)) === value))
  expect(parseWalPosition('16/B374D848')).toBe(0x16_b374d848n)
})

test('the later one is the later one, whichever comes first', () => {
  fc.assert(
    fc.property(position, position, (a, b) => {
      const later = formatWalPosition(a > b ? a : b)
      expect(laterPosition(formatWalPosition(a), formatWalPosition(b))).toBe(later)
      expect(laterPosition(formatWalPosition(b), formatWalPosition(a))).toBe(later)
    }),
  )
})

test.each([
  undefined,
  '',
  '/',
  '1',
  '1/',
  'x/y',
  '123456789/0',
  '0/123456789',
  '0/1; drop',
  ' 0/1',
  '0/1\n',
  '-1/1',
  '0/0x1',
])('%j is no position', (text) => {
  expect(parseWalPosition(text)).toBeUndefined()
})
