// Says how two dumps of one schema differ, thing by thing and column by column.
import { parseSchema, type SchemaObject } from './schema-object.ts'

/** One thing that is not as it should be. */
export interface SchemaDifference {
  readonly module: string
  /** `table item`, `column item.price`, `constraint item.item_pkey`, `index item.item_name`, … */
  readonly subject: string
  readonly kind: 'missing' | 'unexpected' | 'different'
  /** What should be there; absent when nothing should. */
  readonly expected?: string
  /** What is there; absent when nothing is. */
  readonly found?: string
}

/** The differences in the order of the expected text, then of the found one; none when the texts mean the same. */
export function compareSchemas(module: string, expected: string, found: string): readonly SchemaDifference[] {
  const wanted = byIdentity(parseSchema(expected))
  const there = byIdentity(parseSchema(found))
  const differences: SchemaDifference[] = []
  for (const [identity, object] of wanted) {
    const other = there.get(identity)
    if (other === undefined) {
      differences.push({ module, subject: identity, kind: 'missing', expected: textOf(object) })
    } else if (textOf(object) !== textOf(other)) differences.push(...compareObjects(module, object, other))
  }
  for (const [identity, object] of there) {
    if (!wanted.has(identity))
      differences.push({ module, subject: identity, kind: 'unexpected', found: textOf(object) })
  }
  return differences
}

function byIdentity(objects: readonly SchemaObject[]): ReadonlyMap<string, SchemaObject> {
  return new Map(objects.map((object) => [`${object.kind} ${object.name}`, object]))
}

function textOf({ lines }: SchemaObject): string {
  return lines.join('\n')
}

function compareObjects(module: string, expected: SchemaObject, found: SchemaObject): readonly SchemaDifference[] {
  const whole: SchemaDifference = {
    module,
    subject: `${expected.kind} ${expected.name}`,
    kind: 'different',
    expected: textOf(expected),
    found: textOf(found),
  }
  if (expected.kind !== 'table') return [whole]
  const wanted = partsOf(expected)
  const there = partsOf(found)
  const differences: SchemaDifference[] = []
  for (const [subject, text] of wanted) {
    const other = there.get(subject)
    if (other === undefined) differences.push({ module, subject, kind: 'missing', expected: text })
    else if (other !== text) differences.push({ module, subject, kind: 'different', expected: text, found: other })
  }
  for (const [subject, text] of there) {
    if (!wanted.has(subject)) differences.push({ module, subject, kind: 'unexpected', found: text })
  }
  if (differences.length > 0) return differences
  return [{ ...whole, subject: `order of columns in ${expected.name}` }]
}

// Columns and constraints by name; every other line of the block is about the table itself.
function partsOf({ name, lines }: SchemaObject): ReadonlyMap<string, string> {
  const parts = new Map<string, string>()
  const own: string[] = []
  for (const line of lines) {
    const [, word, constraint] = /^ {2}(?:constraint ("(?:[^"]|"")*"|\S+) )?("(?:[^"]|"")*"|\S+)/.exec(line) ?? []
    if (word !== undefined) parts.set(`constraint ${name}.${word}`, line.trim())
    else if (constraint !== undefined) parts.set(`column ${name}.${constraint}`, line.trim())
    else own.push(line)
  }
  parts.set(`table ${name}`, own.join('\n'))
  return parts
}
