// Names files as modules without configuration: source roots, dotted names, roles, and look-up of an import by name.
import type { Module, ModuleId } from '../contract.ts'
import { isStandardLibrary } from './standard-library.ts'

/** Files as modules, and the way from a dotted name to a module. */
export interface ModuleMap {
  readonly language: 'python' | 'typescript'
  readonly paths: readonly string[]
  /** Dotted name from the module's own source root. */
  readonly names: readonly string[]
  /** Source root folder of each module, '' for the audited root. */
  readonly roots: readonly string[]
  readonly isPackage: readonly boolean[]
  readonly roles: readonly Module['role'][]
  /** Folder that holds the module, '' at the top. */
  readonly folders: readonly string[]
  /** The module that `name` means when `from` imports it absolutely, or -1. */
  find(name: string, from: ModuleId): ModuleId
  /** The module at a dotted path below a folder (for relative imports), or -1. */
  findBelow(folder: string, name: string): ModuleId
  /** The module `name` directly below a package, or -1. */
  submodule(package_: ModuleId, name: string): ModuleId
  /** Whether a top-level name may be a package of the project, with or without an `__init__`. */
  mayOwn(top: string): boolean
  /** Modules whose dotted name, from any folder above them, is this text: for dotted paths in strings. */
  byName(name: string): readonly ModuleId[]
}

/** Builds the map from paths in audit order. Cost: one entry per module and folder above it. */
export function mapModules(paths: readonly string[]): ModuleMap {
  const fileAt = new Map<string, ModuleId>()
  const packageFolders = new Set<string>()
  const isPackage: boolean[] = []
  const folders: string[] = []
  const stems: string[] = []
  for (let id = 0; id < paths.length; id++) {
    const path = paths[id]!
    const slash = path.lastIndexOf('/')
    const folder = slash < 0 ? '' : path.slice(0, slash)
    const base = path.slice(slash + 1)
    const package_ = base === '__init__.py' || base === '__init__.pyi'
    const stem = package_ ? folder : folder === '' ? dropExtension(base) : `${folder}/${dropExtension(base)}`
    isPackage.push(package_)
    folders.push(folder)
    stems.push(stem)
    if (package_) packageFolders.add(folder)
    // A package wins over a module file of the same name, as it does in Python; a stub never wins.
    if (!path.endsWith('.pyi') && (package_ || !fileAt.has(stem))) fileAt.set(stem, id)
  }
  const bySuffix = new Map<string, ModuleId[]>()
  const topFolders = new Set<string>()
  for (const folder of new Set(folders)) for (const segment of folder.split('/')) topFolders.add(segment)
  for (const [stem, id] of fileAt) {
    let name = stem.replaceAll('/', '.')
    for (;;) {
      const found = bySuffix.get(name)
      if (found === undefined) bySuffix.set(name, [id])
      else found.push(id)
      const dot = name.indexOf('.')
      if (dot < 0) break
      name = name.slice(dot + 1)
    }
  }
  const rootFolders = findRoots(paths, folders, packageFolders)
  const roots = paths.map((_, id) => sourceRoot(folders[id]!, packageFolders, rootFolders))
  const names = stems.map((stem, id) => {
    const root = roots[id]!
    const below = root === '' ? stem : stem === root ? lastSegment(stem) : stem.slice(root.length + 1)
    return below.replaceAll('/', '.') || '__init__'
  })
  const rootSet = new Set(roots)

  const rootOf = (id: ModuleId, name: string): string => {
    const stem = stems[id]!
    return stem.length === name.length ? '' : stem.slice(0, stem.length - name.length - 1)
  }
  const folderNumbers = new Map<string, number>()
  const remembered: Map<string, ModuleId>[] = []
  const rememberedOf = folders.map((folder) => {
    let number = folderNumbers.get(folder)
    if (number === undefined) {
      number = remembered.length
      folderNumbers.set(folder, number)
      remembered.push(new Map())
    }
    return remembered[number]!
  })
  const find = (name: string, from: ModuleId): ModuleId => {
    const answers = rememberedOf[from]!
    const known = answers.get(name)
    if (known !== undefined && known !== from) return known
    const candidates = bySuffix.get(name)
    if (candidates === undefined) {
      answers.set(name, -1)
      return -1
    }
    // No module is its own answer, so what it is told would be wrong for the others of its folder.
    const forAll = !candidates.includes(from)
    let best = -1
    let bestScore = 0
    const home = roots[from]!
    const folder = folders[from]!
    const top = firstSegment(name)
    const foreign = isStandardLibrary(top)
    for (const id of candidates) {
      const root = rootOf(id, name)
      let score = 0
      if (root === home) score = 1_000_000
      else if (root === folder) score = packageFolders.has(root) ? 0 : 900_000
      else if (packageFolders.has(root)) score = 0
      else if (rootSet.has(root)) score = 500_000 + shared(root, folder)
      else if (isAbove(root, folder)) score = 300_000 + root.length
      // A standard library name is only ours where the project's own root shadows it.
      if (foreign && score < 1_000_000) score = 0
      if (id === from) score = 0
      if (score > bestScore) {
        best = id
        bestScore = score
      }
    }
    if (forAll) answers.set(name, best)
    return best
  }
  const submodules = new Map<string, Map<string, ModuleId>>()
  for (const [stem, id] of fileAt) {
    const parent = parentOf(stem)
    const segment = lastSegment(stem)
    const list = submodules.get(parent)
    if (list === undefined) submodules.set(parent, new Map([[segment, id]]))
    else list.set(segment, id)
  }
  const childrenOf = folders.map((folder, id) => (isPackage[id]! ? submodules.get(folder) : undefined))
  const findBelow = (folder: string, name: string): ModuleId => {
    const below = name.replaceAll('.', '/')
    return fileAt.get(below === '' ? folder : folder === '' ? below : `${folder}/${below}`) ?? -1
  }
  return {
    language: 'python',
    paths,
    names,
    roots,
    isPackage,
    folders,
    roles: paths.map(roles()),
    find,
    findBelow,
    submodule: (package_, name) => childrenOf[package_]?.get(name) ?? -1,
    mayOwn: (top) => bySuffix.has(top) || topFolders.has(top),
    byName: (name) => bySuffix.get(name) ?? [],
  }
}

