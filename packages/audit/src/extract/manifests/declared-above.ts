// What packages above the audited folder declare: an import in a sub-folder of a repository finds it as well.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

const MAX_LEVELS = 20
const MAX_BYTES = 1_000_000

/** Names of declared packages above a folder, up to the folder with `.git`; none when there is no repository around it. */
export function declaredAbove(root: string): string[] {
  const folders: string[] = []
  for (let at = root; !existsSync(join(at, '.git')); ) {
    const above = dirname(at)
    if (above === at || folders.length >= MAX_LEVELS) return []
    folders.push(above)
    at = above
  }
  return [...new Set(folders.flatMap((folder) => declared(join(folder, 'package.json'))))].sort()
}

function declared(file: string): string[] {
  try {
    if (statSync(file).size > MAX_BYTES) return []
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof content !== 'object' || content === null) return []
    return Object.entries(content).flatMap(([key, value]) =>
      /^(?:dev|peer|optional)?[dD]ependencies$/.test(key) && typeof value === 'object' && value !== null
        ? Object.keys(value)
        : [],
    )
  } catch {
    return []
  }
}
