// Reads which file imports which, from our own sources only: one statement form per line start, as the formatter leaves them.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, resolve, sep } from 'node:path'

/** One import statement. Paths are relative to the repository, with forward slashes. */
export interface ImportEdge {
  readonly from: string
  /** A file of the repository, or the name of a package. */
  readonly to: string
  readonly external: boolean
  /** True when only types are taken: nothing is loaded at run time. */
  readonly typeOnly: boolean
  readonly line: number
}

/** The sources of the workspace that ship, without tests and what only they use. */
export function sourceFiles(root: string): readonly string[] {
  return globSync(['packages/*/src/**/*.ts', 'examples/*/src/**/*.ts'], { cwd: root })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => !/\.(test|fixture)\.ts$/.test(path))
    .toSorted()
}

const statement =
  /^(?:import|export)\s+(?<types>type\s+)?(?<names>[^'"`;]*?)\s*from\s+['"](?<source>[^'"]+)['"]|^import\s+['"](?<bare>[^'"]+)['"]|\bimport\(\s*['"](?<lazy>[^'"]+)['"]\s*\)/gm

/** All imports of the given files. `packages` maps a package name to the entry file that it resolves to. */
export function readImports(
  root: string,
  files: readonly string[],
  packages: ReadonlyMap<string, string>,
): readonly ImportEdge[] {
  return files.flatMap((from) => {
    const text = withoutComments(readFileSync(join(root, from), 'utf8'))
    return [...text.matchAll(statement)].map((match) => {
      const { types, names = '', source, bare, lazy } = match.groups ?? {}
      const specifier = source ?? bare ?? lazy ?? ''
      const own = packages.get(specifier)
      const internal = specifier.startsWith('.')
      const to = internal
        ? relative(root, resolve(root, dirname(from), specifier))
            .split(sep)
            .join('/')
        : (own ?? packageName(specifier))
      return {
        from,
        to,
        external: !internal && own === undefined,
        typeOnly: types !== undefined || onlyTypes(names),
        line: text.slice(0, match.index).split('\n').length,
      }
    })
  })
}

/** Every entry of every workspace package: `@footing/core/testing` → `packages/footing/src/testing/index.ts`. */
export function packageEntries(root: string): ReadonlyMap<string, string> {
  const entries = new Map<string, string>()
  for (const path of globSync('packages/*/package.json', { cwd: root })) {
    const folder = dirname(path).split(sep).join('/')
    const manifest = JSON.parse(readFileSync(join(root, path), 'utf8')) as {
      name: string
      exports: Record<string, { '@footing/source': string }>
    } // our own manifests; a wrong one fails below
    for (const [entry, targets] of Object.entries(manifest.exports)) {
      entries.set(posix.join(manifest.name, entry), posix.join(folder, targets['@footing/source']))
    }
  }
  return entries
}

/** The folder of a file, below `src`: `packages/footing/src/data`. */
export function folderOf(file: string): string {
  return posix.dirname(file)
}

function onlyTypes(names: string): boolean {
  const inner = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1]
  if (inner === undefined) return false
  const parts = inner.split(',').filter((part) => part.trim() !== '')
  return parts.length > 0 && parts.every((part) => part.trim().startsWith('type '))
}

function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

// Comments, and text in backticks over several lines, which may be code that is written and not run. Keeps line breaks, so
// that line numbers stay right.
function withoutComments(text: string): string {
  const blank = (part: string) => part.replace(/[^\n]/g, '')
  return text.replace(/^\s*\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, blank).replace(/^.*text: `(?:\\[\s\S]|[^`\\])*`/gm, blank)
}
