// One batch as a file: from texts to bytes and, after reading them back, to the same texts.
import { createHash } from 'node:crypto'
import type { Batch, BatchColumn, WrittenFile } from './batch-book.ts'
import { boundsOf } from './column-order.ts'
import { encodeColumn, kindNamed } from './contract/column-kind.ts'
import { archiveError } from './contract/errors.ts'
import type { TableColumn } from './describe-table.ts'
import { readParquet, writeParquet } from './drivers/hyparquet.ts'
import { ContentDigest, digestOf, type RowTexts } from './row-digest.ts'

/** A row as it was read: its texts and the fingerprint that PostgreSQL made of them. */
export interface OldRow {
  readonly texts: RowTexts
  readonly digest: string
}

/** Makes the file of some rows. Its times are filled in by the caller. */
export async function encodeFile(
  columns: readonly TableColumn[],
  rows: readonly OldRow[],
): Promise<{ bytes: Uint8Array; facts: Omit<WrittenFile, 'timeMin' | 'timeMax'> }> {
  const encoded = columns.map((column, index) => {
    const texts = rows.map(({ texts }) => texts[index] ?? null)
    return { column, texts, ...encodeColumn(column.type, texts) }
  })
  const noted = encoded.map(({ column, kind, texts }): BatchColumn => {
    const { name, type, oid, generated } = column
    return { name, type, oid, generated, kind: kind.name, ...boundsOf(type, texts) }
  })
  const bytes = await writeParquet(
    encoded.map(({ column, kind, values }) => ({ name: column.name, kind, values })),
    { version: 1, columns: noted.map(({ name, type, kind }) => ({ name, type, kind })) },
  )
  const content = new ContentDigest()
  for (const { digest } of rows) content.add(digest)
  return {
    bytes,
    facts: { rows: rows.length, bytes: bytes.length, sha256: hashOf(bytes), content: content.hex(), columns: noted },
  }
}

/**
 * All rows of a file with their fingerprints, after comparing them with what the book says.
 * @throws `archive-file-wrong`
 */
export async function decodeFile(batch: Batch, bytes: Uint8Array): Promise<readonly OldRow[]> {
  const texts = await readTexts(batch, bytes, batch.columns)
  const content = new ContentDigest()
  const rows: OldRow[] = []
  for (let index = 0; index < batch.rows; index += 1) {
    const row = texts.map((column) => column[index] ?? null)
    const digest = digestOf(row)
    content.add(digest)
    rows.push({ texts: row, digest })
  }
  if (content.hex() !== batch.content) throw wrong(batch, 'its rows have another content.')
  return rows
}

/**
 * The texts of some columns of a file, column by column.
 * @throws `archive-file-wrong` when the bytes are not those that were written
 */
export async function readTexts(
  batch: Batch,
  bytes: Uint8Array,
  columns: readonly BatchColumn[],
): Promise<readonly (readonly (string | null)[])[]> {
  if (hashOf(bytes) !== batch.sha256) throw wrong(batch, 'its bytes have another checksum.')
  const file = await readParquet(bytes, new Set(columns.map(({ name }) => name)))
  if (file.rows !== batch.rows) throw wrong(batch, `it has ${file.rows} rows instead of ${batch.rows}.`)
  return columns.map(({ name, kind: kindName, type }) => {
    const kind = kindNamed(kindName, type)
    const values = file.columns.get(name)
    if (values === undefined) throw wrong(batch, `it has no column ${name}.`)
    return values.map((value) => (value === null ? null : kind.toText(value)))
  })
}

function wrong({ object }: Batch, reason: string): Error {
  return archiveError('archive-file-wrong', { object, reason })
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