/** Folders that look like the top of a Python project: they hold setup.py, manage.py, or are called src, lib or backend. */
function findRoots(
  paths: readonly string[],
  folders: readonly string[],
  packageFolders: ReadonlySet<string>,
): ReadonlySet<string> {
  const roots = new Set<string>([''])
  for (let id = 0; id < paths.length; id++) {
    const base = lastSegment(paths[id]!)
    const folder = folders[id]!
    if ((base === 'setup.py' || base === 'manage.py' || base === 'wsgi.py') && !packageFolders.has(folder))
      roots.add(folder)
    const src = /^(.*\/)?(src|python)(?=\/|$)/.exec(folder)
    if (src !== null && !packageFolders.has(src[0])) roots.add(src[0])
  }
  // The parent of every top package is a root too.
  for (const folder of packageFolders) {
    const parent = parentOf(folder)
    if (!packageFolders.has(parent)) roots.add(parent)
  }
  return roots
}

function sourceRoot(folder: string, packageFolders: ReadonlySet<string>, roots: ReadonlySet<string>): string {
  let at = folder
  while (at !== '' && packageFolders.has(at)) at = parentOf(at)
  if (at === '') return ''
  // `at` is no regular package. A known root above it, if there is one, makes it a namespace package of that root.
  if (at !== folder && roots.has(at)) return at
  for (let above = at; ; above = parentOf(above)) {
    if (roots.has(above)) return above
    if (above === '') return ''
  }
}

const TEST_FOLDER =
  /^(tests?|testing|.*_tests?|tests_.*|test_.*|testutils?|fixtures|e2e|conformance|benchmarks?|bench(es)?|locust|load_?test(ing|s)?)$/
const MIGRATION_FOLDER = /^(migrations|alembic\w*|versions|revisions|south_migrations|data_migrations|dbmigrations)$/
const EXAMPLE_FOLDER = /^(examples?|samples?|docs?|docs_src|demos?|tutorials?|cookbook|notebooks?)$/
const TOP_TOOL_FOLDER = /^(tools?|hack|contrib|ci|\.github|dev|devtools|deploy|devops)$/
const TEST_FILE = /^(test_.*|.*_tests?|tests?|conftest|factories|locustfile)\.py$/
const BUILD_FILE = /^(setup|noxfile|conf)\.py$/
/** Invoke and Fabric read these at the root; in a folder `tasks.py` is where a queue's tasks live. */
const ROOT_BUILD_FILE = /^(tasks|fabfile)\.py$/
const SETTINGS_FILE = /^(settings|config|.*_settings|gunicorn.*)\.py$/

/** What a file is for, by the conventions of test runners, migration tools and build tools; judges each folder once. */
function roles(): (path: string) => Module['role'] {
  const known = new Map<string, Module['role']>()
  return (path) => {
    if (path.endsWith('.pyi')) return 'stub'
    const slash = path.lastIndexOf('/')
    const folder = slash < 0 ? '' : path.slice(0, slash)
    let role = known.get(folder)
    if (role === undefined) {
      role = folderRole(folder.toLowerCase().split('/'))
      known.set(folder, role)
    }
    const base = path.slice(slash + 1).toLowerCase()
    if (role === 'test' || TEST_FILE.test(base)) return 'test'
    if (role === 'migration' || role === 'example') return role
    if (BUILD_FILE.test(base) && !folder.includes('/')) return 'script'
    if (folder === '' && ROOT_BUILD_FILE.test(base)) return 'script'
    if (role === 'script') return 'script'
    return role === 'configuration' || SETTINGS_FILE.test(base) ? 'configuration' : 'code'
  }
}

function folderRole(segments: readonly string[]): Module['role'] {
  if (segments.some((s) => TEST_FOLDER.test(s))) return 'test'
  if (segments.some((s) => MIGRATION_FOLDER.test(s))) return 'migration'
  if (segments.some((s) => EXAMPLE_FOLDER.test(s))) return 'example'
  if (TOP_TOOL_FOLDER.test(segments[0]!) || segments.some((s) => s === 'scripts' || s === 'script' || s === 'bin'))
    return 'script'
  return segments.includes('settings') ? 'configuration' : 'code'
}

const dropExtension = (base: string): string => base.replace(/\.pyi?$/, '')
const lastSegment = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
const firstSegment = (name: string): string => {
  const dot = name.indexOf('.')
  return dot < 0 ? name : name.slice(0, dot)
}
const parentOf = (folder: string): string => {
  const slash = folder.lastIndexOf('/')
  return slash < 0 ? '' : folder.slice(0, slash)
}
const isAbove = (folder: string, below: string): boolean =>
  folder === '' || below === folder || below.startsWith(`${folder}/`)
const shared = (a: string, b: string): number => {
  let i = 0
  while (i < a.length && i < b.length && a[i] === b[i]) i++
  return i
}
