// Text that people send: bounded, and storable as it is. The messages read after the name of the field.
import { z } from 'zod'

/** Text of `min` to `max` characters that PostgreSQL and UTF-8 can hold: no NUL, no half of a surrogate pair. */
export function text(limits: { readonly min?: number; readonly max: number }) {
  const { min = 0, max } = limits
  return z
    .string({ error: (issue) => (issue.input === undefined ? "can't be missing" : 'must be text') })
    .min(min, min === 1 ? "can't be blank" : `is too short (minimum is ${min} characters)`)
    .max(max, `is too long (maximum is ${max} characters)`)
    .refine(isStorable, 'must not contain NUL or broken Unicode characters')
}

/** Text that also must hold something visible, e.g. a title. */
export function visibleText(limits: { readonly max: number }) {
  return text({ min: 1, ...limits }).refine((value) => value === '' || value.trim() !== '', "can't be blank")
}

/** Identifier of a row as it travels between modules: a PostgreSQL bigint, which JSON numbers cannot hold. */
export const rowId = z.string().regex(/^[1-9]\d{0,17}$/, 'must be an identifier')

/** The part of a list that is asked for, as it stands in a query string. */
export const pageQuery = z.object({
  limit: z.coerce.number('must be a number').int('must be whole').min(1, 'must be at least 1').default(20),
  offset: z.coerce
    .number('must be a number')
    .int('must be whole')
    .min(0, 'must be at least 0')
    .max(1_000_000, 'must be at most 1000000')
    .default(0),
})

/** Most entries that one answer holds, whatever `limit` says. */
export const largestPage = 100

function isStorable(value: string): boolean {
  return !value.includes('\0') && value.isWellFormed()
}
