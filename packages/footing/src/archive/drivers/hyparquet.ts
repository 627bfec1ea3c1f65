// Parquet files in memory, by hyparquet and its writer, compressed with the Zstandard that Node has.
import zlib from 'node:zlib'
import type { ColumnKind, FileValue, KindName } from '../contract/column-kind.ts'
import { archiveError } from '../contract/errors.ts'

/** A column of a file with all its values. */
export interface FileColumn {
  readonly name: string
  readonly kind: ColumnKind
  readonly values: readonly (FileValue | null)[]
}

/** What a file says of itself. */
export interface FileNote {
  readonly version: 1
  readonly columns: readonly { readonly name: string; readonly type: string; readonly kind: KindName }[]
}

/** What was read. */
export interface ReadFile {
  readonly rows: number
  readonly note: unknown
  /** By name; values are physical: numbers, big integers, bytes. */
  readonly columns: ReadonlyMap<string, readonly (FileValue | null)[]>
}

const noteKey = 'footing.archive'
const rowsOfGroup = 20_000

/**
 * The bytes of a file.
 * @throws `archive-parquet-missing`
 */
export async function writeParquet(columns: readonly FileColumn[], note: FileNote): Promise<Uint8Array> {
  const { ByteWriter, parquetWrite } = await import('hyparquet-writer').catch(missing)
  const writer = new ByteWriter()
  await parquetWrite({
    writer,
    columnData: columns.map(({ name, values }) => ({ name, data: [...values] })),
    schema: [
      { name: 'root', num_children: columns.length },
      ...columns.map(({ name, kind }) => ({ name, repetition_type: 'OPTIONAL' as const, ...kind.fileType })),
    ],
    codec: 'ZSTD',
    compressors: { ZSTD: (input) => zlib.zstdCompressSync(input) },
    rowGroupSize: rowsOfGroup,
    kvMetadata: [{ key: noteKey, value: JSON.stringify(note) }],
    createdBy: 'footing archive',
  })
  return writer.getBytes()
}

/**
 * Reads a file, or some of its columns.
 * @throws `archive-parquet-missing`, and what the reader throws for bytes that are no Parquet file
 */
export async function readParquet(bytes: Uint8Array, wanted?: ReadonlySet<string>): Promise<ReadFile> {
  const { parquetMetadata, parquetReadObjects } = await import('hyparquet').catch(missing)
  // A copy of just these bytes: the view may be a part of a larger buffer.
  const file = new Uint8Array(bytes).buffer
  const metadata = parquetMetadata(file)
  const names = metadata.schema.slice(1).map(({ name }) => name)
  // Without their annotations values come as they are stored; the reader's own conversion of decimals goes through floats.
  const schema = metadata.schema.map(({ converted_type: _converted, logical_type: _logical, ...element }) => element)
  const chosen = wanted === undefined ? names : names.filter((name) => wanted.has(name))
  const rows = Number(metadata.num_rows)
  const read =
    chosen.length === 0
      ? []
      : await parquetReadObjects({
          file,
          metadata: { ...metadata, schema },
          columns: chosen,
          utf8: false,
          compressors: { ZSTD: (input, length) => decompress(input, length) },
        })
  const columns = new Map(chosen.map((name) => [name, read.map((row) => (row[name] ?? null) as FileValue | null)]))
  return { rows, columns, note: noteOf(metadata.key_value_metadata) }
}

function decompress(input: Uint8Array, length: number): Uint8Array {
  // The file says how much comes out; a small file that claims to unpack to everything is stopped here.
  return zlib.zstdDecompressSync(input, { maxOutputLength: Math.max(1, length) })
}

function noteOf(pairs: readonly { key: string; value?: string }[] | undefined): unknown {
  const text = pairs?.find(({ key }) => key === noteKey)?.value
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function missing(error: unknown): never {
  throw archiveError('archive-parquet-missing', {}, error)
}
