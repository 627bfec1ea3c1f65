// A database schema as text in blocks: what is committed, read in reviews, and compared.

/** One thing in a schema with the text that says all about it. */
export interface SchemaObject {
  /** `table`, `index`, `view`, … */
  readonly kind: string
  /** As SQL would write it; an index or a trigger of a table begins with the table: `item.item_name`. */
  readonly name: string
  /** Lines of the block. Those of a table that begin with two spaces are its columns and constraints. */
  readonly lines: readonly string[]
}

/** Everything in the schema of a module, in the order in which it is written. */
export interface ModuleSchema {
  readonly module: string
  readonly objects: readonly SchemaObject[]
}

const kinds = [
  'extension',
  'enum',
  'composite type',
  'domain',
  'range',
  'sequence',
  'table',
  'view',
  'materialized view',
  'function',
  'procedure',
  'aggregate',
  'other',
]

/** Sorts by kind, then name; what hangs on a table stands directly after it. Never by the server's own sorting. */
export function inOrder(objects: readonly SchemaObject[]): readonly SchemaObject[] {
  const owners = new Map(objects.filter(({ kind }) => isRelation(kind)).map(({ name, kind }) => [name, kind]))
  const place = ({ kind, name }: SchemaObject): readonly [number, string, number, string] => {
    const own = kinds.indexOf(kind)
    if (own >= 0) return [own, name, 0, name]
    const owner = ownerOf(name)
    return [kinds.indexOf(owners.get(owner) ?? 'table'), owner, 1, `${kind} ${name}`]
  }
  return objects
    .map((object) => ({ object, key: place(object) }))
    .toSorted((a, b) => {
      for (const [index, left] of a.key.entries()) {
        const right = b.key[index]
        if (right !== undefined && left !== right) return left < right ? -1 : 1
      }
      return 0
    })
    .map(({ object }) => object)
}

function isRelation(kind: string): boolean {
  return kind === 'table' || kind === 'view' || kind === 'materialized view'
}

// `"a.b".c` belongs to `"a.b"`.
function ownerOf(name: string): string {
  return /^(?:"(?:[^"]|"")*"|[^".]+)/.exec(name)?.[0] ?? name
}

const header = (module: string) =>
  `-- What the migrations of ${module} build. Written by: footing migrate dump. Reviewed like code, never run.`

/** The text of the dump; the same schema gives the same bytes on every server from PostgreSQL 15 on. */
export function renderSchema({ module, objects }: ModuleSchema): string {
  const blocks = objects.map(({ kind, name, lines }) =>
    [`--- ${kind} ${oneLine(name)}`, ...lines.flatMap((line) => line.split('\n')).map(escapeMark)].join('\n'),
  )
  return `${[header(module), ...blocks].join('\n\n')}\n`
}

/** Reads a dump back. Lines in front of the first block are ignored, so that any text gives some answer. */
export function parseSchema(text: string): readonly SchemaObject[] {
  const objects: SchemaObject[] = []
  let lines: string[] = []
  for (const line of text.replaceAll('\r\n', '\n').split('\n')) {
    const [, kind, name] = blockMark.exec(line) ?? []
    if (kind !== undefined && name !== undefined) {
      lines = []
      objects.push({ kind, name, lines })
    } else lines.push(line)
  }
  for (const { lines } of objects) while (lines.at(-1) === '') (lines as string[]).pop() // the arrays made above
  return objects
}

const blockMark =
  /^--- (extension|enum|composite type|domain|range|sequence|table|view|materialized view|function|procedure|aggregate|other|index|trigger|rule|policy|statistics) (.+)$/

/** A body may hold a line that looks like the beginning of a block. */
function escapeMark(line: string): string {
  return line.startsWith('---') ? `-${line}` : line
}

/** Keeps a definition on its line: only texts hold line ends there. */
export function oneLine(text: string): string {
  return text.replaceAll('\r', '\\r').replaceAll('\n', '\\n')
}
