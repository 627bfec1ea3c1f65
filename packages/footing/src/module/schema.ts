// Schemas of any validator that speaks Standard Schema: checking a value, and describing it as JSON Schema.
import type { ErrorIssue, JsonValue } from '@footing/kernel'
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { moduleErrors } from './errors.ts'
import { escapePointer } from './portable.ts'

/** A schema of any validator that implements Standard Schema (zod, valibot, arktype, …). */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>

/** What a schema accepts. */
export type InputOf<S> = S extends Schema ? StandardSchemaV1.InferInput<S> : undefined

/** What a schema yields. */
export type OutputOf<S> = S extends Schema ? StandardSchemaV1.InferOutput<S> : undefined

/** A JSON Schema document. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** Dialect: 2020-12 is that of OpenAPI 3.1, draft 7 that of the fast serialiser. */
export type JsonSchemaTarget = 'draft-2020-12' | 'draft-07'

/** What checking a value found. */
export type Validation = { readonly value: unknown } | { readonly issues: readonly ErrorIssue[] }

/** At most this many faults are reported for one value: an answer must not grow with hostile input. */
const mostIssues = 50

/** Checks a value against a schema; a promise only when the schema itself works asynchronously. */
export function validate(schema: Schema, value: unknown): Validation | Promise<Validation> {
  const result = schema['~standard'].validate(value)
  return result instanceof Promise ? result.then(asValidation) : asValidation(result)
}

function asValidation(result: StandardSchemaV1.Result<unknown>): Validation {
  if (result.issues === undefined) return result
  return {
    issues: result.issues.slice(0, mostIssues).map((issue) => ({
      pointer: (issue.path ?? []).map((part) => `/${escapePointer(keyOf(part))}`).join(''),
      message: issue.message,
    })),
  }
}

function keyOf(part: PropertyKey | StandardSchemaV1.PathSegment): string {
  return String(typeof part === 'object' ? part.key : part)
}

/**
 * Describes what a schema accepts (`input`) or yields (`output`).
 * @throws `schema-unusable` when its validator cannot say it
 */
export function jsonSchemaOf(
  schema: Schema,
  side: 'input' | 'output',
  target: JsonSchemaTarget,
  place: string,
): JsonSchema {
  const { jsonSchema } = (schema as Partial<StandardJSONSchemaV1> & Schema)['~standard'] as {
    readonly jsonSchema?: StandardJSONSchemaV1.Converter
  }
  if (jsonSchema === undefined) {
    throw moduleErrors('schema-unusable', {
      details: { place, reason: 'its validator has no Standard JSON Schema converter' },
    })
  }
  try {
    return jsonSchema[side]({ target })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw moduleErrors('schema-unusable', { details: { place, reason }, cause })
  }
}

/** Gives a schema whose validator has no JSON Schema converter a description written by hand, for both sides. */
export function describedAs<S extends Schema>(schema: S, description: Readonly<Record<string, JsonValue>>): S {
  const converter: StandardJSONSchemaV1.Converter = {
    input: () => structuredClone(description),
    output: () => structuredClone(description),
  }
  return { ...schema, '~standard': { ...schema['~standard'], jsonSchema: converter } }
}
