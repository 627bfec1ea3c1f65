// Finds the application of a folder: `package.json#footing.app`, else `src/app.ts`.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readTextFile, repositoryOf } from '@footing/audit/repository'

/** Where an application is. Paths are absolute. */
export interface ApplicationPlace {
  readonly folder: string
  /** The file that exports `app`. */
  readonly entry: string
}

const usualEntries = ['src/app.ts', 'src/app.js', 'app.ts', 'app.js']

/** The application in this very folder; undefined when there is none. A broken package.json counts as none. */
export function findApplication(folder: string): ApplicationPlace | undefined {
  const declared = declaredEntry(folder)
  const entry = declared ?? usualEntries.find((candidate) => existsSync(join(folder, candidate)))
  if (entry === undefined) return undefined
  const path = resolve(folder, entry)
  return existsSync(path) ? { folder, entry: path } : undefined
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
