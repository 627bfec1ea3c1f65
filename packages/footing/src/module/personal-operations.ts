// The operations that every module with personal data has in its port, so that they work wherever the module is placed.
import type { JsonValue } from '@footing/kernel'
import type { Operation } from './operation.ts'
import { isPersonal, type PersonalDeclaration } from './personal-declaration.ts'
import { describedAs, type Schema } from './schema.ts'

/** A page of one table that is asked for. */
export interface PageRequest {
  readonly table: string
  readonly subject: string
  readonly after?: string
}

/** Names of the operations; no module may use them for something else. */
export const personalNames = ['personalDataPage', 'erasePersonalData', 'personalDataErased'] as const

/** Adds the operations to the port of a module that declares personal data. */
export function withPersonalOperations<Port extends object>(port: Port, personal: PersonalDeclaration): Port {
  if (!Object.values(personal).some(isPersonal)) return port
  return {
    ...port,
    personalDataPage: {
      kind: 'operation',
      in: request(['table', 'subject'], ['after']),
      out: answer({ rows: { type: 'array', items: { type: 'string' } }, next: { type: 'string' } }, ['rows']),
      idempotent: true,
      deadlineMs: 30_000,
      summary: 'A page of what the module holds about a person',
    } satisfies Operation,
    erasePersonalData: {
      kind: 'operation',
      in: request(['table', 'subject'], []),
      out: answer({ rows: number, total: number, kept: number }, ['rows', 'total', 'kept']),
      // Doing it twice erases nothing that doing it once has left.
      idempotent: true,
      deadlineMs: 30_000,
      summary: 'Erases some rows about a person, to be called until it answers 0',
    } satisfies Operation,
    personalDataErased: {
      kind: 'operation',
      in: request(['subject'], []),
      out: answer({ erased: { type: 'boolean' } }, ['erased']),
      idempotent: true,
      deadlineMs: 5_000,
      summary: 'Whether a person was erased, for a process that has no database of its own',
    } satisfies Operation,
  }
}

const text = { type: 'string', minLength: 1, maxLength: 2000 } as const
const number = { type: 'integer', minimum: 0 } as const

function request(required: readonly string[], optional: readonly string[]): Schema {
  const names = [...required, ...optional]
  const description = {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, text])),
    required: [...required],
    additionalProperties: false,
  }
  return describedAs(
    objectSchema((value) => {
      const wrong = names.find((name) => {
        const given = value[name]
        if (given === undefined) return required.includes(name)
        return typeof given !== 'string' || given === '' || given.length > text.maxLength || given.includes('\0')
      })
      return wrong === undefined ? undefined : { message: 'must be a text of 1 to 2000 characters', path: [wrong] }
    }),
    description,
  )
}

function answer(properties: Readonly<Record<string, JsonValue>>, required: readonly string[]): Schema {
  return describedAs(
    objectSchema((value) => {
      const missing = required.find((name) => value[name] === undefined)
      return missing === undefined ? undefined : { message: 'is missing', path: [missing] }
    }),
    { type: 'object', properties, required: [...required], additionalProperties: false },
  )
}

type Fault = { readonly message: string; readonly path: readonly string[] } | undefined

function objectSchema(faultOf: (value: Readonly<Record<string, unknown>>) => Fault): Schema {
  return {
    '~standard': {
      version: 1,
      vendor: 'footing',
      validate(value) {
        if (typeof value !== 'object' || value === null) return { issues: [{ message: 'must be an object' }] }
        // A non-null object has string keys; each is checked.
        const fault = faultOf(value as Readonly<Record<string, unknown>>)
        return fault === undefined ? { value } : { issues: [fault] }
      },
    },
  }
}
