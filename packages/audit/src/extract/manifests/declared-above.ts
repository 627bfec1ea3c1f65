// What packages above the audited folder declare: an import in a sub-folder of a repository finds it as well.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readTextFile } from '../../repository/index.ts'

const MAX_LEVELS = 20

/** Names of declared packages above a folder, up to the folder with `.git`; none when there is no repository around it. */
export function declaredAbove(root: string): string[] {
  const folders: string[] = []
  let at = root
  while (!existsSync(join(at, '.git'))) {
    const above = dirname(at)
    if (above === at || folders.length >= MAX_LEVELS) return []
    folders.push(above)
    at = above
  }
  return [...new Set(folders.flatMap((folder) => declared(join(folder, 'package.json'), at)))].sort()
}

function declared(file: string, tree: string): string[] {
  const read = readTextFile(file, { tree })
  if ('refused' in read) return []
  try {
    const content: unknown = JSON.parse(read.text)
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
