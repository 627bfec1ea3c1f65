// Whether everything that one schema allows is understood by whoever reads with another: the question of two versions.
import type { JsonSchema } from '../module/schema.ts'
import { canonical } from './operation-schema.ts'

/**
 * Finds the first place where a value that `writer` allows may be refused by `reader`; undefined when there is none.
 * It errs on the side of refusing: what it does not understand has to be the same in both. Properties that only the
 * writer knows are tolerated unless the reader closes its objects: that is how versions grow.
 */
export function findMisfit(writer: JsonSchema | null, reader: JsonSchema | null): string | undefined {
  if (reader === null) return writer === null ? undefined : 'one side has a value where the other has none'
  if (writer === null) return 'one side has a value where the other has none'
  return new Comparison(writer, reader).compare(writer, reader, '')
}

type Part = JsonSchema | boolean

/** Deeper is taken for a schema that never ends. */
const deepest = 100

/** Compared by rules of their own; every other word must be the same on both sides. */
const understood = new Set([
  ...['type', 'enum', 'const', 'anyOf', 'oneOf', '$ref', '$defs', 'definitions', '$schema', '$id', 'properties'],
  ...['required', 'additionalProperties', 'propertyNames', 'items', 'minimum', 'maximum', 'exclusiveMinimum'],
  ...['exclusiveMaximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'pattern', 'format', 'prefixItems'],
  ...['default', 'title', 'description', 'examples', 'deprecated', 'readOnly', 'writeOnly', '$comment'],
])

class Comparison {
  readonly #writerRoot: JsonSchema
  readonly #readerRoot: JsonSchema
  /** Pairs under way: a schema that refers to itself is compared once. */
  readonly #open = new Set<string>()

  constructor(writerRoot: JsonSchema, readerRoot: JsonSchema) {
    this.#writerRoot = writerRoot
    this.#readerRoot = readerRoot
  }

  compare(writer: Part, reader: Part, place: string, depth = 0): string | undefined {
    if (reader === true || writer === false) return undefined
    if (reader === false) return at(place, 'is not accepted any more')
    if (depth > deepest) return at(place, 'is nested too deep to compare')
    if (isReference(writer) || isReference(reader)) return this.#followed(writer, reader, place, depth)
    if (isEmpty(reader)) return undefined
    if (writer === true) return at(place, 'may be anything')

    const written = choicesOf(writer)
    if (written !== undefined) {
      return first(written, (choice) => this.compare(choice, reader, place, depth + 1))
    }
    const read = choicesOf(reader)
    if (read !== undefined) {
      const faults = read.map((choice) => this.compare(writer, choice, place, depth + 1))
      if (faults.includes(undefined)) return undefined
      return faults.length === 1 ? faults[0] : at(place, 'fits none of the forms that are accepted')
    }
    return (
      compareValues(writer, reader, place) ??
      compareBounds(writer, reader, place) ??
      compareRest(writer, reader, place) ??
      this.#compareObjects(writer, reader, place, depth) ??
      this.#compareItems(writer, reader, place, depth)
    )
  }

  #followed(writer: Part, reader: Part, place: string, depth: number): string | undefined {
    const key = `${canonical(writer)}\n${canonical(reader)}`
    if (this.#open.has(key)) return undefined
    this.#open.add(key)
    const [left, right] = [resolve(writer, this.#writerRoot), resolve(reader, this.#readerRoot)]
    const fault =
      left === undefined || right === undefined
        ? at(place, 'refers to a schema that is not there')
        : this.compare(left, right, place, depth + 1)
    this.#open.delete(key)
    return fault
  }

  #compareObjects(writer: JsonSchema, reader: JsonSchema, place: string, depth: number): string | undefined {
    if (!mayBe(writer, 'object') || !mayBe(reader, 'object')) return undefined
    const [written, read] = [mapOf(writer.properties), mapOf(reader.properties)]
    const always = new Set(listOf(writer.required))
    const missing = listOf(reader.required).find((name) => typeof name === 'string' && !always.has(name))
    if (missing !== undefined)
      return at(`${place}/${String(missing)}`, 'is required by one side and optional to the other')
    const closed = reader.additionalProperties === false
    for (const [name, part] of Object.entries(written)) {
      const known = Object.hasOwn(read, name) ? read[name] : undefined
      if (known === undefined && closed)
        return at(`${place}/${name}`, 'is not known to the other side, which refuses it')
      const expected = known ?? asPart(reader.additionalProperties)
      const fault = this.compare(part, expected, `${place}/${name}`, depth + 1)
      if (fault !== undefined) return fault
    }
    // Properties of any name on one side: every property that the other names has to take them.
    const open = asPart(writer.additionalProperties)
    if (typeof writer.additionalProperties !== 'object') return undefined
    for (const [name, part] of Object.entries(read)) {
      if (Object.hasOwn(written, name)) continue
      const fault = this.compare(open, part, `${place}/${name}`, depth + 1)
      if (fault !== undefined) return fault
    }
    return this.compare(open, asPart(reader.additionalProperties), `${place}/*`, depth + 1)
  }

  #compareItems(writer: JsonSchema, reader: JsonSchema, place: string, depth: number): string | undefined {
    if (!mayBe(writer, 'array') || !mayBe(reader, 'array')) return undefined
    if (writer.prefixItems !== undefined || reader.prefixItems !== undefined) {
      const same = canonical([writer.prefixItems, writer.items]) === canonical([reader.prefixItems, reader.items])
      return same ? undefined : at(place, 'is a list with fixed places that have changed')
    }
    return this.compare(asPart(writer.items), asPart(reader.items), `${place}/-`, depth + 1)
  }
}

/** Types, and values that are listed one by one. */
function compareValues(writer: JsonSchema, reader: JsonSchema, place: string): string | undefined {
  const values = valuesOf(writer)
  const accepted = valuesOf(reader)
  if (accepted !== undefined) {
    const known = new Set(accepted.map(canonical))
    const stranger = values?.find((value) => !known.has(canonical(value)))
    if (values === undefined) return at(place, 'may have values that the other side does not know')
    return stranger === undefined
      ? undefined
      : at(place, `may be ${canonical(stranger)}, which the other side does not know`)
  }
  const types = values === undefined ? listOf(writer.type) : [...new Set(values.map(typeOf))]
  const wanted = listOf(reader.type)
  if (wanted.length === 0) return undefined
  if (types.length === 0) return at(place, 'may be of any type')
  const odd = types.find((type) => !wanted.includes(type) && !(type === 'integer' && wanted.includes('number')))
  return odd === undefined ? undefined : at(place, `may be of type ${String(odd)}, expected ${wanted.join(' or ')}`)
}

const upper = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'] as const
const lower = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'] as const

function compareBounds(writer: JsonSchema, reader: JsonSchema, place: string): string | undefined {
  const values = valuesOf(writer)
  if (values?.every((value) => typeof value !== 'string' && typeof value !== 'number')) return undefined
  for (const word of [...upper, ...lower]) {
    const limit = reader[word]
    if (typeof limit !== 'number' || isIdleSafeInteger(word, limit, writer)) continue
    const given = writer[word]
    const within =
      typeof given === 'number' && ((upper as readonly string[]).includes(word) ? given <= limit : given >= limit)
    if (!within) return at(place, `has no ${word} within ${limit}`)
  }
  for (const word of ['pattern', 'format'] as const) {
    if (reader[word] !== undefined && canonical(reader[word]) !== canonical(writer[word])) {
      return at(place, `has another ${word}`)
    }
  }
  return undefined
}

/** Validators write the limits of whole numbers into every integer; they exclude nothing that JSON carries safely. */
function isIdleSafeInteger(word: string, limit: number, writer: JsonSchema): boolean {
  return listOf(writer.type).includes('integer') && /imum$/.test(word) && Math.abs(limit) >= Number.MAX_SAFE_INTEGER
}

function compareRest(writer: JsonSchema, reader: JsonSchema, place: string): string | undefined {
  for (const [word, value] of Object.entries(reader)) {
    if (understood.has(word) && word !== 'propertyNames') continue
    if (canonical(value) !== canonical(writer[word])) return at(place, `differs in ${word}`)
  }
  return undefined
}

function isReference(part: Part): boolean {
  return typeof part === 'object' && typeof part.$ref === 'string'
}

function resolve(part: Part, root: JsonSchema): Part | undefined {
  if (typeof part === 'boolean' || typeof part.$ref !== 'string') return part
  if (part.$ref === '#') return root
  if (!part.$ref.startsWith('#/')) return undefined
  let found: unknown = root
  for (const step of part.$ref.slice(2).split('/')) {
    const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
    found =
      typeof found === 'object' && found !== null && Object.hasOwn(found, key) ? Reflect.get(found, key) : undefined
  }
  return typeof found === 'boolean' || (typeof found === 'object' && found !== null) ? (found as Part) : undefined
}

function choicesOf(schema: JsonSchema): readonly Part[] | undefined {
  const choices = schema.anyOf ?? schema.oneOf
  if (
    Array.isArray(choices) &&
    Object.keys(schema).every((word) => ['anyOf', 'oneOf', '$defs', '$schema'].includes(word) || remark(word))
  ) {
    return choices as readonly Part[]
  }
  const types = listOf(schema.type)
  return types.length > 1 ? types.map((type) => ({ ...schema, type })) : undefined
}

function remark(word: string): boolean {
  return ['title', 'description', 'default', 'examples', 'deprecated', '$id', '$comment'].includes(word)
}

function isEmpty(part: Part): boolean {
  return (
    typeof part === 'object' &&
    Object.keys(part).every((word) => remark(word) || word === '$schema' || word === '$defs')
  )
}

function valuesOf(schema: JsonSchema): readonly unknown[] | undefined {
  if ('const' in schema) return [schema.const]
  return Array.isArray(schema.enum) ? schema.enum : undefined
}

function mayBe(schema: JsonSchema, type: string): boolean {
  const types = listOf(schema.type)
  return types.length === 0 || types.includes(type)
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value]
}

function mapOf(value: unknown): Readonly<Record<string, Part>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, Part>>) : {}
}

function asPart(value: unknown): Part {
  return typeof value === 'boolean' || (typeof value === 'object' && value !== null) ? (value as Part) : true
}

function first<T>(parts: readonly T[], find: (part: T) => string | undefined): string | undefined {
  for (const part of parts) {
    const found = find(part)
    if (found !== undefined) return found
  }
  return undefined
}

function at(place: string, fault: string): string {
  return `${place === '' ? 'the whole' : place} ${fault}`
}
