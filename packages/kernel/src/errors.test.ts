// Coded errors: closed table, filled sentences, unchanged by a trip over a wire, deaf to hostile JSON.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defineErrors, FootingError, isFootingError } from './errors.ts'

const errors = defineErrors({
  'book-lost': {
    status: 404,
    retryable: false,
    what: 'The book {title} is lost.',
    why: 'It was last seen in {place}.',
    remedy: 'Look there.',
  },
})

test('fills its sentences and keeps the details', () => {
  const cause = new Error('dust')
  const error = errors('book-lost', { details: { title: 'Ulysses', place: 'room 3' }, cause })
  expect(error.message).toBe('The book Ulysses is lost. It was last seen in room 3. Look there.')
  expect(error).toMatchObject({ code: 'book-lost', status: 404, retryable: false, cause })
  expect(isFootingError(error, 'book-lost')).toBe(true)
  expect(isFootingError(error, 'book-found')).toBe(false)
  expect(isFootingError(cause)).toBe(false)
})

test('a code that is not in the table does not compile and is refused', () => {
  // @ts-expect-error no such code
  expect(() => errors('book-found')).toThrow('no such error code')
})

const words = fc.string()
const codes = fc.stringMatching(/^[\w.-]{1,80}$/)
const details = fc.dictionary(
  fc.string().filter((key) => key !== '__proto__'),
  fc.oneof(fc.string(), fc.integer(), fc.boolean()),
)

test('comes back from JSON as it went in, without stack and cause', () => {
  const fields = fc.record({
    code: codes,
    what: words,
    why: words,
    remedy: words,
    status: fc.integer({ min: 400, max: 599 }),
    retryable: fc.boolean(),
    details,
    issues: fc.array(fc.record({ pointer: words, message: words })),
  })
  fc.assert(
    fc.property(fields, (json) => {
      const error = new FootingError(json, new Error('secret'))
      const text = JSON.stringify(error)
      const back = FootingError.fromJSON(JSON.parse(text))
      expect(back?.toJSON()).toEqual(error.toJSON())
      expect(JSON.parse(text)).not.toHaveProperty('stack')
      expect(JSON.parse(text)).not.toHaveProperty('cause')
    }),
  )
})

test('whatever else arrives is no error, and rebuilding never throws', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(FootingError.fromJSON(value)).toBeUndefined()
    }),
  )
  const good = errors('book-lost', { details: { title: 'a', place: 'b' } }).toJSON()
  const wrong = [
    { status: 200 },
    { status: 404.5 },
    { status: '404' },
    { retryable: 'yes' },
    { code: 3 },
    { details: { deep: {} } },
    { issues: [{ pointer: 1, message: '' }] },
    { issues: 'none' },
  ]
  for (const change of wrong) expect(FootingError.fromJSON({ ...good, ...change })).toBeUndefined()
})

test('an error of another process is bounded: texts, details and issues are cut, a code that is no word is refused', () => {
  const large = {
    code: 'card-declined',
    status: 402,
    retryable: true,
    what: 'x'.repeat(1_000_000),
    why: 'w',
    remedy: 'r',
    details: Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`d${index}`, 'y'.repeat(10_000)])),
    issues: Array.from({ length: 60_000 }, () => ({ pointer: '/a', message: 'z'.repeat(10_000) })),
  }
  const error = FootingError.fromJSON(large)
  expect(JSON.stringify(error).length).toBeLessThan(1_000_000)
  expect(error?.issues).toHaveLength(100)
  for (const code of ['', 'a b', `a\u001b[31m`, 'a'.repeat(81)]) {
    expect(FootingError.fromJSON({ ...large, code })).toBeUndefined()
  }
})
