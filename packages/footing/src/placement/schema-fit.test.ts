// Two versions of a schema: what may grow, what may not, and that "fits" is never said wrongly.
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { op } from '../module/operation.ts'
import type { JsonSchema, Schema } from '../module/schema.ts'
import { acceptedAnswer, operationSchema } from './operation-schema.ts'
import { findMisfit } from './schema-fit.ts'

/** An older caller calls a newer module with this input, or a newer module answers it. */
function inputFits(caller: Schema, module: Schema): string | undefined {
  const of = (schema: Schema) => operationSchema('x', op({ in: schema } as never)).in
  return findMisfit(of(caller), of(module))
}

function answerFits(module: Schema, caller: Schema): string | undefined {
  const operation = (schema: Schema) => op({ out: schema } as never)
  return findMisfit(operationSchema('x', operation(module)).out, acceptedAnswer('x', operation(caller)))
}

const now = z.object({ id: z.string(), kind: z.enum(['a', 'b']), count: z.int().min(0).max(10) })

describe('input of the caller, read by the module', () => {
  test.each<[string, Schema]>([
    ['the same', now],
    ['something optional was added', now.extend({ note: z.string().optional() })],
    ['something with a default was added', now.extend({ note: z.string().default('') })],
    ['a value was added to a list', now.extend({ kind: z.enum(['a', 'b', 'c']) })],
    ['limits were widened', now.extend({ count: z.int().min(-5).max(20) })],
    ['whole numbers became numbers', now.extend({ count: z.number() })],
    ['a type was added', now.extend({ id: z.union([z.string(), z.number()]) })],
    ['null was allowed', now.extend({ id: z.string().nullable() })],
    ['a field became optional', now.extend({ id: z.string().optional() })],
    ['a field is not read any more', now.omit({ id: true })],
    ['anything is taken', z.object({ id: z.any(), kind: z.unknown() })],
  ])('fits: %s', (_name, module) => {
    expect(inputFits(now, module)).toBeUndefined()
  })

  test.each<[string, Schema, RegExp]>([
    ['something required was added', now.extend({ note: z.string() }), /^\/note is required/],
    ['a value was taken out of a list', now.extend({ kind: z.enum(['a']) }), /^\/kind may be "b"/],
    ['a limit was narrowed', now.extend({ count: z.int().min(0).max(9) }), /^\/count has no maximum within 9/],
    ['a limit was set', now.extend({ id: z.string().max(5) }), /^\/id has no maxLength/],
    ['a pattern was set', now.extend({ id: z.string().regex(/x/) }), /^\/id has another pattern/],
    ['a type was changed', now.extend({ id: z.number() }), /^\/id may be of type string, expected number/],
    [
      'unknown fields are refused',
      z.strictObject({ id: z.string(), kind: z.enum(['a', 'b']) }),
      /^\/count is not known/,
    ],
    ['a field became a list', now.extend({ id: z.array(z.string()) }), /^\/id may be of type string/],
  ])('does not fit: %s', (_name, module, fault) => {
    expect(inputFits(now, module)).toMatch(fault)
  })
})

describe('answer of the module, read by the caller', () => {
  test('a new field is tolerated, unless the caller is strict about fields', () => {
    expect(answerFits(now.extend({ more: z.string() }), now)).toBeUndefined()
    expect(answerFits(now.extend({ more: z.string() }), z.strictObject(now.shape))).toMatch(/^\/more is not known/)
  })

  test('what may be missing, null or new in a list is not', () => {
    expect(answerFits(now.extend({ id: z.string().optional() }), now)).toMatch(/^\/id is required/)
    expect(answerFits(now.extend({ id: z.string().nullable() }), now)).toMatch(/^\/id/)
    expect(answerFits(now.extend({ kind: z.enum(['a', 'b', 'c']) }), now)).toMatch(/^\/kind may be "c"/)
    expect(answerFits(z.array(now), z.array(now.extend({ note: z.string() })))).toMatch(/^\/-\/note/)
    expect(answerFits(z.record(z.string(), z.number()), z.record(z.string(), z.string()))).toMatch(/\/\*/)
  })

  test('a schema that refers to itself is compared once', () => {
    interface Tree {
      readonly name: string
      readonly below: readonly Tree[]
    }
    const tree = (name: z.ZodType<string>): z.ZodType<Tree> => {
      const node: z.ZodType<Tree> = z.lazy(() => z.object({ name, below: z.array(node) })) as never // its type is Tree
      return node
    }
    expect(answerFits(tree(z.string()), tree(z.string()))).toBeUndefined()
    expect(answerFits(tree(z.string()), tree(z.string().max(3)))).toMatch(/maxLength/)
  })
})

