// Text that people send: bounded, and storable as it is. The messages read after the name of the field.
import { z } from 'zod'

/** Text of `min` to `max` characters that PostgreSQL and UTF-8 can hold: no NUL, no half of a surrogate pair. */
export function text(limits: { readonly min?: number; readonly max: number }) {
  return bounded(limits).meta({ pattern: '^[^\\u0000]*$' })
}

/** Text that also must hold something visible, e.g. a title. */
export function visibleText(limits: { readonly max: number }) {
  return (
    bounded({ min: 1, ...limits })
      .refine((value) => value === '' || value.trim() !== '', { error: "can't be blank", abort: true })
      // What the description says; as a check of ours it would take the square of the length of a hostile text.
      .meta({ pattern: '^[^\\u0000]*[^\\u0000\\s][^\\u0000]*$' })
  )
}

function bounded({ min = 0, max }: { readonly min?: number; readonly max: number }) {
  return z
    .string({ error: (issue) => (issue.input === undefined ? "can't be missing" : 'must be text') })
    .min(min, min === 1 ? "can't be blank" : `is too short (minimum is ${min} characters)`)
    .max(max, `is too long (maximum is ${max} characters)`)
    .refine(isStorable, 'must not contain NUL or broken Unicode characters')
}

/** Identifier of a row as it travels between modules: a PostgreSQL bigint, which JSON numbers cannot hold. */
export const rowId = z.string().regex(/^[1-9]\d{0,17}$/, 'must be an identifier')

/** Most entries that one answer holds. */
const largestPage = 100

/** The part of a list that is asked for. A wish for more than one answer holds is cut: the specification has no bound. */
export const page = {
  limit: z
    .number('must be a number')
    .int('must be whole')
    .min(1, 'must be at least 1')
    .default(20)
    .transform((limit) => Math.min(limit, largestPage)),
  offset: z
    .number('must be a number')
    .int('must be whole')
    .min(0, 'must be at least 0')
    .max(1_000_000, 'must be at most 1000000')
    .default(0),
}

/** Says in the description that one of the fields of a change has to be there; the schema itself has to check it. */
export function oneFieldOf<S extends z.ZodObject>(changes: S): S {
  return changes.meta({ anyOf: Object.keys(changes.shape).map((field) => ({ type: 'object', required: [field] })) })
}

function isStorable(value: string): boolean {
  return !value.includes('\0') && value.isWellFormed()
}
