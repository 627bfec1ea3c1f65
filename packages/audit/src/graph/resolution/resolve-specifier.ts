// Where the text of an import leads, without a node_modules folder: to a file of the tree, a package, Node, or nowhere.

import { isBuiltin } from 'node:module'
import type { CompilerManifest, Manifests, PackageManifest, PathAlias } from '../../extract/manifests/contract.ts'
import { IgnoredPaths } from '../../extract/manifests/ignored-paths.ts'
import { folderOf, foldersAbove, joinPath } from '../../extract/manifests/paths.ts'
import type { NowhereCause } from '../contract.ts'
import { entries, exportTargets, mappedTargets, packageEntry } from './package-entries.ts'

/** Where a specifier leads. */
export type Resolution =
  | { readonly to: 'file'; readonly path: string }
  | { readonly to: 'package'; readonly name: string }
  | { readonly to: 'builtin'; readonly name: string }
  | { readonly to: 'nowhere'; readonly cause: NowhereCause; readonly name: string; readonly reason: string }

/** Answers where specifiers lead, for one tree. */
export interface SpecifierResolver {
  /** `from` is the path of the importing file. */
  resolve(from: string, specifier: string): Resolution
  /** The compiler configuration that a file belongs to. */
  compilerOf(path: string): CompilerManifest | undefined
  /** The package that a file belongs to. */
  packageOf(path: string): PackageManifest | undefined
}

/** Endings in the order in which the compiler tries them. */
const ENDINGS = [
  '.ts',
  '.tsx',
  '.d.ts',
  '.mts',
  '.cts',
  '.js',
  '.jsx',
  '.mjs',
  '.cjs',
  '.json',
  '.vue',
  '.svelte',
  '.node',
]
/** What a written ending may stand for in the sources. */
const REPLACED: Readonly<Record<string, readonly string[]>> = {
  '.ts': ['.ts', '.tsx', '.d.ts'],
  '.tsx': ['.tsx', '.ts', '.d.ts'],
  '.js': ['.ts', '.tsx', '.d.ts', '.js', '.jsx'],
  '.jsx': ['.tsx', '.ts', '.d.ts', '.jsx'],
  '.mjs': ['.mts', '.d.mts', '.mjs'],
  '.cjs': ['.cts', '.d.cts', '.cjs'],
}
/** Bundlers and frameworks on them, whose plugins make modules. */
const BUNDLERS = /^(?:vite|rollup|webpack|@rspack\/core|parcel|nuxt|astro|unplugin-[\w-]+|vite-plugin-[\w-]+)$/
const MAX_REDIRECTS = 6

/** Builds the resolver of a tree. `paths` are all its files, sources or not. */
export function specifierResolver(paths: readonly string[], manifests: Manifests): SpecifierResolver {
  return new TreeResolver(paths, manifests)
}

class TreeResolver implements SpecifierResolver {
  readonly #files: ReadonlySet<string>
  readonly #packages: ReadonlyMap<string, PackageManifest>
  readonly #compilers: ReadonlyMap<string, CompilerManifest>
  readonly #workspaces = new Map<string, PackageManifest>()
  readonly #named = new Map<string, PackageManifest>()
  readonly #conditions: ReadonlySet<string>
  readonly #packageOf = new Map<string, PackageManifest | undefined>()
  readonly #compilerOf = new Map<string, CompilerManifest | undefined>()
  readonly #answers = new Map<string, Map<string, Resolution>>()

  readonly #declaredAbove: ReadonlySet<string>

  readonly #ignored: IgnoredPaths

