// One object as one file: the content, then a trailer of fixed length. One file can be replaced in one step, two cannot.
import type { FileHandle } from 'node:fs/promises'
import { storageError } from '../contract/errors.ts'

/** What the trailer holds. */
export interface DiskTrailer {
  readonly contentType: string
  readonly sha256: string
}

/** Bytes of the trailer. */
export const trailerLength = 512

const magic = 'FOOTING-OBJECT-1'

/** The trailer as bytes. */
export function encodeTrailer(trailer: DiskTrailer): Uint8Array {
  const text = JSON.stringify(trailer).padEnd(trailerLength - magic.length - 2)
  return Buffer.from(`\n${text}\n${magic}`, 'latin1')
}

/**
 * Reads the trailer of an open file of `fileSize` bytes.
 * @throws `storage-object-damaged`
 */
export async function readTrailer(file: FileHandle, fileSize: number, key: string): Promise<DiskTrailer> {
  const damaged = (reason: string) => storageError('storage-object-damaged', { key, reason })
  if (fileSize < trailerLength) throw damaged('it is shorter than the trailer that each object ends with.')
  const { buffer, bytesRead } = await file.read(Buffer.alloc(trailerLength), 0, trailerLength, fileSize - trailerLength)
  const text = buffer.toString('latin1')
  if (bytesRead !== trailerLength || !text.endsWith(magic)) throw damaged('it does not end with the mark of an object.')
  const trailer = parse(text.slice(0, -magic.length))
  if (trailer === undefined) throw damaged('its trailer is not what was written.')
  return trailer
}

function parse(text: string): DiskTrailer | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || !('contentType' in value) || !('sha256' in value)) return undefined
  const { contentType, sha256 } = value
  return typeof contentType === 'string' && typeof sha256 === 'string' ? { contentType, sha256 } : undefined
}
