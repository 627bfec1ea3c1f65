// How the text that PostgreSQL writes for a value becomes a typed value of a Parquet file, and exactly that text again.

/** A value as a Parquet file holds it. */
export type FileValue = string | number | bigint | boolean | Uint8Array

/** Names of the ways to keep a column. */
export type KindName =
  | 'boolean'
  | 'int32'
  | 'int64'
  | 'double'
  | 'decimal'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'uuid'
  | 'bytes'
  | 'text'

/** Physical and logical type of a column, as the Parquet format names them. */
export interface FileType {
  readonly type: 'BOOLEAN' | 'INT32' | 'INT64' | 'DOUBLE' | 'BYTE_ARRAY' | 'FIXED_LEN_BYTE_ARRAY'
  readonly converted_type?: 'UTF8' | 'DATE' | 'DECIMAL'
  readonly logical_type?:
    | { readonly type: 'TIMESTAMP'; readonly isAdjustedToUTC: boolean; readonly unit: 'MICROS' }
    | { readonly type: 'UUID' }
  readonly type_length?: number
  readonly precision?: number
  readonly scale?: number
}

/** One way to keep a column. `toText(toFile(text))` is `text`, or the value is not kept this way. */
export interface ColumnKind {
  readonly name: KindName
  readonly fileType: FileType
  toFile(text: string): FileValue | undefined
  toText(value: FileValue): string
}

const dayMs = 86_400_000

const boolean: ColumnKind = {
  name: 'boolean',
  fileType: { type: 'BOOLEAN' },
  toFile: (text) => text === 'true',
  toText: (value) => (value === true ? 'true' : 'false'),
}
const int32: ColumnKind = {
  name: 'int32',
  fileType: { type: 'INT32' },
  toFile: (text) => Number(text),
  toText: String,
}
const int64: ColumnKind = {
  name: 'int64',
  fileType: { type: 'INT64' },
  toFile: (text) => BigInt(text),
  toText: String,
}
const double: ColumnKind = {
  name: 'double',
  fileType: { type: 'DOUBLE' },
  toFile: (text) => Number(text),
  toText: (value) => floatText(Number(value)),
}
const date: ColumnKind = {
  name: 'date',
  fileType: { type: 'INT32', converted_type: 'DATE' },
  toFile: (text) => (/^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) / dayMs : undefined),
  toText: (value) => new Date(Number(value) * dayMs).toISOString().slice(0, 10),
}
const timestamp = timestampKind('timestamp', '')
const timestamptz = timestampKind('timestamptz', '+00')
const uuid: ColumnKind = {
  name: 'uuid',
  fileType: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } },
  toFile: (text) => Buffer.from(text.replaceAll('-', ''), 'hex'),
  toText: (value) =>
    bytesOf(value)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
}
const bytes: ColumnKind = {
  name: 'bytes',
  fileType: { type: 'BYTE_ARRAY' },
  toFile: (text) => (text.startsWith('\\x') ? Buffer.from(text.slice(2), 'hex') : undefined),
  toText: (value) => `\\x${bytesOf(value).toString('hex')}`,
}
const text: ColumnKind = {
  name: 'text',
  fileType: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  toFile: (value) => value,
  toText: (value) => (typeof value === 'string' ? value : bytesOf(value).toString('utf8')),
}

/** Keeps anything: PostgreSQL's own text. */
export const textKind = text

const byType: Readonly<Record<string, ColumnKind>> = {
  boolean,
  smallint: int32,
  integer: int32,
  bigint: int64,
  real: double,
  'double precision': double,
  date,
  'timestamp without time zone': timestamp,
  'timestamp with time zone': timestamptz,
  uuid,
  bytea: bytes,
}

/** The way to keep a column of a type, as `format_type` writes it: `numeric(12,2)`, `timestamp(3) with time zone`. */
export function kindOf(type: string): ColumnKind {
  const decimal = /^numeric\((\d+),(\d+)\)$/.exec(type)
  // Up to 18 digits fit into 64 bits. More, or a number of digits that nobody limits, stays text.
  if (decimal !== null && Number(decimal[1]) <= 18) return decimalKind(Number(decimal[1]), Number(decimal[2]))
  return byType[type.replace(/\(\d+\)/, '')] ?? text
}

/** The way that a file says it used. */
export function kindNamed(name: KindName, type: string): ColumnKind {
  return name === 'text' ? text : kindOf(type)
}

/**
 * The values of a column for a file. When one of them would not come back as it was (infinite dates, years before Christ,
 * numbers that are none), the whole column stays text: typed where that is exact, exact always.
 */
export function encodeColumn(
  type: string,
  values: readonly (string | null)[],
): { kind: ColumnKind; values: (FileValue | null)[] } {
  const kind = kindOf(type)
  const encoded: (FileValue | null)[] = []
  for (const value of values) {
    const made = value === null ? null : exactly(kind, value)
    if (made === undefined) return { kind: text, values: [...values] }
    encoded.push(made)
  }
  return { kind, values: encoded }
}

function exactly(kind: ColumnKind, value: string): FileValue | undefined {
  try {
    const made = kind.toFile(value)
    return made !== undefined && kind.toText(made) === value ? made : undefined
  } catch {
    return undefined
  }
}

function decimalKind(precision: number, scale: number): ColumnKind {
  return {
    name: 'decimal',
    fileType: { type: 'INT64', converted_type: 'DECIMAL', precision, scale },
    toFile: (value) => BigInt(value.replace('.', '')),
    toText: (value) => {
      const whole = BigInt(Number.isInteger(value) || typeof value === 'bigint' ? (value as number | bigint) : 0)
      const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, '0')
      const cut = digits.length - scale
      return `${whole < 0n ? '-' : ''}${digits.slice(0, cut)}${scale === 0 ? '' : `.${digits.slice(cut)}`}`
    },
  }
}

function timestampKind(name: 'timestamp' | 'timestamptz', zone: string): ColumnKind {
  const pattern = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(\+00)?$/
  return {
    name,
    fileType: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: zone !== '', unit: 'MICROS' } },
    toFile: (value) => {
      const match = pattern.exec(value)
      if (match === null) return undefined
      const [, day = '', time = '', fraction = ''] = match
      return BigInt(Date.parse(`${day}T${time}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0') || '0')
    },
    toText: (value) => {
      const micros = BigInt(value as bigint)
      const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
      const iso = new Date(Number((micros - rest) / 1000n)).toISOString()
      const fraction = String(rest).padStart(6, '0').replace(/0+$/, '')
      return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${fraction === '' ? '' : `.${fraction}`}${zone}`
    },
  }
}

// The shortest digits are the same in both worlds; where the point stands and when an exponent is written differs.
function floatText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa = '', power = '0'] = value.toExponential().split('e')
  const exponent = Number(power)
  if (exponent < -4 || exponent >= 15) {
    const sign = exponent < 0 ? '-' : '+'
    return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  const sign = value < 0 ? '-' : ''
  const digits = mantissa.replace(/[-.]/g, '')
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const rest = digits.slice(exponent + 1)
  return `${sign}${whole}${rest === '' ? '' : `.${rest}`}`
}

function bytesOf(value: FileValue): Buffer {
  if (!(value instanceof Uint8Array)) return Buffer.from(String(value))
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}
