// Foreign JSON: what a parser would choke on is refused before it, everything else means what JSON.parse says.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseForeignJson, verifyBrackets } from './parse-json.ts'

test('says what JSON.parse says, for any value and for any text', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(parseForeignJson(text)).toEqual(JSON.parse(text))
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const parsed = attempt(() => JSON.parse(text))
      expect(attempt(() => parseForeignJson(text))).toEqual(parsed)
    }),
  )
})

test('brackets inside of strings count for nothing', () => {
  const text = JSON.stringify(['[{'.repeat(5_000), '\\"[[[', '\\'.repeat(301), '"'.repeat(300)])
  expect(parseForeignJson(text)).toEqual(JSON.parse(text))
})

test.each([
  ['lists without end', '['.repeat(4_000_000)],
  ['lists in lists', '['.repeat(1_000_000) + ']'.repeat(1_000_000)],
  ['objects in objects', `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`],
  ['one deeper than allowed', '['.repeat(201) + ']'.repeat(201)],
  ['empty objects side by side', `[${'{},'.repeat(300_000)}{}]`],
])('%s are refused at once', (_name, text) => {
  const started = performance.now()
  expect(() => parseForeignJson(text)).toThrow(RangeError)
  expect(performance.now() - started).toBeLessThan(500)
})

test('as deep and as many as allowed pass', () => {
  expect(() => parseForeignJson('['.repeat(200) + ']'.repeat(200))).not.toThrow()
  expect(parseForeignJson(`[${'[],'.repeat(199_998)}[]]`)).toHaveLength(199_999)
  expect(() => verifyBrackets('[[1]]', { depth: 1, containers: 9 })).toThrow(RangeError)
})

function attempt(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error instanceof SyntaxError ? 'no JSON' : error
  }
}
