// Writes table interfaces for the query builder: what is read, what may be inserted, what may be updated.
import type { ColumnShape, ColumnTypeShape, TableShape } from './read-table-shapes.ts'

/** A view of another module that the manifest declares to read. */
export interface DeclaredView {
  readonly module: string
  readonly view: string
  /** Undefined when no migration creates it. */
  readonly shape: TableShape | undefined
}

/** What one file holds. */
export interface TableTypesInput {
  readonly module: string
  readonly tables: readonly TableShape[]
  readonly reads: readonly DeclaredView[]
}

/** The name of the interface: `content` → `ContentTables`. */
export function interfaceName(module: string): string {
  const words = module.split(/[-_]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return `${words.join('')}Tables`
}

/** The text of `tables.generated.ts`; the same schema gives the same bytes. */
export function renderTableTypes({ module, tables, reads }: TableTypesInput): string {
  const entries = [
    ...tables.map((table) => renderTable(table.name, table)),
    ...reads.flatMap(({ module: owner, view, shape }) =>
      shape === undefined ? [] : [renderTable(`${owner.replaceAll('-', '_')}.${view}`, { ...shape, isView: true })],
    ),
  ]
  const body = entries.join('\n')
  const aliases = Object.entries(sharedTypes).filter(([name]) => new RegExp(`\\b${name}\\b`).test(body))
  const used = ['ColumnType', 'Generated', 'GeneratedAlways'].filter((name) =>
    new RegExp(`\\b${name}<`).test(body + aliases.map(([, text]) => text).join('')),
  )
  const lines = [
    `// Written by: footing migrate types. The tables and views of ${module}, and the views of others that it declares to read.`,
    ...(used.length === 0 ? [] : [`import type { ${used.join(', ')} } from 'kysely'`]),
    ...aliases.map(([, text]) => `\n${text}`),
    '',
    `export interface ${interfaceName(module)} {`,
    ...(body === '' ? [] : [body]),
    '}',
  ]
  return `${lines.join('\n')}\n`
}

// Each is written only into the files that need it.
const sharedTypes: Readonly<Record<string, string>> = {
  BigInteger:
    '/** Larger than a number holds exactly: arrives as text, may be written as text, number or bigint. */\n' +
    'type BigInteger = ColumnType<string, string | number | bigint, string | number | bigint>',
  OptionalBigInteger:
    '/** A BigInteger that the server fills in when it is left out. */\n' +
    'type OptionalBigInteger = ColumnType<string, string | number | bigint | undefined, string | number | bigint>',
  Decimal:
    '/** Exact to the last digit: arrives as text, may be written as text or number. */\n' +
    'type Decimal = ColumnType<string, string | number, string | number>',
  Instant:
    '/** A point in time: arrives as Date, may be written as Date or ISO text. */\n' +
    'type Instant = ColumnType<Date, Date | string, Date | string>',
  OptionalInstant:
    '/** An Instant that the server fills in when it is left out. */\n' +
    'type OptionalInstant = ColumnType<Date, Date | string | undefined, Date | string>',
  Day:
    '/** Written as `YYYY-MM-DD`; read it through `::text`, because the Date of the driver would carry a time zone. */\n' +
    'type Day = ColumnType<unknown, string, string>',
  Json:
    '/** Arrives parsed; write it with JSON.stringify, because the driver takes an array for one of PostgreSQL. */\n' +
    'type Json = ColumnType<unknown, string, string>',
}

function renderTable(name: string, table: TableShape): string {
  const columns = table.columns.map((column) => {
    const type = table.isView ? readOnly(column) : columnType(column)
    const comment = column.comment === undefined ? [] : [`    /** ${commentText(column.comment)} */`]
    return [...comment, `    ${propertyName(column.name)}: ${type}`].join('\n')
  })
  return [`  ${propertyName(name)}: {`, ...columns, '  }'].join('\n')
}

function propertyName(name: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name : quote(name)
}

// As the formatter of this file's readers would: single quotes, and nothing in it can end the text.
function quote(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'").replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`
}

function commentText(text: string): string {
  return text.replaceAll('*/', '*∕').replaceAll(/\s+/g, ' ').trim()
}

function readOnly(column: ColumnShape): string {
  return `ColumnType<${selected(column.type)}${orNull(column)}, never, never>`
}

// `unknown` holds null already, and a linter would say so.
function orNull({ type, nullable }: ColumnShape): string {
  return nullable && selected(type) !== 'unknown' ? ' | null' : ''
}

function columnType(column: ColumnShape): string {
  const { type, nullable, optional, generated } = column
  const none = orNull(column)
  if (generated) return `GeneratedAlways<${selected(type)}${none}>`
  const alias = aliasOf(type)
  if (alias === undefined) return optional ? `Generated<${selected(type)}${none}>` : `${selected(type)}${none}`
  if (!nullable && !optional) return alias
  if (!nullable && `Optional${alias}` in sharedTypes) return `Optional${alias}`
  const written = writtenTypes[alias] ?? 'string'
  const given = nullable ? `${written} | null` : written
  const inserted = optional ? `${given} | undefined` : given
  return `ColumnType<${selected(type)}${none}, ${inserted}, ${given}>`
}

const writtenTypes: Readonly<Record<string, string>> = {
  BigInteger: 'string | number | bigint',
  Decimal: 'string | number',
  Instant: 'Date | string',
}

/** Types that are written in another form than they are read. */
function aliasOf({ name, isArray, builtIn }: ColumnTypeShape): string | undefined {
  if (isArray || !builtIn) return undefined
  if (name === 'int8') return 'BigInteger'
  if (name === 'numeric') return 'Decimal'
  if (name === 'timestamptz' || name === 'timestamp') return 'Instant'
  if (name === 'date') return 'Day'
  if (name === 'json' || name === 'jsonb') return 'Json'
  return undefined
}

/** What the driver gives for a value of the type. */
function selected(type: ColumnTypeShape): string {
  if (!type.isArray) return scalar(type)
  // The driver cuts arrays of the types that it knows; any other arrives as the text '{a,b}'.
  const element = type.builtIn ? elements[type.name] : undefined
  if (element === undefined) return 'string'
  const each = type.values !== undefined && element === 'string' ? type.values.map(quote).join(' | ') : element
  return each.includes(' ') ? `(${each})[]` : `${each}[]`
}

function scalar({ name, values, builtIn }: ColumnTypeShape): string {
  if (values !== undefined && values.length > 0) return values.map(quote).join(' | ')
  return builtIn ? (scalars[name] ?? 'string') : 'string'
}

// pg 8 with its own parsers; every type that is not here arrives as text.
const scalars: Readonly<Record<string, string>> = {
  bool: 'boolean',
  int2: 'number',
  int4: 'number',
  oid: 'number',
  float4: 'number',
  float8: 'number',
  timestamptz: 'Date',
  timestamp: 'Date',
  date: 'unknown',
  json: 'unknown',
  jsonb: 'unknown',
  bytea: 'Buffer',
  interval: 'unknown',
  point: '{ x: number; y: number }',
  circle: '{ x: number; y: number; radius: number }',
}

const elements: Readonly<Record<string, string>> = {
  bool: 'boolean',
  int2: 'number',
  int4: 'number',
  int8: 'string',
  oid: 'number',
  float4: 'number',
  float8: 'number',
  numeric: 'number',
  text: 'string',
  varchar: 'string',
  bpchar: 'string',
  uuid: 'string',
  timestamptz: 'Date',
  timestamp: 'Date',
  date: 'Date',
  json: 'unknown',
  jsonb: 'unknown',
  bytea: 'Buffer',
  inet: 'string',
  cidr: 'string',
  macaddr: 'string',
  time: 'string',
  timetz: 'string',
  money: 'string',
  numrange: 'string',
  interval: 'unknown',
  point: '{ x: number; y: number }',
}