  constructor(paths: readonly string[], { packages, compilers, declaredAbove = [], ignores = [] }: Manifests) {
    this.#ignored = new IgnoredPaths(ignores)
    this.#declaredAbove = new Set(declaredAbove)
    this.#files = new Set(paths)
    this.#packages = new Map(packages.map((one) => [one.folder, one]))
    this.#compilers = new Map(compilers.map((one) => [one.folder, one]))
    for (const one of packages) {
      if (one.name === '') continue
      if (one.isWorkspace && !this.#workspaces.has(one.name)) this.#workspaces.set(one.name, one)
      if (!this.#named.has(one.name)) this.#named.set(one.name, one)
    }
    this.#conditions = new Set(compilers.flatMap((one) => one.conditions))
  }

  resolve(from: string, specifier: string): Resolution {
    const folder = folderOf(from)
    let answers = this.#answers.get(folder)
    if (answers === undefined) {
      answers = new Map()
      this.#answers.set(folder, answers)
    }
    const known = answers.get(specifier)
    if (known !== undefined) return known
    const answer = this.#resolve(folder, specifier, 0)
    answers.set(specifier, answer)
    return answer
  }

  compilerOf(path: string): CompilerManifest | undefined {
    return nearest(folderOf(path), this.#compilers, this.#compilerOf)
  }

  packageOf(path: string): PackageManifest | undefined {
    return nearest(folderOf(path), this.#packages, this.#packageOf)
  }

  #resolve(folder: string, written: string, depth: number): Resolution {
    const specifier = withoutQuery(written)
    if (specifier === '' || depth > MAX_REDIRECTS) return missing('file-missing', written, 'the text names no file')
    if (/^\.{1,2}(?:\/|$)/.test(specifier)) return this.#relative(folder, specifier)
    if (specifier.startsWith('/')) return this.#absolute(folder, specifier)
    if (isBuiltin(specifier)) return { to: 'builtin', name: specifier.replace(/^node:/, '') }
    const scheme = /^([a-z][\w+.-]+):/i.exec(specifier)?.[1]
    if (scheme === 'node') return missing('builtin-unknown', specifier, `Node has no module \`${specifier}\``)
    if (scheme !== undefined) {
      const isRuntime = scheme === 'bun' || scheme === 'cloudflare' || scheme === 'deno'
      return { to: isRuntime ? 'builtin' : 'package', name: specifier }
    }
    const aliased = this.#alias(folder, specifier)
    if (aliased !== undefined && aliased.to === 'file') return aliased
    if (aliased === undefined && this.#isVirtual(folder, specifier))
      return { to: 'package', name: specifier.split('/', 1)[0]! }
    if (specifier.startsWith('#')) return this.#import(folder, specifier, depth) ?? aliased ?? unmatched(specifier)
    // A base folder lets `node_modules/x/y` be written for the inside of a package.
    const found = this.#package(folder, specifier.replace(/^node_modules\//, ''))
    if (aliased === undefined || found.to === 'file') return found
    return found.to === 'package' && this.#declares(folder, found.name) ? found : aliased
  }

  /** `~icons/x`, `~pages`: a module that a plugin of the bundler makes, where the package or one above it has a bundler. */
  #isVirtual(folder: string, specifier: string): boolean {
    if (!/^~[a-z][\w-]*(?:\/|$)/i.test(specifier)) return false
    for (const above of foldersAbove(folder)) {
      if (this.#packages.get(above)?.dependencies.some((name) => BUNDLERS.test(name)) === true) return true
    }
    return false
  }

  #relative(folder: string, specifier: string): Resolution {
    const path = joinPath(folder, specifier)
    if (path === undefined)
      return missing('file-missing', specifier, `\`${specifier}\` leads out of the audited folder`)
    const isFolder = specifier.endsWith('/') || /(?:^|\/)\.{1,2}$/.test(specifier)
    const found = this.#find(path, isFolder) ?? this.#built(path)
    if (found !== undefined) return { to: 'file', path: found }
    const reason = `there is no file for \`${specifier}\` (looked for \`${path}\` with every ending)`
    return missing('file-missing', specifier, this.#generated([path]) ?? reason)
  }

  /** `/x` is the root of what a bundler serves: the package, or its folder `public` or `src`. */
  #absolute(folder: string, specifier: string): Resolution {
    const home = nearest(folder, this.#packages, this.#packageOf)?.folder ?? ''
    for (const base of [home, joinPath(home, 'public'), joinPath(home, 'src')]) {
      const path = base === undefined ? undefined : joinPath(base, specifier)
      const found = path === undefined ? undefined : this.#find(path, false)
      if (found !== undefined) return { to: 'file', path: found }
    }
    return missing('file-missing', specifier, `there is no file for \`${specifier}\``)
  }

  /** Aliases and the base folder of the compiler; undefined when none of them speaks of the specifier. */
  #alias(folder: string, specifier: string): Resolution | undefined {
    const compiler = nearest(folder, this.#compilers, this.#compilerOf)
    if (compiler === undefined) return undefined
    const alias = bestAlias(compiler.aliases, specifier)
    if (alias !== undefined) {
      for (const target of alias.targets) {
        const found = this.#find(target, false) ?? this.#built(target)
        if (found !== undefined) return { to: 'file', path: found }
      }
    }
    if (compiler.baseUrl !== undefined) {
      const path = joinPath(compiler.baseUrl, specifier)
      const found = path === undefined ? undefined : this.#find(path, false)
      if (found !== undefined) return { to: 'file', path: found }
    }
    if (alias === undefined || alias.pattern === '*') return undefined
    const reason = `the alias \`${alias.pattern}\` of ${compiler.path} leads to no file for \`${specifier}\``
    return missing('alias-unmatched', specifier, this.#generated(alias.targets) ?? reason)
  }

  /** An alias may name what a package has built. */
  #built(target: string): string | undefined {
    const own = nearest(folderOf(target), this.#packages, this.#packageOf)
    if (own === undefined) return undefined
    if (own.folder === target) return this.#entry(own, '.')
    const below = own.folder === '' ? target : target.slice(own.folder.length + 1)
    return /^(?:dist|build|lib|out)\//.test(below)
      ? this.#entry({ ...own, hasExports: false }, `./${below}`)
      : undefined
  }

  #import(folder: string, specifier: string, depth: number): Resolution | undefined {
    const own = nearest(folder, this.#packages, this.#packageOf)
    const map = entries(own?.imports)
    if (own === undefined || map === undefined) return undefined
    const targets = mappedTargets(map, specifier, this.#conditions)
    for (const target of targets) {
      if (!target.startsWith('.')) {
        const found = this.#resolve(own.folder, target, depth + 1)
        if (found.to !== 'nowhere') return found
        continue
      }
      const found = this.#entry({ ...own, hasExports: true, exports: target }, '.', true)
      if (found !== undefined) return { to: 'file', path: found }
    }
    if (targets.length === 0) return undefined
    return missing('alias-unmatched', specifier, `\`imports\` of ${own.path} leads to no file for \`${specifier}\``)
  }

  #package(folder: string, specifier: string): Resolution {
    const name = packageName(specifier)
    if (name === undefined) return unmatched(specifier)
    const own = nearest(folder, this.#packages, this.#packageOf)
    const local = this.#localPackage(folder, name, own)
    if (local !== undefined) {
      const subpath = specifier === name ? '.' : `.${specifier.slice(name.length)}`
      const found = this.#entry(local, subpath)
      if (found !== undefined) return { to: 'file', path: found }
      // A package of the tree without sources (assets, configuration, a build that is not checked in).
      if (subpath === '.') return { to: 'package', name }
      const targets = local.hasExports ? exportTargets(local.exports, subpath, this.#conditions) : [subpath]
      const wanted = targets.flatMap((target) => joinPath(local.folder, target) ?? [])
      const reason = `\`${name}\` (${local.path}) offers no file for \`${subpath}\``
      return missing('subpath-missing', name, this.#generated(wanted) ?? reason)
    }
    if (own === undefined || this.#declares(folder, name)) return { to: 'package', name }
    return missing('package-undeclared', name, `\`${name}\` is not declared in ${own.path} or a package.json above it`)
  }

  /** Why a file that is ignored is not there; undefined when none of the paths is ignored. */
  #generated(paths: readonly string[]): string | undefined {
    const path = paths.find((one) => this.#ignored.covers(one))
    return path === undefined ? undefined : `generated: \`${path}\` is ignored by git and not there`
  }

  #localPackage(folder: string, name: string, own: PackageManifest | undefined): PackageManifest | undefined {
    const workspace = this.#workspaces.get(name)
    if (workspace !== undefined) return workspace
    if (own?.name === name) return own
    const other = this.#named.get(name)
    if (other === undefined) return undefined
    for (const at of foldersAbove(folder)) if (this.#packages.get(at)?.linked.includes(name) === true) return other
    return undefined
  }

  #declares(folder: string, name: string): boolean {
    const types = `@types/${name.startsWith('@') ? name.slice(1).replace('/', '__') : name}`
    for (const at of foldersAbove(folder)) {
      const one = this.#packages.get(at)
      if (
        one !== undefined &&
        (one.dependencies.includes(name) || one.dependencies.includes(types) || one.name === name)
      )
        return true
    }
    return this.#declaredAbove.has(name) || this.#declaredAbove.has(types)
  }

  #entry(own: PackageManifest, subpath: string, exact = false): string | undefined {
    const compiler = nearest(own.folder, this.#compilers, this.#compilerOf)
    const found = packageEntry(own, subpath, (path) => this.#find(path, false), compiler, this.#conditions)
    return exact && found === undefined ? undefined : found
  }

  /** A file for a path: itself, with the endings that it may have in the sources, or the index of a folder. */
  #find(path: string, isFolder: boolean): string | undefined {
    if (!isFolder) {
      const dot = path.lastIndexOf('.')
      const ending = dot > path.lastIndexOf('/') ? path.slice(dot) : ''
      for (const other of REPLACED[ending] ?? []) {
        const source = path.slice(0, dot) + other
        if (this.#files.has(source)) return source
      }
      if (this.#files.has(path)) return path
      for (const one of ENDINGS) if (this.#files.has(path + one)) return path + one
    }
    const own = path === '' ? undefined : this.#packages.get(path)
    if (own !== undefined && own.entries.length > 0) {
      for (const entry of own.entries) {
        const target = joinPath(path, entry)
        const found = target === undefined || target === path ? undefined : this.#find(target, false)
        if (found !== undefined) return found
      }
    }
    for (const one of ENDINGS) {
      const index = path === '' ? `index${one}` : `${path}/index${one}`
      if (this.#files.has(index)) return index
    }
    return undefined
  }
}

function nearest<T>(folder: string, at: ReadonlyMap<string, T>, known: Map<string, T | undefined>): T | undefined {
  if (known.has(folder)) return known.get(folder)
  const own = at.get(folder)
  const found = own !== undefined || folder === '' ? own : nearest(folderOf(folder), at, known)
  known.set(folder, found)
  return found
}

/** The alias that the compiler would take, with the star filled in: exact first, then the longest head. */
function bestAlias(aliases: readonly PathAlias[], specifier: string): PathAlias | undefined {
  let best: PathAlias | undefined
  let length = -1
  for (const alias of aliases) {
    const star = alias.pattern.indexOf('*')
    if (star < 0) {
      if (alias.pattern === specifier) return alias
      continue
    }
    const tail = alias.pattern.length - star - 1
    if (star <= length || specifier.length < star + tail) continue
    if (!specifier.startsWith(alias.pattern.slice(0, star)) || !specifier.endsWith(alias.pattern.slice(star + 1)))
      continue
    const middle = specifier.slice(star, specifier.length - tail)
    best = {
      pattern: alias.pattern,
      targets: alias.targets.flatMap(
        (target) =>
          joinPath(
            '',
            target.replace('*', () => middle),
          ) ?? [],
      ),
    }
    length = star
  }
  return best
}

/** `name` or `@scope/name` of a bare specifier; undefined for what npm would never call a package. */
function packageName(specifier: string): string | undefined {
  return /^(?:@[a-z0-9~_-][\w.~-]*\/)?[a-z0-9_-][\w.~-]*/i.exec(specifier)?.[0]
}

/** `./a.svg?raw` is the file `./a.svg`; a `#` at the start is a name of its own. */
function withoutQuery(specifier: string): string {
  const query = specifier.indexOf('?')
  return query > 0 ? specifier.slice(0, query) : specifier
}

const unmatched = (specifier: string): Resolution =>
  missing(
    'alias-unmatched',
    specifier,
    `\`${specifier}\` is no package, and no alias of a tsconfig or package.json matches it`,
  )

const missing = (cause: NowhereCause, name: string, reason: string): Resolution => ({
  to: 'nowhere',
  cause,
  name,
  reason,
})
