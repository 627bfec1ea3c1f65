// Which file a package offers under a name: `exports`, `imports` and `main`, and the source behind a built file.
import type { CompilerManifest, PackageManifest } from '../../extract/manifests/contract.ts'
import { joinPath } from '../../extract/manifests/paths.ts'

/** The file of the tree at a path, tried with the endings that a compiler tries; undefined when there is none. */
export type FindFile = (path: string) => string | undefined

/** Conditions that name sources rather than what is built from them. */
const SOURCE_CONDITIONS = new Set(['source', 'src', 'development', 'ts', 'typescript'])
/** Folders that hold what was built, and what they were built from. */
const BUILT =
  /^(?:dist|build|lib|out|output|esm|cjs|es|umd|module|commonjs|_esm|_cjs|_types|types|typings|\.output|bin)$/
const SOURCES = ['src', 'source', 'lib', '']
const MAIN_SOURCES = ['src/index', 'index', 'src/main', 'lib/index', 'source/index', 'src/mod', 'mod']
const MAX_DEPTH = 12

/** What a package offers under a subpath (`.` or `./x`): a file of the tree, or undefined. */
export function packageEntry(
  own: PackageManifest,
  subpath: string,
  find: FindFile,
  compiler: CompilerManifest | undefined,
  conditions: ReadonlySet<string>,
): string | undefined {
  if (own.hasExports) {
    const targets = exportTargets(own.exports, subpath, conditions)
    const found = firstSource(own, targets, find, compiler)
    if (found !== undefined || targets.length > 0) return found ?? (subpath === '.' ? anyMain(own, find) : undefined)
    // A map that does not name the subpath hides it at run time; bundlers and test runners of the tree may not care.
    return undefined
  }
  if (subpath === '.') return firstSource(own, own.entries, find, compiler) ?? anyMain(own, find)
  const path = joinPath(own.folder, subpath)
  if (path === undefined) return undefined
  return (
    find(path) ?? firstSource(own, [subpath], find, compiler) ?? find(joinPath(own.folder, `src/${subpath}`) ?? path)
  )
}

function anyMain(own: PackageManifest, find: FindFile): string | undefined {
  for (const main of MAIN_SOURCES) {
    const found = find(joinPath(own.folder, main) ?? main)
    if (found !== undefined) return found
  }
  return undefined
}

/** The first target that is a file of the tree as it stands; else the first whose source is. */
function firstSource(
  own: PackageManifest,
  targets: readonly string[],
  find: FindFile,
  compiler: CompilerManifest | undefined,
): string | undefined {
  for (const target of targets) {
    const path = joinPath(own.folder, target)
    const found = path === undefined ? undefined : find(path)
    if (found !== undefined) return found
  }
  for (const target of targets) {
    for (const source of sourcesOf(own, target, compiler)) {
      const found = find(source)
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** Where the source of a built file may lie: below `rootDir` for `outDir`, below `src` for `dist`. */
function* sourcesOf(own: PackageManifest, target: string, compiler: CompilerManifest | undefined): Generator<string> {
  const path = joinPath(own.folder, target)
  if (path === undefined) return
  if (compiler?.outDir !== undefined && path.startsWith(`${compiler.outDir}/`)) {
    const below = path.slice(compiler.outDir.length + 1)
    if (compiler.rootDir !== undefined) yield joinPath(compiler.rootDir, below) ?? below
    yield joinPath(compiler.folder, `src/${below}`) ?? below
    yield joinPath(compiler.folder, below) ?? below
  }
  const segments = (own.folder === '' ? path : path.slice(own.folder.length + 1)).split('/')
  let at = 0
  while (at < segments.length - 1 && BUILT.test(segments[at] ?? '')) at++
  // The longest rest first: `dist/types/index.js` is `src/types/index.ts` where there is one.
  for (let cut = 1; cut <= at; cut++) {
    const below = segments.slice(cut).join('/')
    for (const source of SOURCES) yield joinPath(own.folder, source === '' ? below : `${source}/${below}`) ?? below
  }
}

/** Targets of an `exports` map for a subpath, in the order in which a condition of ours would choose them. */
export function exportTargets(exports: unknown, subpath: string, conditions: ReadonlySet<string>): string[] {
  const map = entries(exports)
  const isMap = map?.some(([key]) => key.startsWith('.')) === true
  if (!isMap) return subpath === '.' ? targetsOf(exports, '', conditions, 0) : []
  return mappedTargets(map ?? [], subpath, conditions)
}

/** Targets of a map with exact names and names with one star, for `exports` and `imports` alike. */
export function mappedTargets(
  map: readonly (readonly [string, unknown])[],
  name: string,
  conditions: ReadonlySet<string>,
): string[] {
  for (const [key, value] of map) if (key === name) return targetsOf(value, '', conditions, 0)
  let best: { readonly length: number; readonly value: unknown; readonly star: string } | undefined
  for (const [key, value] of map) {
    const star = key.indexOf('*')
    const head = star < 0 ? key : key.slice(0, star)
    const tail = star < 0 ? '' : key.slice(star + 1)
    // `./features/` is the old spelling of `./features/*`.
    if (star < 0 && !key.endsWith('/')) continue
    if (!name.startsWith(head) || !name.endsWith(tail) || name.length < head.length + tail.length) continue
    if (best !== undefined && best.length >= head.length) continue
    const middle = name.slice(head.length, name.length - tail.length)
    best = { length: head.length, value: star < 0 ? suffixed(value) : value, star: middle }
  }
  return best === undefined ? [] : targetsOf(best.value, best.star, conditions, 0)
}

const suffixed = (value: unknown): unknown => (typeof value === 'string' ? `${value}*` : value)

function targetsOf(value: unknown, star: string, conditions: ReadonlySet<string>, depth: number): string[] {
  if (depth > MAX_DEPTH) return []
  if (typeof value === 'string') return [value.replaceAll('*', star)]
  if (Array.isArray(value)) return value.flatMap((one: unknown) => targetsOf(one, star, conditions, depth + 1))
  const own = entries(value)
  if (own === undefined) return []
  const isSource = ([key]: readonly [string, unknown]): boolean => conditions.has(key) || SOURCE_CONDITIONS.has(key)
  const ordered = [...own.filter(isSource), ...own.filter((entry) => !isSource(entry))]
  return ordered.flatMap(([, inner]) => targetsOf(inner, star, conditions, depth + 1))
}

/** Entries of a JSON object, undefined for anything else. */
export function entries(value: unknown): readonly (readonly [string, unknown])[] | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined
}
