// Finds what there is to audit below a folder: every file that is not ignored, in one order on every machine.
import { type Dirent, lstatSync, readdirSync, readFileSync, realpathSync, type Stats } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { compileIgnore, type IgnoreRules } from './ignore-rules.ts'
import { generatedName, type SkipReason, skippedFolder } from './skipped.ts'

/** A source file to be read. */
export interface FoundFile {
  /** Below the root, `/` between segments; bytes that are no UTF-8 are written `\xNN`. */
  readonly path: string
  /** What the file system calls it; bytes when the name is no UTF-8. */
  readonly location: string | Buffer
  readonly size: number
  readonly mtimeMs: number
  readonly inode: number
}

/** A file or folder that is not read, and why. */
export interface SkippedPath {
  readonly path: string
  readonly reason: SkipReason
}

/** What lies below a root. */
export interface Discovery {
  /** Real path of the root. */
  readonly root: string
  /** Files with one of the wanted endings, sorted by path. */
  readonly sources: readonly FoundFile[]
  /** Every file that is not ignored, sources included, sorted. */
  readonly paths: readonly string[]
  readonly skipped: readonly SkippedPath[]
}

/** How to look for files. */
export interface DiscoverOptions {
  readonly root: string
  /** Endings of sources, with the dot. */
  readonly extensions: readonly string[]
  /** Endings that are sources only in a folder that has such a file, or below one: scripts of a page are no sources. */
  readonly within?: { readonly extensions: readonly string[]; readonly marker: string }
  /** Globs below the root to leave out, as in a .gitignore. */
  readonly exclude?: readonly string[]
}

const MAX_DEPTH = 128
const MAX_FILES = 400_000
/** What a package is built to, beside its manifest. */
const BUILT = 'dist'

interface Scope {
  readonly base: string
  readonly rules: IgnoreRules
}

/**
 * Lists a tree without following symbolic links, so that a loop or a link out of the tree is only counted.
 * @throws the file system's error when the root itself cannot be read
 */
export const discoverFiles = (options: DiscoverOptions): Discovery => {
  const root = realpathSync(options.root)
  const sources: FoundFile[] = []
  const paths: string[] = []
  const skipped: SkippedPath[] = []
  const excluded = compileIgnore((options.exclude ?? []).join('\n'))
  const endings = new Set(options.extensions)
  const bound = new Set(options.within?.extensions ?? [])

  const visit = (
    folder: string,
    location: string | Buffer,
    scopes: readonly Scope[],
    depth: number,
    isWithin: boolean,
  ): void => {
    const entries = readFolder(location)
    if (entries === undefined) {
      skipped.push({ path: folder, reason: 'unreadable' })
      return
    }
    const hasMarker = entries.some((entry) => entry.name === options.within?.marker)
    const inside = isWithin || hasMarker
    const own = entries.some((entry) => entry.name === '.gitignore') ? readIgnore(location) : undefined
    const within = own === undefined ? scopes : [...scopes, { base: folder === '' ? '' : `${folder}/`, rules: own }]
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      const isFolder = entry.kind === 'folder'
      if (isFolder && (entry.name === '.git' || entry.name === '.hg' || entry.name === '.svn')) continue
      if (excluded.judge(path, entry.name, isFolder) === true || isIgnored(within, path, entry.name, isFolder)) continue
      if (entry.kind === 'link' || entry.kind === 'special') {
        skipped.push({ path, reason: entry.kind })
        continue
      }
      const at = joined(location, entry.raw)
      if (isFolder) {
        const reason =
          skippedFolder(entry.name) ??
          (hasMarker && entry.name === BUILT ? 'generated' : undefined) ??
          (isVirtualEnvironment(at) ? 'environment' : undefined)
        if (reason !== undefined || depth >= MAX_DEPTH) skipped.push({ path, reason: reason ?? 'too-deep' })
        else visit(path, at, within, depth + 1, inside)
        continue
      }
      if (paths.length >= MAX_FILES) {
        skipped.push({ path, reason: 'too-many' })
        return
      }
      paths.push(path)
      const dot = entry.name.lastIndexOf('.')
      const ending = dot < 0 ? '' : entry.name.slice(dot).toLowerCase()
      if (!endings.has(ending) || (bound.has(ending) && !inside)) continue
      if (generatedName(entry.name)) {
        skipped.push({ path, reason: 'generated' })
        continue
      }
      const stats = look(at)
      if (stats?.isFile())
        sources.push({ path, location: at, size: stats.size, mtimeMs: stats.mtimeMs, inode: stats.ino })
      else if (stats === undefined) skipped.push({ path, reason: 'unreadable' })
    }
  }

  // The root itself must be readable; everything below is only reported.
  readdirSync(root)
  visit('', root, outerScopes(root), 0, false)
  return { root, sources: sources.sort(byPath), paths: paths.sort(), skipped: skipped.sort(byPath) }
}

