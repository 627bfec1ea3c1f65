// What may cross a port: the check agrees with what JSON really does.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { transactionBrand } from '../data/contract/contract.ts'
import { findUnportable, freezeDeep } from './portable.ts'

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withSparseArray: true,
  withTypedArray: true,
})

test('whatever is let through comes back from JSON as it went in', () => {
  fc.assert(
    fc.property(anything, (value) => {
      if (findUnportable(value) !== undefined || value === undefined) return
      expect(JSON.parse(JSON.stringify(value))).toEqual(withoutUndefined(value))
    }),
    { numRuns: 2000 },
  )
})

test('every JSON value is let through, and can be frozen', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      // fast-check makes minus zero and __proto__ keys, which JSON text can hold but JSON.stringify does not keep.
      if (JSON.stringify(JSON.parse(JSON.stringify(value))) !== JSON.stringify(value)) return
      fc.pre(!holds(value))
      expect(findUnportable(value)).toBeUndefined()
      expect(Object.isFrozen(freezeDeep(value))).toBe(true)
    }),
  )
})

test('a fault deep inside is found, with its place', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(5), fc.string()), { minLength: 1, maxLength: 20 }), (path) => {
      fc.pre(!path.includes('__proto__') && !path.includes('toJSON'))
      const value = path.reduceRight<unknown>(
        (inner, step) =>
          typeof step === 'number' ? [...Array.from({ length: step }, () => 1), inner] : { before: 1, [step]: inner },
        () => 'a function',
      )
      const pointer = path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
      expect(findUnportable(value)).toEqual({ pointer, found: 'a function', transaction: false })
    }),
  )
})

test('a cycle, a class, a transaction and endless nesting are named', () => {
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  expect(findUnportable(cycle)?.found).toBe('a reference to itself')
  expect(findUnportable({ at: new Date(0) })?.found).toBe('a Date')
  expect(findUnportable({ tx: { [transactionBrand]: true } })).toMatchObject({ pointer: '/tx', transaction: true })
  const deep = Array.from({ length: 100_000 }).reduce<unknown>((inner) => [inner], 1)
  expect(findUnportable(deep)?.found).toBe('more than 200 levels')
})

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]) => [key, withoutUndefined(part)]),
  )
}

function holds(value: unknown): boolean {
  if (Object.is(value, -0)) return true
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, part]) => key === '__proto__' || key === 'toJSON' || holds(part))
}
