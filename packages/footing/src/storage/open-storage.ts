// Chooses the store by the scheme of a URL, so that an application changes it without a line of code.
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ObjectStorage, StorageDriver } from './contract/contract.ts'
import { storageError } from './contract/errors.ts'
import { diskDriver } from './drivers/disk.ts'
import { s3Driver } from './drivers/s3.ts'
import { readS3Target, type S3Target } from './drivers/s3-target.ts'
import { type StorageLimits, storageOn } from './storage.ts'

/** How a storage is opened. */
export interface StorageOptions extends StorageLimits {
  /** Value of STORAGE_URL: `s3://key:secret@bucket/prefix?region=…`, `file:///folder`. Left out or empty, `folder` is used. */
  readonly url?: string | undefined
  /** Folder on the local disk when there is no URL. Default `.footing/storage` in the working directory. */
  readonly folder?: string
  /** Where AWS_REGION is looked up. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/**
 * Opens object storage; nothing is read, written or connected before the first call.
 * @throws `storage-url-invalid`
 */
export function openStorage(options: StorageOptions = {}): ObjectStorage {
  return storageOn(storageDriver(options), options)
}

/**
 * The driver that the options choose.
 * @throws `storage-url-invalid`
 */
export function storageDriver({ url, folder, env = process.env, clock }: StorageOptions): StorageDriver {
  const now = () => clock?.now() ?? Date.now()
  if (url === undefined || url === '') return diskDriver(resolve(folder ?? '.footing/storage'), now)
  const place = readStorageUrl(url, env)
  return typeof place === 'string' ? diskDriver(place, now) : s3Driver(place, now)
}

/**
 * Reads the value of STORAGE_URL: a folder or a bucket.
 * @throws `storage-url-invalid`, which never repeats the secret
 */
export function readStorageUrl(text: string, env: Readonly<Record<string, string | undefined>>): string | S3Target {
  if (!URL.canParse(text)) throw storageError('storage-url-invalid', { reason: 'it is not a URL.' })
  const url = new URL(text)
  if (url.protocol === 's3:') return readS3Target(url, env)
  if (url.protocol === 'file:') return folderOf(url)
  throw storageError('storage-url-invalid', { reason: `there is no store for ${url.protocol.slice(0, 20)}//.` })
}

function folderOf(url: URL): string {
  try {
    return fileURLToPath(url)
  } catch {
    throw storageError('storage-url-invalid', { reason: 'a file URL has three slashes and no host: file:///folder.' })
  }
}