const byPath = (a: { readonly path: string }, b: { readonly path: string }): number =>
  a.path < b.path ? -1 : a.path > b.path ? 1 : 0

const isIgnored = (scopes: readonly Scope[], path: string, name: string, isFolder: boolean): boolean => {
  // The innermost .gitignore that says something decides.
  for (let at = scopes.length - 1; at >= 0; at--) {
    const scope = scopes[at]!
    const verdict = scope.rules.judge(scope.base === '' ? path : path.slice(scope.base.length), name, isFolder)
    if (verdict !== undefined) return verdict
  }
  return false
}

/** The .gitignore files between the repository's top and the root, for an audit of a sub-folder. */
const outerScopes = (root: string): Scope[] => {
  const folders: string[] = []
  for (let at = root, steps = 0; steps < MAX_DEPTH; steps++) {
    const isTop = lstatSync(join(at, '.git'), { throwIfNoEntry: false }) !== undefined
    if (at !== root) folders.unshift(at)
    if (isTop) {
      const own = readText(join(at, '.git', 'info', 'exclude'))
      const scopes = folders.flatMap((folder) => scopeOf(folder, root))
      return own === undefined ? scopes : [outer(at, root, compileIgnore(own)), ...scopes]
    }
    const up = dirname(at)
    if (up === at) break
    at = up
  }
  return []
}

const scopeOf = (folder: string, root: string): Scope[] => {
  const text = readText(join(folder, '.gitignore'))
  return text === undefined ? [] : [outer(folder, root, compileIgnore(text))]
}

/** Rules of a folder above the root: paths get the way from there to the root put before them. */
const outer = (folder: string, root: string, rules: IgnoreRules): Scope => {
  const way = relative(folder, root).split(sep).join('/')
  const prefix = way === '' ? '' : `${way}/`
  return { base: '', rules: { judge: (path, name, isFolder) => rules.judge(prefix + path, name, isFolder) } }
}

const readIgnore = (folder: string | Buffer): IgnoreRules | undefined => {
  const text = readText(joined(folder, '.gitignore'))
  return text === undefined ? undefined : compileIgnore(text)
}

const readText = (location: string | Buffer): string | undefined => {
  try {
    const stats = lstatSync(location)
    return stats.isFile() && stats.size < 1 << 20 ? readFileSync(location, 'utf8') : undefined
  } catch {
    return undefined
  }
}

const isVirtualEnvironment = (folder: string | Buffer): boolean => look(joined(folder, 'pyvenv.cfg')) !== undefined

/** What is at a place; undefined when there is nothing, or when nobody may look (no right, a path too long). */
const look = (location: string | Buffer): Stats | undefined => {
  try {
    return lstatSync(location, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

interface Entry {
  readonly name: string
  readonly raw: string | Buffer
  readonly kind: 'file' | 'folder' | 'link' | 'special'
}

/** Entries of a folder; names that are no UTF-8 are kept as bytes beside their printable form. */
const readFolder = (location: string | Buffer): Entry[] | undefined => {
  try {
    if (typeof location === 'string') {
      const entries = readdirSync(location, { withFileTypes: true })
      if (!entries.some((entry) => entry.name.includes('\ufffd'))) {
        return entries.map((entry) => ({ name: entry.name, raw: entry.name, kind: kindOf(entry) }))
      }
    }
    const entries = readdirSync(location, { withFileTypes: true, encoding: 'buffer' })
    return entries.map((entry) => ({ name: printableName(entry.name), raw: entry.name, kind: kindOf(entry) }))
  } catch {
    return undefined
  }
}

const kindOf = (entry: Dirent | Dirent<Buffer>): Entry['kind'] =>
  entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : entry.isSymbolicLink() ? 'link' : 'special'

const printableName = (raw: Buffer): string => {
  const text = raw.toString('utf8')
  if (Buffer.from(text).equals(raw)) return text
  return [...raw.toString('latin1')]
    .map((letter) => (letter < '\x80' ? letter : `\\x${letter.charCodeAt(0).toString(16)}`))
    .join('')
}

const joined = (folder: string | Buffer, name: string | Buffer): string | Buffer =>
  typeof folder === 'string' && typeof name === 'string'
    ? `${folder}/${name}`
    : Buffer.concat([Buffer.from(folder), Buffer.from('/'), Buffer.from(name)])
