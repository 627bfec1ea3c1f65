import fc from 'fast-check'
import { expect, test } from 'vitest'
import { longestSlug, slugCandidates, slugify } from './slug.ts'

test.each([
  ['How to train your dragon', 'how-to-train-your-dragon'],
  ['  Ünïcode — naïve café!  ', 'unicode-naive-cafe'],
  ['Привет, мир', 'привет-мир'],
  ['日本語の記事', '日本語の記事'],
  ["'; drop table article; --", 'drop-table-article'],
  ['../../etc/passwd', 'etc-passwd'],
  ['!!!', 'article'],
  ['', 'article'],
])('%j becomes %j', (title, slug) => {
  expect(slugify(title)).toBe(slug)
})

test('any title gives a short slug of letters, digits and single hyphens that is its own slug', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (title) => {
      const slug = slugify(title)
      expect(slug).toMatch(/^[\p{L}\p{N}]+(-[\p{L}\p{N}]+)*$/u)
      expect([...slug].length).toBeLessThanOrEqual(longestSlug)
      expect(slugify(slug)).toBe(slug)
      expect(decodeURIComponent(encodeURIComponent(slug))).toBe(slug)
    }),
    { numRuns: 2000 },
  )
})

test('letter case, accents and punctuation do not change a slug', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('Red', 'café', 'ZOË', '42'), { minLength: 1, maxLength: 8 }), (words) => {
      const slug = slugify(words.join(' '))
      expect(slugify(words.join(' -- ').toUpperCase())).toBe(slug)
      expect(slugify(words.join('_').normalize('NFD'))).toBe(slug)
    }),
  )
})

test('candidates start plain and go on with suffixes; a reserved word never stands alone', () => {
  const suffixes = [0, 35, 36 ** 6 - 1]
  const next = () => suffixes.shift()!
  expect(take(slugCandidates('Dragon', next), 4)).toEqual(['dragon', 'dragon-000000', 'dragon-00000z', 'dragon-zzzzzz'])
  expect(
    take(
      slugCandidates('Feed', () => 0),
      1,
    ),
  ).toEqual(['feed-000000'])
})

function take(values: Generator<string>, count: number): string[] {
  return Array.from({ length: count }, () => values.next().value)
}
