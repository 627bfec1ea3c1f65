// Walking in a JSON Schema: what stands at a property, and which values a text may mean there.
import type { JsonSchema } from '../module/schema.ts'

/** A property of an object schema. */
export interface SchemaProperty {
  readonly node: JsonSchema
  readonly required: boolean
}

const definitions = ['$defs', 'definitions'] as const
const rootName = 'Whole'

/**
 * The schema with references that hold below another root too: one to the whole document becomes one to a definition.
 */
export function movable(root: JsonSchema): JsonSchema {
  if (!JSON.stringify(root).includes('"$ref":"#"')) return root
  const key = 'definitions' in root ? 'definitions' : '$defs'
  const { $schema: _dialect, [key]: own, ...rest } = root
  const moved = JSON.parse(JSON.stringify({ ...rest }).replaceAll('"$ref":"#"', `"$ref":"#/${key}/${rootName}"`))
  return { $ref: `#/${key}/${rootName}`, [key]: { ...(own as object | undefined), [rootName]: moved } }
}

/** The definitions of a root, to stand beside a part that is taken out of it. */
export function definitionsOf(root: JsonSchema): JsonSchema {
  return Object.fromEntries(definitions.flatMap((key) => (root[key] === undefined ? [] : [[key, root[key]]])))
}

/** What a node stands for once its references are followed. */
function followed(root: JsonSchema, node: JsonSchema): JsonSchema {
  let found = node
  for (let steps = 0; steps < 20 && typeof found.$ref === 'string'; steps++) {
    const target = found.$ref.split('/').slice(1).reduce<unknown>(stepInto, root)
    if (!isNode(target)) return found
    found = target
  }
  return found
}

function stepInto(value: unknown, key: string): unknown {
  return isNode(value) ? value[key.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
}

/** The properties of an object schema by name; undefined for anything else. */
export function propertiesOf(root: JsonSchema, node: JsonSchema): ReadonlyMap<string, SchemaProperty> | undefined {
  const target = followed(root, node)
  const { properties, required, allOf } = target
  if (Array.isArray(allOf)) {
    const parts = allOf.filter(isNode).map((part) => propertiesOf(root, part))
    return new Map(parts.flatMap((part) => [...(part ?? [])]))
  }
  if (!isNode(properties)) return undefined
  const needed: readonly unknown[] = Array.isArray(required) ? required : []
  return new Map(
    Object.entries(properties).flatMap(([name, property]) =>
      isNode(property) ? [[name, { node: property, required: needed.includes(name) }] as const] : [],
    ),
  )
}

/** What stands at a path of properties; it is required when every step is. */
export function propertyAt(root: JsonSchema, path: readonly string[]): SchemaProperty | undefined {
  let found: SchemaProperty = { node: root, required: true }
  for (const key of path) {
    const next = propertiesOf(root, found.node)?.get(key)
    if (next === undefined) return undefined
    found = { node: next.node, required: found.required && next.required }
  }
  return found
}

/**
 * Turns the text of a path or a query into the value that it means at `node`; what means nothing stays as it is.
 * `keepText` stands for values that are texts themselves.
 */
export function textReader(root: JsonSchema, node: JsonSchema): (value: unknown) => unknown {
  const types = typesOf(root, node)
  if (types.has('array')) {
    const { items } = branchOf(root, node, 'array')
    const read = isNode(items) ? textReader(root, items) : keepText
    return (value) => (Array.isArray(value) ? value.map(read) : value === undefined ? undefined : [read(value)])
  }
  if (types.has('string') || types.size === 0) return keepText
  const number = types.has('number') || types.has('integer')
  const boolean = types.has('boolean')
  return (value) => {
    if (number && typeof value === 'string' && jsonNumber.test(value)) return Number(value)
    if (boolean && (value === 'true' || value === 'false')) return value === 'true'
    return value
  }
}

const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Reads a text as a text. */
export const keepText = (value: unknown) => value

function typesOf(root: JsonSchema, node: JsonSchema): ReadonlySet<string> {
  return new Set(branchesOf(root, node).flatMap(typesHere))
}

function typesHere({ type, enum: values, const: value }: JsonSchema): string[] {
  if (typeof type === 'string') return [type]
  if (Array.isArray(type)) return type.map(String)
  const known = Array.isArray(values) ? values : value === undefined ? [] : [value]
  return known.map((one) => typeof one)
}

function branchOf(root: JsonSchema, node: JsonSchema, type: string): JsonSchema {
  return branchesOf(root, node).find((branch) => typesHere(branch).includes(type)) ?? {}
}

function branchesOf(root: JsonSchema, node: JsonSchema): readonly JsonSchema[] {
  const target = followed(root, node)
  const choices = [target.anyOf, target.oneOf, target.allOf].filter(Array.isArray).flat().filter(isNode)
  return choices.length === 0 ? [target] : choices.flatMap((choice) => branchesOf(root, choice))
}

function isNode(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
