// The level at which a project divides itself: the folders below its top package, or its applications.
import type { DomainPackage, ModuleId, PackageId } from '../contract.ts'
import type { ModuleMap } from './module-map.ts'

/** A folder that holds this share of a level's code is not a division but a wrapper around one. */
const WRAPPER_SHARE = 0.8
const CONTAINER_NAMES = new Set([
  'apps',
  'modules',
  'domains',
  'packages',
  'services',
  'plugins',
  'components',
  'features',
  'contexts',
  'bounded_contexts',
])

interface Folder {
  readonly path: string
  readonly name: string
  readonly own: ModuleId[]
  readonly children: Map<string, Folder>
  size: number
}

/** Divides modules into domain packages. `of[m]` is the package of module `m`, or -1. */
export function divideIntoPackages(map: ModuleMap): {
  readonly packages: readonly DomainPackage[]
  readonly of: Int32Array
} {
  const of = new Int32Array(map.paths.length).fill(-1)
  const packages: DomainPackage[] = []
  const roots = new Map<string, Folder>()
  for (let id = 0; id < map.paths.length; id++) {
    const role = map.roles[id]!
    if (role === 'test' || role === 'stub' || role === 'example' || role === 'script') continue
    insert(roots, map, id)
  }
  for (const root of [...roots.keys()].sort()) {
    for (const folder of divide(roots.get(root)!)) {
      const modules: ModuleId[] = []
      collect(folder, modules)
      if (modules.length === 0) continue
      const id: PackageId = packages.length
      packages.push({ id, name: folder.name, path: folder.path, root, modules: modules.sort((a, b) => a - b) })
      for (const module of modules) of[module] = id
    }
  }
  return { packages, of }
}

function insert(roots: Map<string, Folder>, map: ModuleMap, id: ModuleId): void {
  const root = map.roots[id]!
  let at = roots.get(root)
  if (at === undefined) {
    at = { path: root, name: '', own: [], children: new Map(), size: 0 }
    roots.set(root, at)
  }
  // Migrations pile up beside the code and say nothing about how it is divided.
  const weight = map.roles[id] === 'migration' ? 0 : 1
  at.size += weight
  const folder = map.folders[id]!
  const below = root === '' ? folder : folder.slice(root.length + 1)
  for (const segment of below === '' ? [] : below.split('/')) {
    let child: Folder | undefined = at.children.get(segment)
    if (child === undefined) {
      child = {
        path: at.path === '' ? segment : `${at.path}/${segment}`,
        name: nameBelow(map, at, segment),
        own: [],
        children: new Map(),
        size: 0,
      }
      at.children.set(segment, child)
    }
    child.size += weight
    at = child
  }
  at.own.push(id)
}

/** Dotted below the source root; of TypeScript the path, because several packages may have a folder of that name. */
function nameBelow(map: ModuleMap, at: Folder, segment: string): string {
  if (map.language === 'typescript') return at.path === '' ? segment : `${at.path}/${segment}`
  return at.name === '' ? segment : `${at.name}.${segment}`
}

function divide(root: Folder): Folder[] {
  let level = root
  for (;;) {
    const children: Folder[] = [...level.children.values()]
    const biggest: Folder | undefined = children.sort((a, b) => b.size - a.size || (a.path < b.path ? -1 : 1))[0]
    if (biggest === undefined) break
    const isWrapper = biggest.size >= WRAPPER_SHARE * level.size && [...biggest.children.values()].length > 0
    if (!isWrapper) break
    level = biggest
  }
  const found: Folder[] = []
  for (const child of [...level.children.values()].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const segment = child.path.slice(child.path.lastIndexOf('/') + 1)
    const isContainer = child.own.length <= 1 && child.children.size >= 2 && CONTAINER_NAMES.has(segment)
    if (isContainer) found.push(...[...child.children.values()].sort((a, b) => (a.path < b.path ? -1 : 1)))
    else found.push(child)
  }
  return found
}

function collect(folder: Folder, modules: ModuleId[]): void {
  modules.push(...folder.own)
  for (const child of folder.children.values()) collect(child, modules)
}
