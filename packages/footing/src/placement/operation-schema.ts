// What one version of an operation accepts and answers, as data with a hash that two processes can compare.
import { hash } from 'node:crypto'
import type { Operation } from '../module/operation.ts'
import { type JsonSchema, jsonSchemaOf } from '../module/schema.ts'

/** The schemas of one operation; null where it has none. */
export interface OperationSchema {
  readonly hash: string
  readonly in: JsonSchema | null
  /** What the module yields. */
  readonly out: JsonSchema | null
}

/**
 * Describes an operation.
 * @throws `schema-unusable` for a schema that JSON Schema cannot express
 */
export function operationSchema(label: string, operation: Operation): OperationSchema {
  const described = {
    in: operation.in === undefined ? null : plain(jsonSchemaOf(operation.in, 'input', 'draft-2020-12', label)),
    out: operation.out === undefined ? null : plain(jsonSchemaOf(operation.out, 'output', 'draft-2020-12', label)),
  }
  return { ...described, hash: hash('sha256', canonical(described), 'hex').slice(0, 24) }
}

/** What the caller of an operation accepts as its answer; null without one. */
export function acceptedAnswer(label: string, operation: Operation): JsonSchema | null {
  return operation.out === undefined ? null : jsonSchemaOf(operation.out, 'input', 'draft-2020-12', label)
}

/** JSON with sorted keys: the same schema gives the same text, whatever the order of its properties. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : part,
  )
}

/** Words that say nothing about which values fit. */
const remarks = new Set(['$schema', '$id', 'title', 'description', 'examples', 'deprecated', '$comment'])

// A changed description is no other version. Properties may bear these names, so maps of schemas are not touched.
function plain(schema: JsonSchema): JsonSchema {
  const result: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(schema)) {
    if (remarks.has(key)) continue
    if (key === 'properties' || key === '$defs' || key === 'patternProperties') {
      result[key] = Object.fromEntries(Object.entries(asObject(value)).map(([name, part]) => [name, plainPart(part)]))
    } else if (key === 'enum' || key === 'const' || key === 'default') result[key] = value
    else if (key === 'required' && Array.isArray(value)) result[key] = value.toSorted()
    else result[key] = Array.isArray(value) ? value.map(plainPart) : plainPart(value)
  }
  return result
}

function plainPart(value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? plain(value as JsonSchema) : value
}

function asObject(value: unknown): JsonSchema {
  return typeof value === 'object' && value !== null ? (value as JsonSchema) : {}
}
