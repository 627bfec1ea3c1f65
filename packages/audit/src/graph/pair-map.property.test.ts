import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PairMap } from './pair-map.ts'

test('remembers what a map with texts as keys remembers', () => {
  const number = fc.oneof(fc.nat(20), fc.nat(0x7fff_ffff))
  fc.assert(
    fc.property(fc.array(fc.tuple(number, number, fc.nat(0x7fff_ffff)), { maxLength: 3000 }), (entries) => {
      const pairs = new PairMap()
      const plain = new Map<string, number>()
      for (const [first, second, value] of entries) {
        expect(pairs.get(first, second)).toBe(plain.get(`${first} ${second}`) ?? -1)
        pairs.set(first, second, value)
        plain.set(`${first} ${second}`, value)
      }
      for (const [first, second] of entries) {
        expect(pairs.get(first, second)).toBe(plain.get(`${first} ${second}`))
        expect(pairs.get(second, first)).toBe(plain.get(`${second} ${first}`) ?? -1)
      }
    }),
    { numRuns: 50 },
  )
})

test('grows beyond its first room', () => {
  const pairs = new PairMap()
  for (let i = 0; i < 50_000; i++) pairs.set(i, i * 3, i)
  for (let i = 0; i < 50_000; i++) expect(pairs.get(i, i * 3)).toBe(i)
  expect(pairs.get(1, 1)).toBe(-1)
})
