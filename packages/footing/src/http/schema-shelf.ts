// The named schemas of an API description, each once: what several routes share is referred to by its name.
import { type JsonSchema, jsonSchemaOf, type Schema } from '../module/schema.ts'

const prefix = '#/components/schemas/'

/** Collects named schemas while routes are described. */
export class SchemaShelf {
  readonly #schemas = new Map<string, JsonSchema>()

  /** All that were named, in the order of their names. */
  get schemas(): Readonly<Record<string, JsonSchema>> {
    const entries = [...this.#schemas].toSorted(([left], [right]) => (left < right ? -1 : 1))
    return Object.fromEntries(entries)
  }

  /** Describes a schema; its named parts go onto the shelf and are referred to. */
  describe(schema: Schema, side: 'input' | 'output', place: string): JsonSchema {
    return this.take(jsonSchemaOf(schema, side, 'draft-2020-12', place), side)
  }

  /** Takes a JSON Schema as `describe` does. */
  take(schema: JsonSchema, side: 'input' | 'output'): JsonSchema {
    const { $schema: _dialect, $defs, ...rest } = schema
    // By its definition, `$defs` maps names to schemas.
    const parts = ($defs ?? {}) as Readonly<Record<string, JsonSchema>>
    const names = this.#namesFor(parts, side)
    for (const [name, part] of Object.entries(parts)) {
      this.#schemas.set(names.get(name) ?? name, rename(part, names))
    }
    return rename(rest, names)
  }

  /** Puts a schema onto the shelf and returns the reference to it. */
  add(name: string, schema: JsonSchema): JsonSchema {
    this.#schemas.set(name, schema)
    return { $ref: prefix + name }
  }

  /** What a reference stands for; anything else is returned as it is. */
  resolve(schema: JsonSchema): JsonSchema {
    const { $ref } = schema
    return typeof $ref === 'string' ? (this.#schemas.get($ref.slice(prefix.length)) ?? schema) : schema
  }

  /** A name that is taken by another shape (one accepts, the other yields) gets the side as its ending. */
  #namesFor(parts: Readonly<Record<string, JsonSchema>>, side: 'input' | 'output'): ReadonlyMap<string, string> {
    const own = new Map(Object.keys(parts).map((name) => [name, name.replaceAll(/[^A-Za-z0-9._-]/g, '_')]))
    const clashes = [...own].some(([name, chosen]) => {
      const present = this.#schemas.get(chosen)
      return present !== undefined && JSON.stringify(present) !== JSON.stringify(rename(parts[name] ?? {}, own))
    })
    if (!clashes) return own
    const ending = side === 'input' ? 'Input' : 'Output'
    return new Map([...own].map(([name, chosen]) => [name, this.#schemas.has(chosen) ? chosen + ending : chosen]))
  }
}

function rename(schema: JsonSchema, names: ReadonlyMap<string, string>): JsonSchema {
  // The walk keeps the shape of what it is given: an object stays one.
  return walk(schema, names) as JsonSchema
}

function walk(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((part) => walk(part, names))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => {
      if (key !== '$ref' || typeof part !== 'string' || !part.startsWith('#/$defs/')) return [key, walk(part, names)]
      const name = part.slice('#/$defs/'.length)
      return [key, prefix + (names.get(name) ?? name)]
    }),
  )
}
