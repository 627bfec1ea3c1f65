// The folders whose files decide a check, for whoever watches them: no ignored one, no node_modules.
import { discoverFiles } from '../discover/discover-files.ts'

/** Folders below a root that hold files which are not ignored, '' for the root; sorted. */
export function watchedFolders(root: string, exclude: readonly string[]): string[] {
  const { paths } = discoverFiles({ root, extensions: [], exclude })
  const folders = new Set([''])
  for (const path of paths) {
    for (let at = parentOf(path); at !== '' && !folders.has(at); at = parentOf(at)) folders.add(at)
  }
  return [...folders].sort()
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
