// Finds the application of a folder: `package.json#footing.app`, else `src/app.ts`.
import { readdirSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { readTextFile, repositoryOf } from '@footing/audit/repository'
import { cliErrors } from '../command/errors.ts'

/** Where an application is. Paths are absolute. */
export interface ApplicationPlace {
  readonly folder: string
  /** The file that exports `app`. */
  readonly entry: string
}

const usualEntries = ['src/app.ts', 'src/app.js', 'app.ts', 'app.js']
/** Folders below the working directory that are looked into for an advice. */
const mostFolders = 2000
const deepest = 3

/**
 * The application of a folder, or of the very file that exports it: two of them may live in one folder. Undefined when there
 * is none; a broken package.json counts as none.
 */
export function findApplication(path: string): ApplicationPlace | undefined {
  if (isFile(path)) return { folder: folderOf(path), entry: path }
  const entry = declaredEntry(path) ?? usualEntries.find((candidate) => isFile(join(path, candidate)))
  if (entry === undefined) return undefined
  const file = resolve(path, entry)
  return isFile(file) ? { folder: path, entry: file } : undefined
}

/**
 * The application of a path below the working directory.
 * @throws `app-missing`, which names one that is near
 */
export function requireApplication(cwd: string, path: string | undefined, command: string): ApplicationPlace {
  const folder = resolve(cwd, path ?? '.')
  const place = findApplication(folder)
  if (place !== undefined) return place
  const near = applicationsBelow(cwd).map((found) => relative(cwd, found))
  const remedy =
    near.length === 0
      ? 'Create src/app.ts there that exports app = createApp(…), or name the folder of an application.'
      : `Name its folder: footing ${command} ${near[0]}.${near.length > 1 ? ` There are also ${near.slice(1, 4).join(', ')}.` : ''}`
  throw cliErrors('app-missing', { details: { folder, remedy } })
}

/** Folders of applications below a folder, nearest first. Links are not followed. */
function applicationsBelow(root: string): readonly string[] {
  const found: string[] = []
  let level = [root]
  for (let depth = 0, seen = 0; depth < deepest && level.length > 0; depth += 1) {
    const next: string[] = []
    for (const folder of level) {
      for (const name of foldersIn(folder)) {
        seen += 1
        if (seen > mostFolders) return found
        const below = join(folder, name)
        if (name !== 'src' && findApplication(below) !== undefined) found.push(below)
        next.push(below)
      }
    }
    level = next
  }
  return found
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
      .map(({ name }) => name)
      .toSorted()
  } catch {
    return []
  }
}

/** The folder that a file belongs to: the nearest with a package.json, else its own. */
function folderOf(file: string): string {
  for (let at = dirname(file); ; at = dirname(at)) {
    if (isFile(join(at, 'package.json'))) return at
    if (dirname(at) === at) return dirname(file)
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true
  } catch {
    return false // A folder that may not be looked into.
  }
}

function declaredEntry(folder: string): string | undefined {
  const file = readTextFile(join(folder, 'package.json'), { tree: repositoryOf(folder) })
  if ('refused' in file) return undefined
  try {
    const entry = read(read(JSON.parse(file.text), 'footing'), 'app')
    return typeof entry === 'string' ? entry : undefined
  } catch {
    return undefined
  }
}

function read(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
