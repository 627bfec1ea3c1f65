// A JSON Schema in one line, as a person would write the type.

const longest = 96

/** `{ author: string, note?: string }[]`. What is too deep or too long ends in `…`. */
export function shapeLine(schema: unknown): string {
  const line = words(schema, definitionsOf(schema), 0)
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line
}

type Definitions = Readonly<Record<string, unknown>>

function words(schema: unknown, definitions: Definitions, depth: number): string {
  if (!isRecord(schema)) return schema === false ? 'never' : 'any'
  if (depth > 4) return '…'
  const next = (inner: unknown): string => words(inner, definitions, depth + 1)
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)
    return name in definitions ? next(definitions[name]) : name
  }
  if ('const' in schema) return JSON.stringify(schema.const)
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  for (const key of ['anyOf', 'oneOf'] as const) {
    if (Array.isArray(schema[key])) return [...new Set(schema[key].map(next))].join(' | ')
  }
  if (Array.isArray(schema.allOf)) return schema.allOf.map(next).join(' & ')
  if (Array.isArray(schema.type)) return schema.type.join(' | ')
  if (schema.type === 'array') return arrayOf(next(schema.items))
  if (schema.type === 'object' || isRecord(schema.properties)) return objectOf(schema, next)
  return typeof schema.type === 'string' ? schema.type : 'any'
}

const arrayOf = (item: string): string => (/[|&]/.test(item) && !item.startsWith('{') ? `(${item})[]` : `${item}[]`)

function objectOf(schema: Readonly<Record<string, unknown>>, next: (inner: unknown) => string): string {
  const required = new Set(Array.isArray(schema.required) ? schema.required : [])
  const fields = Object.entries(isRecord(schema.properties) ? schema.properties : {}).map(
    ([name, value]) => `${name}${required.has(name) ? '' : '?'}: ${next(value)}`,
  )
  if (fields.length > 0) return `{ ${fields.join(', ')} }`
  return isRecord(schema.additionalProperties) ? `Record<string, ${next(schema.additionalProperties)}>` : '{}'
}

function definitionsOf(schema: unknown): Definitions {
  if (!isRecord(schema)) return {}
  const { $defs, definitions } = schema
  return isRecord($defs) ? $defs : isRecord(definitions) ? definitions : {}
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
