// What a route makes of the result of an operation, read from its own `answer` once, at start: for the description and
// the serialiser, so that nothing leaves which the operation does not declare.
import type { ErrorIssue } from '@footing/kernel'
import { moduleErrors } from '../module/errors.ts'
import { escapePointer } from '../module/portable.ts'
import { type AnyRoute, type Calling, isReply } from '../module/route.ts'
import { type JsonSchema, type JsonSchemaTarget, jsonSchemaOf, type Schema } from '../module/schema.ts'
import { originOf, placeholder, runMapping, Unclear } from './placeholder.ts'
import { definitionsOf, movable, propertiesOf, propertyAt } from './schema-node.ts'

/** The form of an answer. */
export interface AnswerShape {
  /** The answer as JSON Schema. */
  describe(target: JsonSchemaTarget): JsonSchema
  /** Where a value has another form than the description says. */
  faults(value: unknown): readonly ErrorIssue[]
}

/** A part of the answer. */
type Shape =
  | { readonly kind: 'part'; readonly path: readonly string[] }
  | { readonly kind: 'object'; readonly parts: ReadonlyMap<string, Shape> }
  | { readonly kind: 'constant'; readonly type: 'string' | 'number' | 'boolean' | 'null' }

/** Stands for a value inside of a text, which may go into a header but not into the body. */
const mark = '\u0000'

/**
 * Reads the `answer` of a route; undefined when there is no body.
 * @throws `route-unclear` when it computes
 */
export function readAnswer(route: AnyRoute, calling: Calling, label: string): AnswerShape | undefined {
  const { operation, answer } = calling
  const { out } = operation
  if (answer === undefined) return out === undefined ? undefined : shapeOf({ kind: 'part', path: [] }, out, label)
  const root = out === undefined ? {} : movable(jsonSchemaOf(out, 'output', 'draft-2020-12', label))
  const names = ([, ...path]: readonly string[]) => {
    const at = propertyAt(root, path)
    return at === undefined ? undefined : propertiesOf(root, at.node)?.keys()
  }
  try {
    const value = placeholder(['value'], {
      names,
      primitive: (_origin, hint) => (hint === 'number' ? undefined : mark),
    })
    const result = runMapping(answer as (value: never) => unknown, value)
    if (isReply(result) && result.status !== route.status) {
      throw new Unclear(`it answers ${result.status}, and the route declares ${route.status}`)
    }
    const body = isReply(result) ? result.body : result
    return body === undefined ? undefined : shapeOf(read(body, root), out, label)
  } catch (error) {
    if (!(error instanceof Unclear)) throw error
    throw moduleErrors('route-unclear', {
      details: { route: label, part: 'answer', reason: error.message, declare: 'out' },
      cause: error,
    })
  }
}

function read(value: unknown, root: JsonSchema): Shape {
  const origin = originOf(value)
  if (origin !== undefined) {
    const path = origin.slice(1)
    if (propertyAt(root, path) === undefined) throw new Unclear(`the operation does not declare ${path.join('.')}`)
    return { kind: 'part', path }
  }
  if (value === null) return { kind: 'constant', type: 'null' }
  switch (typeof value) {
    case 'string':
      if (value.includes(mark)) throw new Unclear('it makes a text of a value')
      return { kind: 'constant', type: 'string' }
    case 'number':
    case 'boolean':
      return { kind: 'constant', type: typeof value as 'number' | 'boolean' }
    case 'object':
      if (Array.isArray(value)) throw new Unclear('it makes a list')
      return {
        kind: 'object',
        parts: new Map(
          Object.entries(value)
            .filter(([, part]) => part !== undefined)
            .map(([key, part]) => [key, read(part, root)] as const),
        ),
      }
    default:
      throw new Unclear(`it answers with a ${typeof value}`)
  }
}

function shapeOf(shape: Shape, out: Schema | undefined, label: string): AnswerShape {
  return {
    describe: (target) => {
      const root = out === undefined ? {} : movable(jsonSchemaOf(out, 'output', target, label))
      return { ...nodeOf(shape, root), ...definitionsOf(root) }
    },
    // Nearly every answer has none, and then this is all that it costs.
    faults: (value) => (fits(shape, value) ? [] : faultsOf(shape, value, '')),
  }
}

function nodeOf(shape: Shape, root: JsonSchema): JsonSchema {
  if (shape.kind === 'constant') return { type: shape.type }
  if (shape.kind === 'part') {
    const { $schema: _dialect, ...node } = propertyAt(root, shape.path)?.node ?? {}
    return node
  }
  const parts = [...shape.parts]
  const required = parts.filter(([, part]) => isRequired(part, root)).map(([name]) => name)
  return {
    type: 'object',
    properties: Object.fromEntries(parts.map(([name, part]) => [name, nodeOf(part, root)])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  }
}

function isRequired(shape: Shape, root: JsonSchema): boolean {
  return shape.kind !== 'part' || (propertyAt(root, shape.path)?.required ?? false)
}

/** True when there is nothing that `faultsOf` would tell. */
function fits(shape: Shape, value: unknown): boolean {
  if (shape.kind === 'part') return true
  if (shape.kind === 'constant') return (value === null ? 'null' : typeof value) === shape.type
  if (typeof value !== 'object' || value === null) return false
  for (const [key, part] of Object.entries(value)) {
    if (part === undefined) continue
    const expected = shape.parts.get(key)
    if (expected === undefined || !fits(expected, part)) return false
  }
  return true
}

/** What is made of a real value has to be what was made of the stand-in: the same keys, constants of the same type. */
function faultsOf(shape: Shape, value: unknown, pointer: string): readonly ErrorIssue[] {
  if (shape.kind === 'part') return []
  if (shape.kind === 'constant') {
    const type = value === null ? 'null' : typeof value
    return type === shape.type ? [] : [{ pointer, message: `is a ${type}, and ${shape.type} is described` }]
  }
  if (typeof value !== 'object' || value === null) return [{ pointer, message: 'is no object, as is described' }]
  return Object.entries(value).flatMap(([key, part]) => {
    if (part === undefined) return []
    const place = `${pointer}/${escapePointer(key)}`
    const expected = shape.parts.get(key)
    return expected === undefined ? [{ pointer: place, message: 'is not described' }] : faultsOf(expected, part, place)
  })
}
