// Tells when a source file below a folder has changed; a burst of changes counts as one.
import { realpathSync } from 'node:fs'
import { basename, relative, sep } from 'node:path'
import { watch } from 'chokidar'
import { migrationMark } from '../migrate/migration-mark.ts'

/** How long a burst may pause, in milliseconds: editors write a file in several steps. */
const quietMs = 120

const ignoredFolders = new Set([
  'node_modules',
  'dist',
  'coverage',
  'build',
  'tmp',
  'test',
  'tests',
  '__tests__',
  'e2e',
])
const interesting = /\.(?:[mc]?ts|[mc]?js|json|sql|env)$|^\.env$/
const tests = /\.(?:test|spec)\.[mc]?[tj]s$/
/** Written from the migrations by `footing dev` itself: what they say is already running. */
const made = new Set(['schema.sql', 'tables.generated.ts'])

/** True for a path, relative to the watched folder, whose change should restart the application. */
export function isSource(path: string): boolean {
  const name = basename(path)
  return !isIgnored(path) && interesting.test(name) && !tests.test(name) && !made.has(name)
}

// Of a folder of dots only the mark of a migration counts.
function isIgnored(path: string): boolean {
  const parts = path.split(sep)
  return parts.some((part, index) => {
    if (ignoredFolders.has(part)) return true
    return part.startsWith('.') && !(index === parts.length - 1 && part === '.env')
  })
}

/** What a watcher tells. */
export interface SourceEvents {
  /** The first changed path of a burst, relative to the folder. */
  readonly changed: (path: string) => void
  /** `footing migrate` has changed the database of this folder. */
  readonly migrated: () => void
  /** It sees no changes any more, and why. */
  readonly deaf: (reason: string) => void
}

/**
 * Watches until the signal aborts. Resolves when every change from now on is seen. Files that are replaced by a rename,
 * as editors and git do, are seen each time.
 */
export async function watchSources(folder: string, signal: AbortSignal, events: SourceEvents): Promise<void> {
  if (signal.aborted) return
  const root = realpathSync(folder)
  const [marked = ''] = migrationMark.split(sep)
  const watcher = watch(root, {
    ignoreInitial: true,
    followSymlinks: false,
    ignored: (path, stats) => {
      const name = relative(root, path)
      if (name === '' || name === marked || name === migrationMark) return false
      return isIgnored(name) || (stats?.isFile() === true && !isSource(name))
    },
  })
  let waiting: NodeJS.Timeout | undefined
  let first = ''
  watcher.on('all', (_event, path) => {
    const name = relative(root, path)
    if (name === migrationMark) events.migrated()
    if (!isSource(name)) return
    if (waiting === undefined) first = name
    else clearTimeout(waiting)
    waiting = setTimeout(() => {
      waiting = undefined
      events.changed(first)
    }, quietMs)
  })
  watcher.on('error', (error) => events.deaf(reasonOf(error)))
  signal.addEventListener('abort', () => {
    clearTimeout(waiting)
    void watcher.close()
  })
  await new Promise<void>((resolve) => {
    watcher.once('ready', resolve)
    signal.addEventListener('abort', () => resolve())
  })
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC') return 'the system watches no more files (fs.inotify.max_user_watches is too small)'
  if (code === 'EMFILE') return 'too many files are open (fs.inotify.max_user_instances or ulimit -n is too small)'
  return error instanceof Error ? error.message : String(error)
}
