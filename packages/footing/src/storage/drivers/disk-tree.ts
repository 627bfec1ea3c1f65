// Where on disk an object is, and the objects of a folder in the order of their keys.
import { lstat, mkdir, opendir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { storageError } from '../contract/errors.ts'

// Keys have no %, so these names meet no key; with the mark on folders, `a` and `a/b` can both be objects.
const folderMark = '%'

/** Folder of files that are being written. */
export const draftFolder = '%drafts'

/** Path of an object below the root. */
export function pathOf(root: string, key: string): string {
  const names = key.split('/')
  const file = names.pop() ?? ''
  return join(root, ...names.map((name) => name + folderMark), file)
}

/**
 * The folder of a key after looking at each step of the way; undefined when it is absent.
 * @throws `storage-path-unsafe` for a symbolic link below the root
 */
export async function safeFolder(root: string, key: string, create: boolean): Promise<string | undefined> {
  if (create) await mkdir(root, { recursive: true, mode: 0o750 })
  // The root itself may be a link: whoever set it up wanted that.
  let folder = await realpath(root).catch(absent)
  if (folder === undefined) return undefined
  for (const name of key.split('/').slice(0, -1)) {
    folder = join(folder, name + folderMark)
    if (create) await mkdir(folder, { mode: 0o750 }).catch(unless('EEXIST'))
    const entry = await lstat(folder).catch(absent)
    if (entry === undefined) return undefined
    if (!entry.isDirectory()) throw storageError('storage-path-unsafe', { key })
  }
  return folder
}

/** Keys with the prefix and after `after`, ascending, without reading folders that cannot hold one. */
export async function* keysBelow(root: string, prefix: string, after = '', inside = ''): AsyncGenerator<string> {
  const folder = join(
    root,
    ...inside
      .split('/')
      .slice(0, -1)
      .map((name) => name + folderMark),
  )
  for (const name of await namesIn(folder)) {
    const key = inside + name
    if (!name.endsWith('/')) {
      if (key.startsWith(prefix) && key > after) yield key
      continue
    }
    const mayHold = key.startsWith(prefix) || prefix.startsWith(key)
    const isBehind = key > after || after.startsWith(key)
    if (mayHold && isBehind) yield* keysBelow(root, prefix, after, key)
  }
}

// Folders as `name/`, which sorts as the keys below them do. Anything that is neither file nor folder is no object.
async function namesIn(folder: string): Promise<readonly string[]> {
  const names: string[] = []
  const entries = await opendir(folder).catch(absent)
  if (entries === undefined) return names
  for await (const entry of entries) {
    if (entry.isFile() && !entry.name.includes(folderMark)) names.push(entry.name)
    else if (entry.isDirectory() && entry.name.endsWith(folderMark)) names.push(`${entry.name.slice(0, -1)}/`)
  }
  return names.toSorted((a, b) => (a < b ? -1 : 1))
}

/** For `catch`: undefined for a missing file or folder, else the error. */
export function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}

/** For `catch`: passes over one error of the system. */
export function unless(code: string): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (error.code === code) return undefined
    throw error
  }
}
