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
  const layout = readLayout(paths)
  const { fileAt, folders, stems, isPackage } = layout
  const packageFolders = withNamespaces(paths, layout)
  const bySuffix = nameSuffixes(fileAt)
  const rootFolders = findRoots(paths, folders, packageFolders)
  const roots = folders.map((folder) => sourceRoot(folder, packageFolders, rootFolders))
  const topFolders = new Set([...new Set(folders)].flatMap((folder) => folder.split('/')))
  const children = childrenByFolder(fileAt)
  const childrenOf = folders.map((folder, id) => (isPackage[id]! ? children.get(folder) : undefined))
  const finder = new ModuleFinder({ ...layout, packageFolders }, roots, bySuffix)
  const roleOf = roles()
  return {
    language: 'python',
    paths,
    names: stems.map((stem, id) => dottedName(stem, roots[id]!)),
    roots,
    isPackage,
    folders,
    // A package wins over a module of its name: that file is never loaded, as a stub is not.
    roles: paths.map((path, id) => (isShadowed(layout, id) ? 'stub' : roleOf(path))),
    find: (name, from) => finder.find(name, from),
    findBelow(folder, name) {
      const below = name.replaceAll('.', '/')
      return fileAt.get(below === '' ? folder : folder === '' ? below : `${folder}/${below}`) ?? -1
    },
    submodule: (package_, name) => childrenOf[package_]?.get(name) ?? -1,
    mayOwn: (top) => bySuffix.has(top) || topFolders.has(top),
    byName: (name) => bySuffix.get(name) ?? [],
  }
}

/** What the paths say by themselves. A stem is a path without its ending, or the folder of a package. */
interface Layout {
  readonly fileAt: ReadonlyMap<string, ModuleId>
  readonly packageFolders: ReadonlySet<string>
  readonly isPackage: readonly boolean[]
  readonly folders: readonly string[]
  readonly stems: readonly string[]
}

function readLayout(paths: readonly string[]): Layout {
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
  return { fileAt, packageFolders, isPackage, folders, stems }
}

/** `shop/orders.py` beside `shop/orders/__init__.py`: Python never loads it. */
function isShadowed({ stems, isPackage, packageFolders }: Layout, id: ModuleId): boolean {
  return !isPackage[id]! && packageFolders.has(stems[id]!)
}

/** Files that stand at the top of a project, or in a folder that Python or pytest looks for modules in. */
const TOP_FILE = /^(?:setup|manage|wsgi|asgi|main|__main__|conftest)\.py$/

/**
 * Package folders with those that lack an `__init__.py` inside a package (PEP 420): they hold modules, nothing says that a project
 * begins there, and the folder above is a package. What they hold is named from the top package on, never by itself.
 */
function withNamespaces(paths: readonly string[], { folders, packageFolders }: Layout): ReadonlySet<string> {
  const holding = new Set<string>()
  const tops = new Set<string>()
  for (let id = 0; id < paths.length; id++) {
    const folder = folders[id]!
    if (packageFolders.has(folder)) continue
    holding.add(folder)
    if (TOP_FILE.test(lastSegment(paths[id]!)) || /^(?:src|python|lib)$/.test(lastSegment(folder))) tops.add(folder)
  }
  const all = new Set(packageFolders)
  // Shorter paths first, so that a folder above is decided before those below it.
  for (const folder of [...holding].sort((a, b) => a.length - b.length)) {
    if (folder !== '' && !tops.has(folder) && all.has(parentOf(folder))) all.add(folder)
  }
  return all
}

/** Modules by each end of their dotted name: `a.b.c`, `b.c` and `c`. */
function nameSuffixes(fileAt: ReadonlyMap<string, ModuleId>): ReadonlyMap<string, readonly ModuleId[]> {
  const bySuffix = new Map<string, ModuleId[]>()
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
  return bySuffix
}

