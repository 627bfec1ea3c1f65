// Tells when a source file below a folder has changed; a burst of changes counts as one.
import { watch } from 'node:fs'
import { sep } from 'node:path'

/** How long a burst may pause, in milliseconds: editors write a file in several steps. */
const quietMs = 120

const ignored = new Set(['node_modules', 'dist', 'coverage', 'build', 'tmp'])
const interesting = /\.(ts|mts|js|mjs|json|sql|env)$|(^|[\\/])\.env$/

/** True for a path, relative to the watched folder, whose change should restart the application. */
export function isSource(path: string): boolean {
  const parts = path.split(sep)
  const folders = parts.slice(0, -1)
  if (folders.some((part) => ignored.has(part) || (part.startsWith('.') && part !== '.'))) return false
  return interesting.test(path) && !/\.test\.[mc]?[tj]s$/.test(path)
}

/** Watches until the signal aborts. `onChange` gets the first changed path of each burst. */
export function watchSources(folder: string, signal: AbortSignal, onChange: (path: string) => void): void {
  let waiting: NodeJS.Timeout | undefined
  let first = ''
  const watcher = watch(folder, { recursive: true, signal }, (_event, name) => {
    if (name === null || !isSource(name)) return
    if (waiting === undefined) first = name
    else clearTimeout(waiting)
    waiting = setTimeout(() => {
      waiting = undefined
      onChange(first)
    }, quietMs)
    waiting.unref()
  })
  watcher.on('error', () => watcher.close())
}
