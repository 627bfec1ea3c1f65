// The JSON Schema of an answer in the form that the fast serialiser writes quickest.
import type { JsonSchema } from '../module/schema.ts'

/**
 * Rewrites "this type or null" from a choice, which the serialiser tries one after the other, into a list of types,
 * and leaves out what it has no use for. Meaning and output stay the same.
 */
export function serialiserSchema(schema: JsonSchema): JsonSchema {
  return rewriteObject(schema)
}

function rewrite(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rewrite)
  // Anything else that is an object is a schema or a map of schemas; both are walked alike.
  return typeof value === 'object' && value !== null ? rewriteObject(value as JsonSchema) : value
}

function rewriteObject(schema: JsonSchema): JsonSchema {
  const { $schema: _dialect, ...rest } = schema
  const merged = nullable(rest) ?? rest
  return Object.fromEntries(Object.entries(merged).map(([key, value]) => [key, rewrite(value)]))
}

function nullable(schema: JsonSchema): JsonSchema | undefined {
  const { anyOf, ...rest } = schema
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return undefined
  const parts = anyOf as readonly unknown[]
  const isNull = (part: unknown) => typeof part === 'object' && part !== null && 'type' in part && part.type === 'null'
  const other = parts.find((part) => !isNull(part))
  if (!parts.some(isNull) || typeof other !== 'object' || other === null) return undefined
  // Only a plain type can stand in a list of types; a reference or a choice stays as it is.
  if (!('type' in other) || typeof other.type !== 'string') return undefined
  if ('enum' in other || 'const' in other) return undefined
  return { ...rest, ...other, type: [other.type, 'null'] }
}
