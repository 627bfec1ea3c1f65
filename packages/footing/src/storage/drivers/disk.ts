// Objects in a folder of this machine: the default. A crash at any point leaves the old object or the new one.
import { createHash, randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, link, lstat, mkdir, open, readdir, rename, rm, rmdir, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isFootingError } from '@footing/kernel'
import type { ByteRange, DriverPut, ListedObject, StorageDriver, StoredObject } from '../contract/contract.ts'
import { type StorageErrorCode, storageError } from '../contract/errors.ts'
import { encodeTrailer, readTrailer, trailerLength } from './disk-file.ts'
import { absent, draftFolder, keysBelow, pathOf, safeFolder, unless } from './disk-tree.ts'

const staleDraftMs = 24 * 3_600_000

/** Opens the driver on a folder, which is made when the first object is stored. */
export function diskDriver(root: string, now: () => number = Date.now): StorageDriver {
  let cleared: Promise<void> | undefined
  return {
    guarantees: {
      atomicIfAbsent: true,
      signedLinks: false,
      shared: false,
      checksum: 'always',
      largestObject: Number.MAX_SAFE_INTEGER,
    },
    put: (key, body, options) =>
      coded('put', key, async () => {
        cleared ??= clearDrafts(root, now())
        await cleared
        return store(root, key, body, options)
      }),
    get: (key, range, signal) =>
      coded('get', key, async () => {
        const opened = await openObject(root, key)
        if (opened === undefined) return undefined
        const close = () => opened.file.close().catch(() => undefined)
        try {
          const { start, end } = spanOf(opened.object, range)
          signal.addEventListener('abort', close, { once: true })
          return { object: opened.object, body: content(opened.file, key, start, end) }
        } catch (error) {
          await close()
          throw error
        }
      }),
    head: (key) =>
      coded('head', key, async () => {
        const opened = await openObject(root, key)
        await opened?.file.close()
        return opened?.object
      }),
    list: ({ prefix, after, limit }, signal) =>
      coded('list', prefix, async () => {
        const objects: ListedObject[] = []
        for await (const key of keysBelow(root, prefix, after)) {
          signal.throwIfAborted()
          // Deleted since its name was read: then it is not in the list.
          const entry = await stat(pathOf(root, key)).catch(absent)
          if (entry === undefined) continue
          if (objects.length === limit) return { objects, next: objects.at(-1)?.key }
          objects.push({ key, size: Math.max(0, entry.size - trailerLength), modifiedAt: entry.mtime })
        }
        return { objects, next: undefined }
      }),
    delete: (key) =>
      coded('delete', key, async () => {
        if ((await safeFolder(root, key, false)) === undefined) return
        const path = pathOf(root, key)
        await unlink(path).catch(absent)
        await syncFolder(dirname(path)).catch(absent)
        await removeEmptyFolders(root, key)
      }),
    close: async () => undefined,
  }
}

async function store(root: string, key: string, body: AsyncIterable<Uint8Array>, options: DriverPut) {
  const drafts = join(root, draftFolder)
  await mkdir(drafts, { recursive: true, mode: 0o750 })
  const draft = join(drafts, randomBytes(12).toString('hex'))
  try {
    const { size, sha256 } = await writeDraft(draft, body, options)
    await place(root, key, draft, options.ifAbsent)
    const { mtime } = await stat(pathOf(root, key))
    return { key, size, contentType: options.contentType, etag: sha256, modifiedAt: mtime, sha256 }
  } finally {
    await rm(draft, { force: true })
  }
}

async function writeDraft(draft: string, body: AsyncIterable<Uint8Array>, { contentType, signal }: DriverPut) {
  const file = await open(draft, 'wx', 0o640)
  try {
    const hash = createHash('sha256')
    let size = 0
    for await (const piece of body) {
      hash.update(piece)
      size += piece.length
      await file.writeFile(piece)
    }
    const sha256 = hash.digest('hex')
    await file.writeFile(encodeTrailer({ contentType, sha256 }))
    await file.sync()
    signal.throwIfAborted()
    return { size, sha256 }
  } finally {
    await file.close()
  }
}