test('descriptions and the order of fields make no other version', () => {
  const one = operationSchema('x', op({ in: z.object({ a: z.string().describe('A'), b: z.number() }) }))
  const other = operationSchema('x', op({ in: z.object({ b: z.number(), a: z.string() }) }))
  expect(one.hash).toBe(other.hash)
  expect(operationSchema('x', op({ in: z.object({ a: z.string(), description: z.string() }) })).hash).not.toBe(
    operationSchema('x', op({ in: z.object({ a: z.string() }) })).hash,
  )
})

const leaf = fc.oneof(
  fc.record({ type: fc.constant('string'), maxLength: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }) }),
  fc.record({
    type: fc.constantFrom('integer', 'number'),
    minimum: fc.option(fc.integer({ min: -2, max: 2 }), { nil: undefined }),
  }),
  fc.record({ type: fc.constantFrom('boolean', 'null') }),
  fc.record({ enum: fc.uniqueArray(fc.constantFrom('a', 'b', 1, null), { minLength: 1 }) }),
  fc.constant({}),
)
const { schema } = fc.letrec<{ schema: JsonSchema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 2 },
    leaf as fc.Arbitrary<JsonSchema>, // fields that are undefined are left out by JSON
    fc.record({
      type: fc.constant('array'),
      items: tie('schema'),
      maxItems: fc.option(fc.nat(2), { nil: undefined }),
    }) as fc.Arbitrary<JsonSchema>,
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }) as fc.Arbitrary<JsonSchema>,
    fc
      .record({
        properties: fc.dictionary(fc.constantFrom('a', 'b'), tie('schema')),
        closed: fc.boolean(),
        all: fc.boolean(),
      })
      .map(({ properties, closed, all }) => ({
        type: 'object',
        properties,
        ...(all ? { required: Object.keys(properties) } : {}),
        ...(closed ? { additionalProperties: false } : {}),
      })) as fc.Arbitrary<JsonSchema>,
  ),
}))
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('a', 'b', '', 'long text', 1, -3, 0.5, 0, null, true),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b'), tie('value')),
  ),
})).value

test('whatever fits, fits: no value that one side writes is refused by the other', () => {
  const ajv = new Ajv2020({ strict: false })
  let fitting = 0
  fc.assert(
    fc.property(schema, schema, fc.array(value, { maxLength: 12 }), (left, right, values) => {
      const writer = JSON.parse(JSON.stringify(left)) as JsonSchema // without what is undefined
      const reader = JSON.parse(JSON.stringify(right)) as JsonSchema
      if (findMisfit(writer, writer) !== undefined) throw new Error('does not fit itself')
      if (findMisfit(writer, reader) !== undefined) return
      fitting++
      const [writes, reads] = [ajv.compile(writer), ajv.compile(reader)]
      for (const one of values) {
        // Fields that the writer does not name are never written by it: validators take them off.
        if (!writes(one) || namesStrangers(one, writer)) continue
        expect(reads(one), `${JSON.stringify(one)}\n${JSON.stringify(writer)}\n${JSON.stringify(reader)}`).toBe(true)
      }
    }),
    { numRuns: 3000 },
  )
  expect(fitting).toBeGreaterThan(100)
})

/** True when a value has a field, or is of a type, that its schema leaves open: nobody can say what a reader makes of it. */
function namesStrangers(one: unknown, schema: JsonSchema): boolean {
  if (typeof one !== 'object' || one === null) return false
  if (Array.isArray(schema.anyOf)) return (schema.anyOf as JsonSchema[]).some((part) => namesStrangers(one, part))
  if (Array.isArray(one)) return one.some((item) => namesStrangers(item, (schema.items ?? {}) as JsonSchema))
  const properties = (schema.properties ?? {}) as Record<string, JsonSchema>
  return Object.entries(one).some(
    ([key, part]) => properties[key] === undefined || namesStrangers(part, properties[key]),
  )
}