/** Modules by their folder and the last part of their name. */
function childrenByFolder(fileAt: ReadonlyMap<string, ModuleId>): ReadonlyMap<string, ReadonlyMap<string, ModuleId>> {
  const children = new Map<string, Map<string, ModuleId>>()
  for (const [stem, id] of fileAt) {
    const parent = parentOf(stem)
    const segment = lastSegment(stem)
    const list = children.get(parent)
    if (list === undefined) children.set(parent, new Map([[segment, id]]))
    else list.set(segment, id)
  }
  return children
}

function dottedName(stem: string, root: string): string {
  const below = root === '' ? stem : stem === root ? lastSegment(stem) : stem.slice(root.length + 1)
  return below.replaceAll('/', '.') || '__init__'
}

/** Finds the module that a name means; remembers what it told a folder. */
class ModuleFinder {
  readonly #layout: Layout
  readonly #roots: readonly string[]
  readonly #rootSet: ReadonlySet<string>
  readonly #bySuffix: ReadonlyMap<string, readonly ModuleId[]>
  /** Answers by name, one map for all modules of a folder. */
  readonly #answersOf: readonly Map<string, ModuleId>[]

  constructor(layout: Layout, roots: readonly string[], bySuffix: ReadonlyMap<string, readonly ModuleId[]>) {
    this.#layout = layout
    this.#roots = roots
    this.#rootSet = new Set(roots)
    this.#bySuffix = bySuffix
    const byFolder = new Map<string, Map<string, ModuleId>>()
    this.#answersOf = layout.folders.map((folder) => {
      const answers = byFolder.get(folder) ?? new Map<string, ModuleId>()
      byFolder.set(folder, answers)
      return answers
    })
  }

  find(name: string, from: ModuleId): ModuleId {
    const answers = this.#answersOf[from]!
    const known = answers.get(name)
    if (known !== undefined && known !== from) return known
    const candidates = this.#bySuffix.get(name)
    if (candidates === undefined) {
      answers.set(name, -1)
      return -1
    }
    const best = this.#best(candidates, name, from)
    // No module is its own answer, so what it is told would be wrong for the others of its folder.
    if (!candidates.includes(from)) answers.set(name, best)
    return best
  }

  #best(candidates: readonly ModuleId[], name: string, from: ModuleId): ModuleId {
    const isForeign = isStandardLibrary(firstSegment(name))
    let best = -1
    let bestScore = 0
    for (const id of candidates) {
      if (id === from) continue
      const score = this.#score(id, name, from)
      // A standard library name is only ours where the project's own root shadows it.
      if (score <= bestScore || (isForeign && score < OWN_ROOT)) continue
      best = id
      bestScore = score
    }
    return best
  }

  /** How likely a candidate is meant; 0 when it cannot be. */
  #score(id: ModuleId, name: string, from: ModuleId): number {
    const { stems, folders, packageFolders } = this.#layout
    const stem = stems[id]!
    // The folder that has to be a source root for the candidate to have this name.
    const root = stem.length === name.length ? '' : stem.slice(0, stem.length - name.length - 1)
    const folder = folders[from]!
    if (root === this.#roots[from]) return OWN_ROOT
    if (packageFolders.has(root)) return 0
    if (root === folder) return 900_000
    if (this.#rootSet.has(root)) return 500_000 + shared(root, folder)
    return isAbove(root, folder) ? 300_000 + root.length : 0
  }
}

/** The score of a module below the source root of who asks. */
const OWN_ROOT = 1_000_000

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
  if (segments.some((s) => MIGRATION_FOLDER.test(s)) || isSchemaDelta(segments)) return 'migration'
  if (segments.some((s) => EXAMPLE_FOLDER.test(s))) return 'example'
  if (TOP_TOOL_FOLDER.test(segments[0]!) || segments.some((s) => s === 'scripts' || s === 'script' || s === 'bin'))
    return 'script'
  return segments.includes('settings') ? 'configuration' : 'code'
}

/** `storage/schema/main/delta/20`: steps of a schema, numbered. */
function isSchemaDelta(segments: readonly string[]): boolean {
  const at = segments.findIndex((segment) => segment === 'delta' || segment === 'deltas')
  return at > 0 && segments.slice(0, at).some((segment) => /schema|^db$|database|storage/.test(segment))
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