// A delete may remove the folder between its making and the rename, so this is tried again.
async function place(root: string, key: string, draft: string, ifAbsent: boolean): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const folder = await safeFolder(root, key, true)
    const path = pathOf(root, key)
    try {
      // A link is refused when the name is taken, a rename is not.
      if (ifAbsent) await link(draft, path)
      else await rename(draft, path)
      if (folder !== undefined) await syncFolder(folder)
      return
    } catch (error) {
      const state = codeOf(error)
      if (state === 'EEXIST') throw storageError('storage-object-exists', { key })
      if (state !== 'ENOENT' || attempt >= 10) throw error
    }
  }
}

async function openObject(root: string, key: string): Promise<{ file: FileHandle; object: StoredObject } | undefined> {
  if ((await safeFolder(root, key, false)) === undefined) return undefined
  const path = pathOf(root, key)
  const entry = await lstat(path).catch(absent)
  if (entry === undefined) return undefined
  if (!entry.isFile()) throw storageError('storage-path-unsafe', { key })
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(absent)
  if (file === undefined) return undefined
  try {
    const { size, mtime } = await file.stat()
    const { contentType, sha256 } = await readTrailer(file, size, key)
    return {
      file,
      object: { key, size: size - trailerLength, contentType, etag: sha256, modifiedAt: mtime, sha256 },
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

function spanOf({ key, size }: StoredObject, range: ByteRange | undefined): { start: number; end: number } {
  if (range === undefined) return { start: 0, end: size }
  const { offset, length = size } = range
  if (offset >= size)
    throw storageError('storage-range-invalid', { key, reason: `it has ${size} bytes, offset is ${offset}.` })
  return { start: offset, end: Math.min(size, offset + length) }
}

async function* content(file: FileHandle, key: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  try {
    let position = start
    while (position < end) {
      const piece = Buffer.allocUnsafe(Math.min(256 * 1024, end - position))
      const { bytesRead } = await file.read(piece, 0, piece.length, position)
      if (bytesRead === 0)
        throw storageError('storage-object-damaged', { key, reason: 'it became shorter while it was read.' })
      position += bytesRead
      yield piece.subarray(0, bytesRead)
    }
  } finally {
    await file.close().catch(() => undefined)
  }
}

// A folder remembers a new name only after this; without it a power cut can take the object away again.
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function removeEmptyFolders(root: string, key: string): Promise<void> {
  let folder = dirname(pathOf(root, key))
  for (const _name of key.split('/').slice(1)) {
    const removed = await rmdir(folder).then(
      () => true,
      () => false,
    )
    if (!removed) return
    folder = dirname(folder)
  }
}

// What a killed process left half written. Younger drafts may belong to one that still runs.
async function clearDrafts(root: string, now: number): Promise<void> {
  const folder = join(root, draftFolder)
  for (const name of (await readdir(folder).catch(absent)) ?? []) {
    const path = join(folder, name)
    const entry = await lstat(path).catch(absent)
    if (entry !== undefined && now - entry.mtimeMs > staleDraftMs) await unlink(path).catch(unless('ENOENT'))
  }
}

const byState: Readonly<Record<string, StorageErrorCode>> = {
  ENOSPC: 'storage-full',
  EDQUOT: 'storage-full',
  EFBIG: 'storage-full',
  EACCES: 'storage-access-refused',
  EPERM: 'storage-access-refused',
  EROFS: 'storage-access-refused',
  ELOOP: 'storage-path-unsafe',
}

async function coded<T>(operation: string, key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const state = codeOf(error)
    // What the body threw is the caller's own; only what the file system says is translated.
    if (isFootingError(error) || state === undefined || !(error instanceof Error) || !('syscall' in error)) throw error
    const code = byState[state] ?? 'storage-failed'
    throw storageError(code, { operation, key, reason: `${state} in the storage folder.` }, error)
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
