// Paths below the audited root: `/` between segments, '' for the root, undefined for what lies outside.

/** `to` seen from a folder; undefined when it leads out of the root. */
export function joinPath(folder: string, to: string): string | undefined {
  const segments = folder === '' ? [] : folder.split('/')
  for (const segment of to.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment !== '..') segments.push(segment)
    else if (segments.pop() === undefined) return undefined
  }
  return segments.join('/')
}

/** Folder of a path, '' at the top. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '' : path.slice(0, slash)
}

/** A folder and the folders above it, nearest first, the root last. */
export function* foldersAbove(folder: string): Generator<string> {
  for (let at = folder; ; at = folderOf(at)) {
    yield at
    if (at === '') return
  }
}
